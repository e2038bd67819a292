"""Which server a binary really is: MariaDB installs a `mysqld` too, so only `--version` tells."""

import re
import subprocess
from collections.abc import Sequence
from enum import StrEnum

import attrs

# "/usr/sbin/mysqld  Ver 10.11.18-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)": the text
# before "Ver" is the path the program was called by and may hold either word.
_VERSION = re.compile(r"\bVer\s+(?P<rest>(?P<number>\d+\.\d+\.\d+).*)", re.DOTALL)


class Flavour(StrEnum):
    """The two server families; the value is the name used in settings, arguments and file names."""

    MYSQL = "mysql"
    MARIADB = "mariadb"

    @property
    def product(self) -> str:
        """The name people use: `MySQL` or `MariaDB`."""
        return "MySQL" if self is Flavour.MYSQL else "MariaDB"


@attrs.frozen
class Identification:
    """What a binary says about itself; `version` has three numbers, for example `9.7.4`."""

    flavour: Flavour
    version: str


def parse_version(text: str) -> Identification | None:
    """Read the output of `mysqld --version`; None when it is no MySQL or MariaDB server."""
    match = _VERSION.search(text)
    if match is None:
        return None
    flavour = Flavour.MARIADB if "mariadb" in match["rest"].lower() else Flavour.MYSQL
    return Identification(flavour, match["number"])


def identify(argv: Sequence[str], *, timeout: float = 20.0) -> Identification | None:
    """Run `argv --version` for at most `timeout` seconds; None when it fails or says something else."""
    try:
        # The command is a candidate server named by the operator, PATH or our own cache; no shell is involved.
        done = subprocess.run(  # noqa: S603
            [*argv, "--version"], capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(done.stdout) if done.returncode == 0 else None
