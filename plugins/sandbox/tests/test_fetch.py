"""Real packages from the machine's own mirror; MariaDB's, as they are a quarter of MySQL's size."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from altus4_sandbox import Cache, Flavour, find_or_fetch
from altus4_sandbox.apt import AptFolder, available
from altus4_sandbox.errors import FetchError
from altus4_sandbox.fetch import Fetcher, cached
from altus4_sandbox.sources import Source

from altus4_core.progress import SilentProgress

pytestmark = pytest.mark.skipif(
    not available() or "ID=debian" not in Path("/etc/os-release").read_text(), reason="packages are Debian's"
)
FETCH = """
import sys
from pathlib import Path
from altus4_sandbox import Cache, Flavour
from altus4_sandbox.fetch import Fetcher
from altus4_core.progress import LineProgress
print(Fetcher(Cache(Path(sys.argv[1])), LineProgress(sys.stderr)).fetch(Flavour.MARIADB).root)
"""


def _fetching(cache: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", FETCH, str(cache)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def test_two_processes_fetch_once_even_after_one_was_killed(tmp_path: Path) -> None:
    with _fetching(tmp_path) as killed:
        deadline = time.monotonic() + 60
        archives = tmp_path / "downloads/mariadb/archives"
        while not list(archives.glob("*.deb")):
            assert killed.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        # With its apt-get: what a power cut leaves behind.
        os.killpg(killed.pid, signal.SIGKILL)
    (tmp_path / "servers/.mariadb-left-by-a-killed-unpacking").mkdir()
    with _fetching(tmp_path) as one, _fetching(tmp_path) as two:
        outputs = [one.communicate(timeout=120), two.communicate(timeout=120)]
    assert [one.returncode, two.returncode] == [0, 0], outputs
    roots = {out.strip() for out, _ in outputs}
    assert len(roots) == 1
    assert sum("unpacking MariaDB: 0 %" in err for _, err in outputs) == 1
    assert sum("waiting for another process" in err for _, err in outputs) == 1
    assert sorted(path.name for path in (tmp_path / "servers").iterdir()) == [".mariadb.lock", Path(roots.pop()).name]
    assert not (tmp_path / "downloads/mariadb").exists()

    installation = cached(Cache(tmp_path), Flavour.MARIADB)
    assert installation is not None
    assert installation.version.startswith("10.11.")
    assert installation.plugin_folder is not None
    for name in ("mysql", "mysqldump", "mysqlbinlog", "mariadb-dump"):
        done = subprocess.run([*installation.program(name), "--version"], capture_output=True, text=True, check=True)
        assert "10.11" in done.stdout
    assert cached(Cache(tmp_path), Flavour.MYSQL) is None
    # A cached copy that was damaged does not count.
    os.truncate(installation.binary, 4096)
    assert cached(Cache(tmp_path), Flavour.MARIADB) is None


def test_mysql_comes_with_its_client_programs() -> None:
    installation = find_or_fetch("mysql", programs=("mysql", "mysqldump", "mysqlbinlog"))
    assert installation.flavour is Flavour.MYSQL
    for name in ("mysql", "mysqldump", "mysqlbinlog"):
        command = [*installation.program(name), "--no-defaults", "--version"]
        assert installation.version in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_an_archive_with_foreign_signatures_is_refused(tmp_path: Path) -> None:
    sources = list(Path("/usr/share/keyrings").glob("debian-archive-*-security-automatic.gpg"))
    if not sources:
        pytest.skip("no second keyring on this machine")
    mirrors = [source for source in _mirrors() if source.suite == "bookworm"]
    if not mirrors:
        pytest.skip("this machine's sources do not name Debian 12")
    folder = AptFolder(tmp_path)
    # The archive itself, checked with a keyring that did not sign it.
    source = Source(mirrors[0].uri, "bookworm", ("main",), str(min(sources)))
    folder.prepare(source, "bookworm")
    with pytest.raises(FetchError, match=r"apt-get failed: .*(not signed|NO_PUBKEY)") as caught:
        _download(folder)
    assert "\n" not in str(caught.value)
    assert list(folder.archives.glob("*.deb")) == []


def _download(folder: AptFolder) -> None:
    folder.update()
    folder.download(["mariadb-server-core"], lambda _: None)


def _mirrors() -> list[Source]:
    return Fetcher(Cache(Path("unused")), SilentProgress())._mirrors()


def test_a_mirror_that_does_not_answer_is_one_line_without_credentials(tmp_path: Path) -> None:
    folder = AptFolder(tmp_path)
    folder.prepare(Source("http://name:hush@127.0.0.1:9/debian", "bookworm", ("main",)), "bookworm")
    with pytest.raises(FetchError, match="apt-get failed: ") as caught:
        _download(folder)
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)
