"""The demo, as somebody types it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
DEMO = [sys.executable, "-m", "altus4_core", "demo"]


def children_of(pid: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child} | children_of(child)
    return found


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_json_serves_and_stops_without_a_trace(tmp_path: Path) -> None:
    demo = subprocess.Popen([*DEMO, "--json"], stdout=subprocess.PIPE, cwd=tmp_path, env=CLEAN, text=True)
    try:
        line = demo.stdout.readline()
        told = json.loads(line)
        assert set(told) == {"url", "apiKey", "databases", "host", "port", "user", "password"}
        assert {database["name"] for database in told["databases"]} == {"python_docs", "packages"}
        headers = {"Authorization": f"Bearer {told['apiKey']}", "Content-Type": "application/json"}
        for query, mode in (("parse arguments", "natural"), ("json AND decode*", "boolean")):
            body = json.dumps({"query": query, "searchMode": mode}).encode()
            request = urllib.request.Request(f"{told['url']}/api/v1/search", body, headers)
            with urllib.request.urlopen(request, timeout=10) as response:
                data = json.load(response)["data"]
                assert response.headers["X-RateLimit-Limit"] == "1000000"
            assert data["results"]
            assert data["complete"]
        processes = children_of(demo.pid)
        assert processes
        begun = time.monotonic()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(15) == 0
        assert time.monotonic() - begun < 10
        assert demo.stdout.read() == ""
        assert not [pid for pid in processes if alive(pid)]
    finally:
        demo.kill()
        demo.wait()
        demo.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGKILL])
def test_nothing_survives_its_death(tmp_path: Path, number: int) -> None:
    demo = subprocess.Popen([*DEMO, "--json"], stdout=subprocess.PIPE, cwd=tmp_path, env=CLEAN, text=True)
    assert json.loads(demo.stdout.readline())
    processes = children_of(demo.pid)
    demo.send_signal(number)
    demo.wait()
    demo.stdout.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(alive(pid) for pid in processes):
        time.sleep(0.1)
    assert not [pid for pid in processes if alive(pid)]


def test_check(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--check"], capture_output=True, cwd=tmp_path, env=CLEAN, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok: ") == 3
    table = done.stdout[done.stdout.index("STATE") :]
    print(table)
    assert "ERROR" not in table
    for check in (
        "settings",
        "secrets",
        "plugins",
        "migrations",
        "grants",
        "indexes",
        "clock",
        "pool",
        "server: binary log",
    ):
        assert check in table
