"""docs/writing-a-plugin.md, typed from the top to the bottom in a fresh environment."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from house import ROOT

PAGE = ROOT / "docs" / "writing-a-plugin.md"
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\w+\.py)\n")
SAID = re.compile(r"   # (\S.*)$")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment of its own: what the page installs must not stay in the one that the tests run in."""
    folder = tmp_path_factory.mktemp("author") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", str(folder)], check=True)
    # The tests' own environment may itself be a virtual one: its packages come along by a path file.
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "ours.pth").write_text("\n".join(f"import site; site.addsitedir({path!r})" for path in sys.path if path))
    for name, module in (("altus4", "altus4_core"), ("pip", "pip"), ("pytest", "pytest")):
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -m {module} "$@"\n')
        script.chmod(0o755)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "PYTHON"))}
    # What the page installs needs no index here: everything else is there already.
    pip = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    return {**clean, **pip, "PATH": f"{folder}/bin:{os.environ['PATH']}"}


def test_the_page(environment: dict[str, str], tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    commands = []
    for language, text in blocks:
        named = FILE.match(text)
        if language == "python":
            assert named, text
            (tmp_path / named[1]).write_text(text)
        else:
            commands.append(text)
    assert len(commands) >= 6
    script = "\necho '---8<---'\n".join(commands)  # as typed: some of these commands are meant to fail
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    kept = 0
    for block, output in zip(commands, done.stdout.split("---8<---\n"), strict=True):
        lines = [" ".join(line.split()) for line in output.splitlines()]
        for promise in [match[1] for line in block.splitlines() if (match := SAID.search(line))]:
            wanted = re.compile(".*".join(re.escape(part.strip()) for part in promise.split("...")))
            assert any(wanted.search(line) for line in lines), (promise, output, done.stderr)
            kept += 1
    assert kept >= 6
