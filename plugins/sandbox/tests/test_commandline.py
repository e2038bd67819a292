import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from altus4_sandbox import Flavour, SandboxError, ServerAddress
from altus4_sandbox.greeting import read_greeting
from altus4_sandbox.shared import shared_address

pytestmark = pytest.mark.mysql
MODULE = [sys.executable, "-m", "altus4_sandbox"]


def clean_environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ALTUS4_TEST_")} | more


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["int", "term"])
def test_run_prints_one_json_line_and_serves_until_interrupted(number: signal.Signals) -> None:
    command = [*MODULE, "run", "--flavour", "mariadb", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment()) as process:
        assert process.stdout is not None
        server = json.loads(process.stdout.readline())
        assert set(server) == {"host", "port", "user", "password", "flavour", "version"}
        assert read_greeting(server["host"], server["port"], timeout=2) is not None
        begin = time.monotonic()
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait() == 0
    assert rest == ""
    assert time.monotonic() - begin < 10
    assert read_greeting(server["host"], server["port"], timeout=1) is None


def test_run_ends_when_its_server_does() -> None:
    command = [*MODULE, "run", "--flavour", "mariadb", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = json.loads(process.stdout.readline())
        owner = next(
            int(pid.name)
            for pid in Path("/proc").glob("[0-9]*")
            if f"--port={server['port']}".encode() in _command_line(pid) and b"guard.py" not in _command_line(pid)
        )
        os.kill(owner, signal.SIGKILL)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors == "altus4_sandbox: MariaDB ended by itself\n"


def _command_line(pid: Path) -> bytes:
    try:
        return (pid / "cmdline").read_bytes()
    except OSError:
        return b""


def test_an_interrupted_fetch_ends_at_once_without_a_traceback(tmp_path: Path) -> None:
    environment = clean_environment(ALTUS4_SANDBOX_CACHE=str(tmp_path), PATH="/usr/bin:/bin")
    command = [*MODULE, "fetch", "--flavours", "mysql"]
    # A test run in the background of a shell ignores interrupts, and would hand that on.
    code = "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    started = [command[0], "-c", code + "runpy.run_module('altus4_sandbox', run_name='__main__')", *command[3:]]
    with subprocess.Popen(started, stderr=subprocess.PIPE, text=True, env=environment) as process:
        deadline = time.monotonic() + 30
        # The first sign of apt at work.
        while process.poll() is None and not list(tmp_path.glob("downloads/mysql/lists/partial/*")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if process.poll() is not None:
            pytest.skip("nothing can be fetched on this machine")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in errors


PROBE = """
import os, sys
from altus4_sandbox import Flavour
from altus4_sandbox.shared import shared_address
for flavour in Flavour:
    print(shared_address(flavour))
sys.exit(7)
"""


def test_exec_gives_a_command_both_servers_and_its_exit_code_back() -> None:
    command = [*MODULE, "exec", "--", sys.executable, "-c", PROBE]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
    assert done.returncode == 7, done.stderr
    mysql, mariadb = done.stdout.splitlines()
    assert "MYSQL" in mysql
    assert "version='9." in mysql or "version='8." in mysql
    assert "MARIADB" in mariadb
    for line in (mysql, mariadb):
        port = int(line.split("port=")[1].split(",")[0])
        assert read_greeting("127.0.0.1", port, timeout=1) is None


def test_exec_shares_the_servers_of_a_run_around_it(mariadb_server: ServerAddress) -> None:
    code = "import os; print(os.environ['ALTUS4_TEST_MARIADB_URL'], 'ALTUS4_TEST_MYSQL_URL' in os.environ)"
    command = [*MODULE, "exec", "--flavours", "mariadb", "--", sys.executable, "-c", code]
    environment = clean_environment(ALTUS4_TEST_MARIADB_URL=mariadb_server.url)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == [mariadb_server.url, "False"]


def test_exec_reports_a_signal_and_a_missing_command_as_shells_do(mariadb_server: ServerAddress) -> None:
    environment = clean_environment(ALTUS4_TEST_MARIADB_URL=mariadb_server.url)
    prefix = [*MODULE, "exec", "--flavours", "mariadb", "--"]
    killed = subprocess.run([*prefix, "sh", "-c", "kill -9 $$"], env=environment, check=False)
    assert killed.returncode == 128 + 9
    missing = subprocess.run(
        [*prefix, "/no/such/command"], env=environment, capture_output=True, text=True, check=False
    )
    assert missing.returncode == 1
    assert missing.stderr == "altus4_sandbox: cannot run /no/such/command: No such file or directory\n"


def test_exec_passes_a_termination_on_and_stops_the_servers() -> None:
    code = "import os, time; print(os.getpid(), os.environ['ALTUS4_TEST_MARIADB_URL'], flush=True); time.sleep(60)"
    command = [*MODULE, "exec", "--flavours", "mariadb", "--", sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment()) as process:
        assert process.stdout is not None
        child, url = process.stdout.readline().split()
        process.terminate()
        assert process.wait(timeout=10) == 128 + signal.SIGTERM
    address = ServerAddress.from_url(url, Flavour.MARIADB, "")
    assert read_greeting(address.host, address.port, timeout=1) is None
    assert not Path(f"/proc/{child}").exists()


def test_a_wrong_shared_server_is_told_without_its_password(mariadb_server: ServerAddress) -> None:
    with pytest.raises(SandboxError, match="a MariaDB server: name MySQL or unset it") as caught:
        shared_address(Flavour.MYSQL, {"ALTUS4_TEST_MYSQL_URL": mariadb_server.url})
    assert mariadb_server.password not in str(caught.value)
    closed = {"ALTUS4_TEST_MYSQL_URL": "mysql://root:hush@127.0.0.1:9/"}
    with pytest.raises(SandboxError, match=r"no server answers at 127\.0\.0\.1:9") as caught:
        shared_address(Flavour.MYSQL, closed)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("arguments", [[], ["dance"], ["run", "--flavour", "oracle"], ["exec"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    done = subprocess.run([*MODULE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage:" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_of_a_command_is_its_own() -> None:
    done = subprocess.run([*MODULE, "run", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: python -m altus4_sandbox run [-h]")
    assert "fetch" not in done.stdout
