"""Distributions of the tests, really installed, in a folder that is importable for as long as a test needs it."""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def install(sources: list[Path], target: Path) -> Path:
    """Install folders with pip (or uv, where the environment has no pip) into a folder of their own."""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
        installer = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    elif uv := shutil.which("uv"):
        installer = [uv, "pip", "install", "--quiet", "--python", sys.executable]
    else:
        message = "neither pip nor uv can be run: install one of them"
        raise RuntimeError(message)
    copies = []
    for source in sources:
        # A copy, because building must not write into the source tree.
        copy = target.parent / "sources" / source.name
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        copies.append(str(copy))
    command = [*installer, "--no-build-isolation", "--no-deps", "--no-index", "--target", str(target), *copies]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@contextmanager
def importable(site: Path, packages: tuple[str, ...]) -> Iterator[Path]:
    """Make what is installed there importable and findable; forget its modules afterwards."""
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    try:
        yield site
    finally:
        sys.path.remove(str(site))
        importlib.invalidate_caches()
        for name in [name for name in sys.modules if name.split(".")[0] in packages]:
            del sys.modules[name]
