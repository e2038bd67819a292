"""Stand-in binaries and folders for the tests of the sandbox."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

MYSQL_LINE = "mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))"
MARIADB_LINE = "mysqld  Ver 10.11.18-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)"


@pytest.fixture
def fake_binary() -> Callable[[Path, str], Path]:
    """Writes a program that prints one line whatever it is asked: enough to be a candidate."""

    def write(path: Path, line: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] || exit 9\necho '{line}'\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write
