"""Client programs of an unpacked server under their own names: what looks for them on PATH finds them."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from .installation import Installation

CLIENTS = ("mysqldump", "mysql", "mysqlbinlog")


def write_programs(installation: Installation, folder: Path, names: Sequence[str] = CLIENTS) -> Path:
    """Write a small script for each program into `folder`, which starts it with all that it needs; gives the folder.

    MariaDB's have its own names (`mariadb-dump` for `mysqldump`). Raises ProgramMissingError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        words = installation.program(name)
        script = folder / Path(words[-1]).name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return folder
