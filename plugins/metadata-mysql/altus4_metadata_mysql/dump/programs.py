"""The server's own client programs: found in the folder of the settings or on PATH, else named clearly."""

import asyncio
import os
import re
import shutil
from collections.abc import Sequence
from typing import Final

import attrs

from altus4_metadata_mysql.dump.errors import BackupFailed
from altus4_metadata_mysql.dump.facts import Server

DUMP: Final = "dump"
CLIENT: Final = "client"
NAMES: Final = {
    ("MySQL", DUMP): ("mysqldump",),
    ("MySQL", CLIENT): ("mysql",),
    ("MariaDB", DUMP): ("mariadb-dump", "mysqldump"),
    ("MariaDB", CLIENT): ("mariadb", "mysql"),
}
PACKAGES: Final = {
    "MySQL": "mysql-client-core (Debian has it in sid) or mysql-client",
    "MariaDB": "mariadb-client",
}
LOGIN_FILE: Final = "MYSQL_TEST_LOGIN_FILE"
VERSION_SECONDS: Final = 20
SAID: Final = 300  # characters of a program's own words in a message


@attrs.frozen
class Program:
    """A program that ran and said whose it is."""

    path: str


async def find_program(server: Server, kind: str, folder: str) -> Program:
    """Find the program of the server's own family: another one's writes or reads dumps that do not fit.

    Raises:
        BackupFailed: there is none; the text says what to install.
    """
    passed: list[str] = []
    names = NAMES[server.product, kind]
    for place in [folder] if folder else os.environ.get("PATH", "").split(os.pathsep):
        for name in names:
            path = shutil.which(name, path=place) if place else None
            if path is None:
                continue
            product = await _product_of(path)
            if product == server.product:
                return Program(path)
            passed.append(f"{path} is {product or 'no such program'}")
    where = f"in {folder}" if folder else "on PATH"
    seen = f" ({'; '.join(dict.fromkeys(passed))})" if passed else ""
    message = (
        f"there is no {' or '.join(names)} of {server.product} {where}{seen}: install {PACKAGES[server.product]},"
        " or name its folder in plugins.metadata-mysql.client_programs"
    )
    raise BackupFailed(message)


async def _product_of(path: str) -> str | None:
    try:
        process = await asyncio.create_subprocess_exec(
            path, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env=environment(),
        )  # fmt: skip
        async with asyncio.timeout(VERSION_SECONDS):
            out, _ = await process.communicate()
    except (OSError, TimeoutError):
        return None
    # The path it was called by may hold either word: what follows "Ver" or "from" counts.
    text = out.decode(errors="replace")
    version = re.search(r"\b(?:Ver|from)\s.*", text, re.DOTALL)
    if process.returncode != 0 or version is None:
        return None
    return "MariaDB" if "mariadb" in version[0].lower() else "MySQL"


def environment() -> dict[str, str]:
    """Give this process's environment without what is ours alone: whoever runs as this user can read a program's.

    MySQL's programs read `~/.mylogin.cnf` even beside `--defaults-file`, and it wins over that: a login path `[client]`
    of whoever runs this would name another server, to be saved or overwritten.
    """
    ours = ("ALTUS4_", "DB_", "MYSQL_PWD", LOGIN_FILE)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**inherited, LOGIN_FILE: os.devnull}


def last_words(errors: bytes, secrets: Sequence[str]) -> str:
    """Give the line of a program's errors that says why it ended, without secrets."""
    lines = [line.strip() for line in errors.decode(errors="replace").splitlines() if line.strip()]
    told = [line for line in lines if "warning" not in line.lower()]
    text = next((line for line in told if "error" in line.lower()), told[-1] if told else "it said nothing")
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text[:SAID]
