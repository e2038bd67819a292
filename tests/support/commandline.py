"""The command line as an operator meets it: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import attrs


@attrs.frozen
class Outcome:
    code: int
    out: str
    err: str

    def clear(self) -> "Outcome":
        """Assert that nothing of it is a traceback."""
        assert "Traceback" not in self.out + self.err
        return self


def altus4(
    *arguments: str,
    folder: Path,
    toml: str | None = None,
    site: Path | None = None,
    seconds: float = 30,
    **environ: str,
) -> Outcome:
    """Run `altus4` in a folder with these settings, and nothing of ours in its environment."""
    if toml is not None:
        (folder / "altus4.toml").write_text(toml)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
    path = {"PYTHONPATH": str(site)} if site is not None else {}
    done = subprocess.run(
        [sys.executable, "-m", "altus4_core", *arguments],
        cwd=folder,
        env={**inherited, **path, **environ},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
