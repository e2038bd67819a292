from collections.abc import Callable
from pathlib import Path

import pytest
from altus4_sandbox.flavour import Flavour, Identification, identify, parse_version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))", Identification(Flavour.MYSQL, "9.7.4")),
        ("mysqld  Ver 8.0.36-28 for Linux on x86_64 (Percona Server (GPL))", Identification(Flavour.MYSQL, "8.0.36")),
        ("mysqld  Ver 10.11.18-MariaDB-0+deb12u1 for debian-linux-gnu", Identification(Flavour.MARIADB, "10.11.18")),
        ("/srv/mariadb/bin/mysqld  Ver 8.4.1 for Linux on x86_64", Identification(Flavour.MYSQL, "8.4.1")),
        ("/srv/mysql/mariadbd  Ver 11.4.2-MariaDB for Linux", Identification(Flavour.MARIADB, "11.4.2")),
        ("psql (PostgreSQL) 15.4", None),
        ("", None),
    ],
)
def test_reads_what_servers_say(text: str, expected: Identification | None) -> None:
    assert parse_version(text) == expected


def test_a_mariadb_that_is_called_mysqld_is_recognised(
    tmp_path: Path, fake_binary: Callable[[Path, str], Path]
) -> None:
    path = fake_binary(tmp_path / "mysqld", "mysqld  Ver 10.6.1-MariaDB for Linux on x86_64")
    assert identify([str(path)]) == Identification(Flavour.MARIADB, "10.6.1")


def test_a_program_that_fails_or_is_missing_is_no_server(tmp_path: Path) -> None:
    script = tmp_path / "mysqld"
    script.write_text("#!/bin/sh\necho 'mysqld  Ver 9.7.4 for Linux'\nexit 1\n")
    script.chmod(0o755)
    assert identify([str(script)]) is None
    assert identify([str(tmp_path / "absent")]) is None


def test_a_program_that_hangs_is_given_up(tmp_path: Path) -> None:
    script = tmp_path / "mysqld"
    script.write_text("#!/bin/sh\nexec sleep 30\n")
    script.chmod(0o755)
    assert identify([str(script)], timeout=0.3) is None
