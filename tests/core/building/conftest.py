"""Small wheels written by hand, and `altus4 build` on them without any index."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from commandline import Outcome

from altus4_core.cli.main import main
from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection


@pytest.fixture
def wheel(tmp_path: Path) -> Callable[..., Path]:
    """Write a wheel: `wheel("altus4-x", "1.0", plugins={"x": "altus4_x:X"}, requires=["altus4-core"])`."""

    def write(name, version="1.0", *, plugins=None, requires=(), tag="py3-none-any", python="", content="", folder="w"):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        package = name.replace("-", "_")
        info = f"{package}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {each}\n" for each in requires)
        metadata += f"Requires-Python: {python}\n" if python else ""
        files = {
            f"{package}/__init__.py": content,
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        if plugins:
            lines = "".join(f"{plugin} = {target}\n" for plugin, target in plugins.items())
            files[f"{info}/entry_points.txt"] = f"[altus4]\n{lines}"
        record = f"{info}/RECORD"
        files[record] = "".join(f"{file},,\n" for file in [*files, record])
        path = place / f"{package}-{version}-{tag}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in files.items():
                archive.writestr(zipfile.ZipInfo(file), text)
        return path

    return write


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run `altus4 build` with this `build.toml`; the wheels of `wheel` are found, and nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    def run(toml: str | None, *arguments: str) -> Outcome:
        if toml is not None:
            (tmp_path / "build.toml").write_text(f"[build]\nfind_links = ['w']\n{toml}")
        done = CliRunner().invoke(main, ["build", *arguments], obj=CommandContext(None, {}, Selection()))
        return Outcome(done.exit_code, done.stdout, done.stderr).clear()

    return run
