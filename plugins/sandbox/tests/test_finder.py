import os
from collections.abc import Callable
from pathlib import Path

import pytest
from altus4_sandbox import Cache, Finder, Flavour, Installation, SandboxError, ServerUnavailableError, find_or_fetch
from altus4_sandbox.errors import FetchError
from altus4_sandbox.fetch import Fetcher

from altus4_core.progress import SilentProgress

MYSQL = "mysqld  Ver 9.7.4-2 for Linux on x86_64"
OLD_MYSQL = "mysqld  Ver 5.7.44 for Linux on x86_64"
MARIADB = "mysqld  Ver 10.11.18-MariaDB for Linux on x86_64"
WriteBinary = Callable[[Path, str], Path]


class Notes(SilentProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


class Refusals:
    """A fetch that never succeeds and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[Flavour] = []

    def __call__(self, flavour: Flavour) -> Installation:
        self.asked.append(flavour)
        message = "the archive is closed"
        raise FetchError(message)


@pytest.fixture
def refusals() -> Refusals:
    return Refusals()


def test_an_explicit_path_comes_first(tmp_path: Path, fake_binary: WriteBinary, refusals: Refusals) -> None:
    named = fake_binary(tmp_path / "mine/my-server", MYSQL)
    fake_binary(tmp_path / "bin/mysqld", MYSQL)
    finder = Finder(Cache(tmp_path / "cache"), named=named, search_path=str(tmp_path / "bin"), fetch=refusals)
    assert finder.find().binary == named
    assert refusals.asked == []


def test_path_is_searched_past_a_mariadb_that_calls_itself_mysqld(
    tmp_path: Path, fake_binary: WriteBinary, refusals: Refusals
) -> None:
    mariadb = fake_binary(tmp_path / "one/mysqld", MARIADB)
    mysql = fake_binary(tmp_path / "two/mysqld", MYSQL)
    path = os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two")])
    finder = Finder(Cache(tmp_path / "cache"), search_path=path, fetch=refusals)
    assert finder.find().binary == mysql
    assert finder.find(Flavour.MYSQL).binary == mysql
    assert finder.find(Flavour.MARIADB).binary == mariadb


def test_mysql_is_fetched_before_a_mariadb_on_path_is_taken(tmp_path: Path, fake_binary: WriteBinary) -> None:
    fake_binary(tmp_path / "bin/mysqld", MARIADB)
    fetched = Installation(Flavour.MYSQL, "9.7.4", tmp_path / "fetched")
    asked: list[Flavour] = []

    def fetch(flavour: Flavour) -> Installation:
        asked.append(flavour)
        return fetched

    finder = Finder(Cache(tmp_path / "cache"), search_path=str(tmp_path / "bin"), fetch=fetch)
    assert finder.find() is fetched
    assert asked == [Flavour.MYSQL]


def test_mariadb_is_taken_only_when_mysql_cannot_be_had_and_says_so(
    tmp_path: Path, fake_binary: WriteBinary, refusals: Refusals
) -> None:
    mariadb = fake_binary(tmp_path / "bin/mysqld", MARIADB)
    notes = Notes()
    finder = Finder(Cache(tmp_path / "cache"), notes, search_path=str(tmp_path / "bin"), fetch=refusals)
    assert finder.find().binary == mariadb
    assert refusals.asked == [Flavour.MYSQL]
    assert notes.lines == ["MySQL cannot be had (the archive is closed): using MariaDB 10.11.18"]


def test_a_named_mariadb_waits_for_its_turn(tmp_path: Path, fake_binary: WriteBinary, refusals: Refusals) -> None:
    named = fake_binary(tmp_path / "mine/mysqld", MARIADB)
    mysql = fake_binary(tmp_path / "bin/mysqld", MYSQL)
    notes = Notes()
    finder = Finder(Cache(tmp_path / "cache"), notes, named, str(tmp_path / "bin"), refusals)
    assert finder.find().binary == mysql
    assert notes.lines == [f"{named} is MariaDB 10.11.18: passed over, MySQL is wanted"]
    assert finder.find(Flavour.MARIADB).binary == named


def test_a_named_path_that_is_no_server_is_an_error_not_a_fallback(tmp_path: Path, fake_binary: WriteBinary) -> None:
    fake_binary(tmp_path / "bin/mysqld", MYSQL)
    environment = {"PATH": str(tmp_path / "bin"), "ALTUS4_SANDBOX_MYSQLD": "/bin/true", "HOME": str(tmp_path)}
    with pytest.raises(SandboxError, match="ALTUS4_SANDBOX_MYSQLD names /bin/true, which is no MySQL") as caught:
        find_or_fetch(environment=environment)
    assert "\n" not in str(caught.value)


def test_servers_that_are_too_old_are_passed_over(tmp_path: Path, fake_binary: WriteBinary, refusals: Refusals) -> None:
    fake_binary(tmp_path / "bin/mysqld", OLD_MYSQL)
    finder = Finder(Cache(tmp_path / "cache"), search_path=str(tmp_path / "bin"), fetch=refusals)
    with pytest.raises(ServerUnavailableError):
        finder.find()


def test_a_server_without_a_needed_program_is_passed_over(
    tmp_path: Path, fake_binary: WriteBinary, refusals: Refusals
) -> None:
    fake_binary(tmp_path / "one/bin/mysqld", MYSQL)
    complete = fake_binary(tmp_path / "two/bin/mysqld", MYSQL)
    fake_binary(tmp_path / "two/bin/mysql-of-the-test", "")
    path = os.pathsep.join([str(tmp_path / "one/bin"), str(tmp_path / "two/bin")])
    finder = Finder(Cache(tmp_path / "cache"), search_path=path, fetch=refusals)
    found = finder.find(programs=["mysql-of-the-test"])
    assert found.binary == complete
    assert found.program("mysql-of-the-test") == (str(tmp_path / "two/bin/mysql-of-the-test"),)


@pytest.mark.parametrize(("flavour", "package"), [(None, "mysql-server"), ("mariadb", "mariadb-server")])
def test_without_apt_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flavour: str | None, package: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerUnavailableError) as caught:
        find_or_fetch(flavour, environment={"PATH": str(tmp_path), "HOME": str(tmp_path)})
    message = str(caught.value)
    assert "no apt-get" in message
    assert f"Install {package}" in message
    assert "ALTUS4_SANDBOX_MYSQLD" in message
    assert "\n" not in message


def test_other_distributions_are_not_asked_for_debian_packages(tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text('ID=fedora\nVERSION_ID="40"\n')
    fetcher = Fetcher(Cache(tmp_path), SilentProgress(), tmp_path, tmp_path / "os-release")
    with pytest.raises(FetchError, match="on Debian only"):
        fetcher.fetch(Flavour.MYSQL)


def test_sources_without_the_main_archive_are_named(tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text("ID=debian\nVERSION_CODENAME=bookworm\n")
    fetcher = Fetcher(Cache(tmp_path), SilentProgress(), tmp_path / "apt", tmp_path / "os-release")
    with pytest.raises(FetchError, match=r"no source in .*apt names Debian's main archive"):
        fetcher.fetch(Flavour.MYSQL)
