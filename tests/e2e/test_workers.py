"""Two workers on one port, over a real metadata database: limits, revocation, the search log, events on disk."""

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from altus4_sandbox import ServerAddress, new_schema_name
from deployment import Deployment, settings_for
from processes import children_of, wait_until
from world import run_sql

BURST = 40
SINK = """
import os
from pathlib import Path
from altus4_core import Plugin, hookimpl

class File:
    name = "file"
    async def write(self, events):
        if Path("closed").exists():
            raise RuntimeError("closed")
        with open(f"written-{os.getpid()}", "a") as file:
            file.writelines(f"{event.id}\\n" for event in events if event.kind == "search")

class Sinks(Plugin):
    name = "sinks"
    @hookimpl
    def altus4_analytics_sinks(self):
        return [File()]
"""


class Pair(Deployment):
    """Two workers; `start`, `stop` and requests as of one process."""

    def start(self) -> None:
        before = self.said("listening on")
        super().start()
        wait_until(lambda: self.said("listening on") > before)

    def said(self, text: str) -> int:
        return self.log.read_text().count(text) if self.log.exists() else 0

    @property
    def workers(self) -> list[int]:
        return children_of(self.pid)


@pytest.fixture(scope="module")
def pair(mysql_server: ServerAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("workers")
    schema = new_schema_name("workers")
    settings = settings_for(mysql_server, schema, folder)
    one = Pair({**settings, "ALTUS4_WORKERS": "2", "ALTUS4_EVENTS__SPILL": str(folder / "spill")}, folder)
    one.must("migrate", "up")
    one.user("ann@example.com")
    one.start()
    yield one
    one.stop()
    run_sql(mysql_server, [f"DROP DATABASE {schema}"])


def logged(pair: Pair, server: ServerAddress) -> int:
    schema = pair.environment["ALTUS4_METADATA_URL"].partition("?")[0].rpartition("/")[2]
    return int(str(run_sql(server, [f"SELECT COUNT(*) FROM {schema}.searches"])[0][0]))


def test_together_they_grant_the_limit_and_forget_a_key_within_two_seconds(pair: Pair) -> None:
    email = "ann@example.com"
    made = json.loads(
        pair.must(
            "api-keys", "create", "--user", email, "--permissions", "search", "--json", "--requests-per-hour", "1",
            "--burst", str(BURST),
        )
    )  # fmt: skip
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: pair.search(made["secretKey"], "anything"), range(4 * BURST)))
    granted = [answer for answer in answers if answer.status == 200]
    assert {answer.status for answer in answers} == {200, 429}
    assert len(granted) == BURST, "each worker its half, and both had enough to do"
    revoked = json.loads(pair.must("api-keys", "revoke", made["id"], "--user", email, "--json"))
    assert revoked
    begun = time.monotonic()
    wait_until(lambda: {pair.search(made["secretKey"], "anything").status for _ in range(8)} == {401}, 10)
    assert time.monotonic() - begun < 2.5


def test_a_stop_under_load_resets_nobody_and_loses_no_row(pair: Pair, mysql_server: ServerAddress) -> None:
    key = pair.key("ann@example.com")
    before = logged(pair, mysql_server)
    counts = {"ok": 0, "other": 0, "reset": 0}

    def client(_: int) -> None:
        body = json.dumps({"query": "anything"})
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", pair.port, timeout=30)
        while True:
            try:
                connection.connect()
            except OSError:
                return  # no longer listening
            try:
                while connection.sock is not None:  # the answer said `close`, or goes on
                    connection.request("POST", "/api/v1/search", body, headers)
                    answer = connection.getresponse()
                    answer.read()
                    counts["ok" if answer.status == 200 else "other"] += 1
            except (OSError, http.client.HTTPException):
                counts["reset"] += 1
                return

    with ThreadPoolExecutor(12) as threads:
        asking = [threads.submit(client, number) for number in range(12)]
        wait_until(lambda: counts["ok"] > 200)
        pair.stop()
        for each in asking:
            each.result()
    assert (counts["other"], counts["reset"]) == (0, 0)
    assert logged(pair, mysql_server) - before == counts["ok"]


def test_no_row_is_lost_and_none_is_written_twice(pair: Pair, mysql_server: ServerAddress) -> None:
    """A sink that fails leaves both workers' events on disk; one is killed, then all stop; each is written once."""
    (pair.folder / "sinks.py").write_text(SINK)
    (pair.folder / "closed").touch()
    key = pair.key("ann@example.com")
    pair.options = ("--plugin", "./sinks.py:Sinks")
    before = logged(pair, mysql_server)
    pair.stop()
    pair.start()
    asked = 0

    def ask(number: int) -> None:
        nonlocal asked
        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(lambda each: pair.search(key, f"word {each}"), range(number)))
        asked += sum(answer.status == 200 for answer in answers)

    ask(60)
    time.sleep(0.5)  # within 100 ms all are on disk or in the database
    killed = pair.workers[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: pair.said("serves again"))
    assert killed not in pair.workers
    ask(60)
    pair.stop()
    assert logged(pair, mysql_server) - before == asked == 120
    assert not list(pair.folder.glob("written-*"))
    assert list((pair.folder / "spill").rglob("*.spill"))
    (pair.folder / "closed").unlink()
    pair.start()

    def written() -> list[str]:
        return [line for path in pair.folder.glob("written-*") for line in path.read_text().splitlines()]

    wait_until(lambda: len(written()) >= asked)
    pair.stop()
    assert len(written()) == len(set(written())) == asked
    assert not list((pair.folder / "spill").rglob("*.spill"))
