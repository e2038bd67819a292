"""A real Redis: from this machine or its distribution's packages; killed, frozen and started again."""

import socket
import time
from pathlib import Path

import pytest
from altus4_sandbox import Cache, RedisInstallation
from altus4_sandbox.apt import available
from altus4_sandbox.fetch import Fetcher
from altus4_sandbox.redis import PrivateRedis, redis_recipe

from altus4_core.progress import SilentProgress


def ask(server, command, timeout=1.0):
    with socket.create_connection((server.host, server.port), timeout=timeout) as connection:
        connection.sendall(f"AUTH {server.password}\r\n{command}\r\n".encode())
        answer = b""
        while answer.count(b"\r\n") < 2:
            answer += connection.recv(100)
    return answer.decode().split("\r\n")[1]


def test_it_serves_dies_and_comes_back(private_redis):
    server = private_redis()
    assert ask(server, "SET a 1") == "+OK"
    server.pause()
    with pytest.raises(TimeoutError):
        ask(server, "PING", timeout=0.2)
    server.resume()
    assert ask(server, "PING") == "+PONG"
    server.kill()
    with pytest.raises(ConnectionRefusedError):
        ask(server, "PING")
    server.restart()
    assert ask(server, "EXISTS a") == ":0"


def test_nothing_is_left(private_redis):
    server = private_redis()
    folder, pid = server._workspace.folder, server._process.pid
    server.pause()
    server.stop()
    assert not folder.exists()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_another_program_is_no_redis():
    assert RedisInstallation.of_command(["/bin/echo"]) is None
    assert RedisInstallation.of_command(["/nowhere/redis-server"]) is None


@pytest.mark.skipif(
    not available() or "ID=debian" not in Path("/etc/os-release").read_text(), reason="packages are Debian's"
)
def test_packages_without_root(tmp_path):
    installation = Fetcher(Cache(tmp_path), SilentProgress()).prepare(redis_recipe())
    assert installation.root is not None
    assert installation.root.parent == tmp_path / "servers"
    assert redis_recipe().cached(Cache(tmp_path)) == installation
    with PrivateRedis(installation) as server:
        assert ask(server, "PING") == "+PONG"
