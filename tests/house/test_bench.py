"""The programs that measure are run by hand, and seldom: what they import has to be there all the same."""

import os
import subprocess
import sys

from house import ROOT

FOLDER = ROOT / "bench"


def test_every_program_can_be_imported():
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    assert len(names) > 10
    done = subprocess.run(
        [sys.executable, "-c", f"import {', '.join(names)}"],
        env={**os.environ, "PYTHONPATH": str(FOLDER)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_program_is_told_of():
    """Those that have a command line are in the table of the page, but for parts that others start."""
    programs = {p.stem for p in FOLDER.glob("*.py") if "nox -s bench -- " in p.read_text(encoding="utf-8")}
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(programs) if f"| `{name}` |" not in page] == []
