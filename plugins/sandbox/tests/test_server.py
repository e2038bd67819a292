import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest
from altus4_mysql import MySQLError, Pool, make_driver, parse_url
from altus4_sandbox import (
    Flavour,
    PrivateServer,
    SandboxError,
    ServerAddress,
    ServerOptions,
    StartError,
    TlsFiles,
    apt,
    find_or_fetch,
)
from altus4_sandbox import server as server_module
from altus4_sandbox.greeting import read_greeting
from altus4_sandbox.testing import PrivateServerFactory

pytestmark = pytest.mark.mysql
FLAVOURS = pytest.mark.parametrize("flavour", list(Flavour), ids=str)


async def query(address: ServerAddress, *statements: str) -> list[list[object]]:
    """The rows of the last statement."""
    options = parse_url(address.url)
    pool = Pool(make_driver(), options)
    rows: list[list[object]] = []
    try:
        for statement in statements:
            rows = [list(row) for row in (await pool.fetch(statement)).rows]
    finally:
        await pool.close()
    return rows


def gone(pid: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def greets(address: ServerAddress) -> bool:
    return read_greeting(address.host, address.port, timeout=0.5) is not None


@FLAVOURS
async def test_serves_on_loopback_with_one_account_and_leaves_nothing(flavour: Flavour) -> None:
    async with PrivateServer(find_or_fetch(flavour)) as server:
        folder, pid = server.folder, server.pid
        assert pid is not None
        assert server.host == "127.0.0.1"
        found = read_greeting(server.host, server.port, timeout=2)
        assert found is not None
        assert (found.flavour, found.version) == (flavour, server.version)
        accounts = "SELECT User, Host FROM mysql.user WHERE User NOT LIKE 'mysql.%%' AND User <> 'mariadb.sys'"
        assert await query(server.address, accounts) == [["root", "localhost"]]
        # The password is on no command line, and the file that set it is gone.
        assert server.password.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert not (folder / "init.sql").exists()
        with pytest.raises(MySQLError) as refused:
            await query(attrs.evolve(server.address, password="guess"), "SELECT 1")
        assert server.password not in str(refused.value)
        begin = time.monotonic()
    assert time.monotonic() - begin < 10
    assert gone(pid)
    assert not folder.exists()
    assert server.pid is None


def listening(pid: int) -> set[str]:
    # /proc/PID/net/tcp lists all of the machine: keep the sockets this process holds.
    held = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            held.add(str(descriptor.readlink()))
        except OSError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in held:
                found.add(fields[1])
    return found


@FLAVOURS
def test_listens_nowhere_else(flavour: Flavour, private_server: PrivateServerFactory) -> None:
    server = private_server(flavour)
    assert server.pid is not None
    assert listening(server.pid) == {f"0100007F:{server.port:04X}"}
    assert not list(server.folder.rglob("*.sock"))


@FLAVOURS
async def test_a_killed_server_keeps_its_port_and_data(flavour: Flavour, private_server: PrivateServerFactory) -> None:
    server = private_server(flavour)
    address, pid = server.address, server.pid
    assert pid is not None
    await query(address, "CREATE DATABASE a", "CREATE TABLE a.t (x INT)", "INSERT INTO a.t VALUES (7)")
    server.kill()
    assert gone(pid)
    assert not greets(address)
    await asyncio.to_thread(server.restart)
    assert server.address == address
    assert await query(address, "SELECT x FROM a.t") == [[7]]
    # Also a running one, cleanly.
    await asyncio.to_thread(server.restart)
    assert await query(address, "SELECT x FROM a.t") == [[7]]


@FLAVOURS
def test_a_frozen_server_answers_nobody_until_it_goes_on(
    flavour: Flavour, private_server: PrivateServerFactory
) -> None:
    server = private_server(flavour)
    server.pause()
    assert not greets(server.address)
    # The kernel still accepts: a connection without a greeting.
    socket.create_connection((server.host, server.port), 1).close()
    server.resume()
    assert read_greeting(server.host, server.port, timeout=5) is not None
    server.pause()
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 10


CHILD = """
import sys, threading, time
from altus4_sandbox import PrivateServer, find_or_fetch
server = PrivateServer(find_or_fetch(sys.argv[1]))
# From a thread that ends at once: the server must not end with it.
thread = threading.Thread(target=server.start)
thread.start()
thread.join()
time.sleep(0.5)
print(server.pid, server.folder, server.port, flush=True)
time.sleep(60)
"""


@FLAVOURS
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_no_server_outlives_its_owner(flavour: Flavour, number: signal.Signals) -> None:
    command = [sys.executable, "-c", CHILD, flavour]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid, folder, port = owner.stdout.readline().split()
        assert read_greeting("127.0.0.1", int(port), timeout=2) is not None
        owner.send_signal(number)
        owner.wait()
    assert gone(int(pid))
    deadline = time.monotonic() + 5
    while Path(folder).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_server_dies_with_its_guard(private_server: PrivateServerFactory) -> None:
    server = private_server("mariadb")
    pid = server.pid
    assert pid is not None
    guard = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(guard, signal.SIGKILL)
    assert gone(pid)
    assert server.pid is None
    folder = server.folder
    server.stop()
    assert not folder.exists()


@FLAVOURS
def test_two_starts_at_once_do_not_meet(flavour: Flavour) -> None:
    installation = find_or_fetch(flavour)
    servers = [PrivateServer(installation) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        try:
            list(pool.map(PrivateServer.start, servers))
            one, two = (server.address for server in servers)
            assert one.port != two.port
            assert one.password != two.password
            assert greets(one)
            assert greets(two)
            servers[0].stop()
            assert greets(two)
        finally:
            list(pool.map(PrivateServer.stop, servers))


def test_a_port_that_was_taken_meanwhile_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = [taken.getsockname()[1], taken.getsockname()[1], server_module.free_port()]
        offered = iter(ports)
        monkeypatch.setattr(server_module, "free_port", lambda: next(offered))
        for flavour in Flavour:
            offered = iter(ports)
            with PrivateServer(find_or_fetch(flavour)) as server:
                assert server.port == ports[-1]
                assert server.folder.is_dir()


@FLAVOURS
def test_a_server_that_does_not_start_shows_the_end_of_its_log(flavour: Flavour, tmp_path: Path) -> None:
    options = ServerOptions(extra_args=("--no-such-option=1",))
    server = PrivateServer(find_or_fetch(flavour), options=options, workspace_parent=tmp_path)
    with pytest.raises(StartError) as caught:
        server.start()
    first, *rest = str(caught.value).splitlines()
    assert first.startswith(f"{flavour.product} {server.version} ended while it started (exit code ")
    assert any("no-such-option" in line for line in rest)
    assert list(tmp_path.glob("*/server-*")) == []


def test_a_server_that_is_not_ready_in_time_is_given_up(tmp_path: Path) -> None:
    server = PrivateServer(find_or_fetch("mysql"), start_timeout=0.05, workspace_parent=tmp_path)
    with pytest.raises(StartError, match=r"was not ready after 0\.05 s; its log ends:"):
        server.start()
    assert server.pid is None
    assert list(tmp_path.glob("*/server-*")) == []


async def test_a_cancelled_start_leaves_nothing(tmp_path: Path) -> None:
    server = PrivateServer(find_or_fetch("mysql"), workspace_parent=tmp_path)

    async def use() -> None:
        async with server:
            pytest.fail("was to be cancelled before it was ready")

    task = asyncio.create_task(use())
    while not list(tmp_path.glob("*/server-*/server.err")):
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert server.pid is None
    assert list(tmp_path.glob("*/server-*")) == []


@FLAVOURS
async def test_the_binary_log_is_an_option(flavour: Flavour, private_server: PrivateServerFactory) -> None:
    assert await query(private_server(flavour).address, "SELECT @@log_bin") == [[0]]
    logged = private_server(flavour, ServerOptions(binlog=True))
    assert await query(logged.address, "SELECT @@log_bin") == [[1]]
    assert list((logged.folder / "data").glob("binlog.0*"))


async def test_a_server_without_certificates_can_be_given_some(private_server: PrivateServerFactory) -> None:
    # MySQL makes certificates for itself.
    folder = private_server("mysql").folder / "data"
    files = TlsFiles(folder / "ca.pem", folder / "server-cert.pem", folder / "server-key.pem")
    plain, encrypted = private_server("mariadb"), private_server("mariadb", ServerOptions(tls=files))
    assert not plain.address.tls
    assert encrypted.address.tls
    assert "tls=disabled" not in encrypted.url
    [[_, cipher]] = await query(encrypted.address, "SHOW STATUS LIKE 'Ssl_cipher'")
    assert cipher


@FLAVOURS
async def test_extra_arguments_win(flavour: Flavour, private_server: PrivateServerFactory) -> None:
    server = private_server(flavour, ServerOptions(extra_args=("--performance-schema=ON", "--max-connections=17")))
    assert await query(server.address, "SELECT @@performance_schema, @@max_connections") == [[1, 17]]


async def test_full_text_settings_are_the_servers_own(any_server: ServerAddress) -> None:
    statement = "SELECT @@innodb_ft_min_token_size, @@innodb_ft_max_token_size, @@innodb_ft_enable_stopword"
    assert await query(any_server, statement) == [[3, 84, 1]]


def test_misuse_is_told_in_one_line(private_server: PrivateServerFactory) -> None:
    fresh = PrivateServer(find_or_fetch("mysql"))
    uses: list[Callable[[], object]] = [fresh.kill, fresh.restart, lambda: fresh.url, lambda: fresh.folder]
    for use in uses:
        with pytest.raises(SandboxError, match=r"start\(\)"):
            use()
    fresh.stop()
    server = private_server("mysql")
    with pytest.raises(SandboxError, match="started already"):
        server.start()
    server.kill()
    with pytest.raises(SandboxError, match=r"restart\(\)"):
        server.pause()


NOBODY = 65534
UNPRIVILEGED = """
import os
from altus4_sandbox import PrivateServer, find_or_fetch
with PrivateServer(find_or_fetch("mariadb")) as server:
    print(os.geteuid(), os.stat(f"/proc/{server.pid}").st_uid, server.installation.binary)
"""


def as_nobody(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        arguments,
        check=False,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.skipif(os.geteuid() != 0 or not apt.available(), reason="only root can become somebody else")
def test_an_ordinary_user_needs_no_help_from_root() -> None:
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    python = next((path for path in (sys.executable, "/usr/bin/python3") if _runs(path, check)), None)
    if python is None:
        pytest.skip("no Python that another user may run")
    folders = [folder for folder in sys.path if Path(folder).is_dir() and not folder.startswith(sys.base_prefix)]
    # Below the system's temporary folder, as pytest's own is closed to other users.
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, NOBODY, NOBODY)
        path = os.pathsep.join(folders)
        done = as_nobody(python, "-c", UNPRIVILEGED, PATH="/usr/bin:/bin", HOME=home, TMPDIR=home, PYTHONPATH=path)
        assert done.returncode == 0, done.stderr
        starter, owner, binary = done.stdout.split()
        assert (starter, owner) == (str(NOBODY), str(NOBODY))
        assert binary.startswith(home)
        assert list(Path(home).glob("altus4-sandbox-*/server-*")) == []


def _runs(python: str, code: str) -> bool:
    try:
        return as_nobody(python, "-c", code).returncode == 0
    except PermissionError:
        return False
