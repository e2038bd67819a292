"""One answer out of three databases, also while one of them is stopped; and callers who go away."""

import asyncio
import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from altus4_sandbox import Flavour, PrivateServer, ServerAddress, find_or_fetch, new_schema_name
from deployment import Deployment, settings_for
from world import run_sql

ROWS = 60
BIG = 30_000
DEADLINE = 0.8


@attrs.frozen
class Federation:
    gateway: Deployment
    key: str
    stoppable: PrivateServer
    server: ServerAddress
    account: str
    ids: dict[str, str]
    schemas: dict[str, str]

    def search(self, query: str = "garden", **more: Any) -> tuple[int, Any, float]:
        begun = time.monotonic()
        answer = self.gateway.search(self.key, query, **more)
        return answer.status, answer.json, time.monotonic() - begun

    def states(self, data: Any) -> dict[str, str]:
        names = {value: name for name, value in self.ids.items()}
        return {names[entry["id"]]: entry["status"] for entry in data["databases"]}

    def resume(self) -> None:
        """Let the stopped server go on, and wait until it is searched again."""
        self.stoppable.resume()
        ends = time.monotonic() + 20
        while True:
            data = self.search(cache="bypass")[1]["data"]
            if set(self.states(data).values()) == {"ok"}:
                return
            assert time.monotonic() < ends, [entry for entry in data["databases"] if entry["status"] != "ok"]
            time.sleep(0.2)


def fill(server: ServerAddress, schema: str, account: tuple[str, str], *, big: bool = False) -> None:
    values = ", ".join(f"('garden {'garden ' * (n % 4)}number {n}')" for n in range(ROWS))
    statements = [
        f"CREATE DATABASE {schema} CHARACTER SET utf8mb4",
        f"CREATE TABLE {schema}.notes (id INT PRIMARY KEY AUTO_INCREMENT, body TEXT, FULLTEXT KEY ft (body))",
        f"INSERT INTO {schema}.notes (body) VALUES {values}",
        f"CREATE TABLE {schema}.more (id INT PRIMARY KEY AUTO_INCREMENT, body TEXT, FULLTEXT KEY ft (body))",
        f"INSERT INTO {schema}.more (body) SELECT body FROM {schema}.notes WHERE id % 3 = 0",
        f"CREATE USER IF NOT EXISTS {account[0]}@'%' IDENTIFIED BY '{account[1]}'",
        f"GRANT SELECT, SHOW VIEW ON {schema}.* TO {account[0]}@'%'",
    ]
    if big:
        digits = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(100))
        words = "CONCAT('alpha beta gamma delta epsilon zeta ', a.n, ' ', b.n)"
        statements += [
            f"CREATE TABLE {schema}.big (id INT PRIMARY KEY AUTO_INCREMENT, body TEXT)",
            *[
                f"INSERT INTO {schema}.big (body) SELECT {words} FROM ({digits}) a, ({digits}) b"
                for _ in range(BIG // 10_000)
            ],
            f"ALTER TABLE {schema}.big ADD FULLTEXT KEY ft (body)",
        ]
    run_sql(server, statements)


@pytest.fixture(scope="module")
def stoppable() -> Iterator[PrivateServer]:
    with PrivateServer(find_or_fetch(Flavour.MYSQL)) as server:
        yield server


@pytest.fixture(scope="module")
def federation(
    any_server: ServerAddress, stoppable: PrivateServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Federation]:
    folder = tmp_path_factory.mktemp("federation")
    names = {name: new_schema_name(name) for name in ("one", "two", "three")}
    metadata = new_schema_name("meta")
    account = (f"f{names['one'][-8:]}", "readonly1")
    for name, schema in names.items():
        fill(stoppable.address if name == "three" else any_server, schema, account, big=name == "one")
    environment = settings_for(any_server, metadata, folder)
    environment["ALTUS4_PLUGINS__DATABASES_MYSQL__ALLOWED_PORTS"] = f"{any_server.port},{stoppable.port}"
    run_sql(any_server, [f"CREATE DATABASE IF NOT EXISTS {metadata}"])
    gateway = Deployment(environment, folder)
    gateway.must("migrate", "up")
    user = gateway.user("fed@example.com")
    ids = {
        name: gateway.connect(user, stoppable.address if name == "three" else any_server, schema, account)
        for name, schema in names.items()
    }
    gateway.start()
    try:
        yield Federation(gateway, gateway.key(user), stoppable, any_server, account[0], ids, names)
    finally:
        gateway.stop()
        run_sql(any_server, [f"DROP DATABASE IF EXISTS {schema}" for schema in (metadata, names["one"], names["two"])])
        run_sql(any_server, [f"DROP USER {account[0]}@'%'"])


@pytest.fixture
def stopped(federation: Federation) -> Iterator[Federation]:
    status, answer, _ = federation.search()
    assert status == 200
    assert set(federation.states(answer["data"]).values()) == {"ok"}, answer["data"]["databases"]
    federation.stoppable.pause()
    try:
        yield federation
    finally:
        federation.resume()


def test_one_of_three_is_stopped(stopped: Federation) -> None:
    for _ in range(8):  # until its breaker is open, and beyond
        status, answer, seconds = stopped.search(timeoutMs=int(DEADLINE * 1000))
        assert status == 200, answer
        assert seconds < DEADLINE + 0.2
        data = answer["data"]
        states = stopped.states(data)
        assert states["one"] == states["two"] == "ok"
        assert states["three"] in {"timeout", "error", "circuitOpen"}
        assert data["complete"] is False
        assert data["totalRelation"] == "gte"
        assert {result["database"] for result in data["results"]} == {stopped.ids["one"], stopped.ids["two"]}
        failed = next(entry for entry in data["databases"] if entry["id"] == stopped.ids["three"])
        assert failed["error"]["code"]
        assert str(stopped.stoppable.port) not in json.dumps(answer)


def test_all_or_nothing(stopped: Federation) -> None:
    status, answer, seconds = stopped.search(timeoutMs=int(DEADLINE * 1000), partial="fail")
    assert (status, answer["error"]["code"]) == (502, "SEARCH_FAILED")
    assert [entry["id"] for entry in answer["error"]["details"]] == [stopped.ids["three"]]
    assert seconds < DEADLINE + 0.2


def test_each_search_is_one_row_of_the_log_however_it_ended(stopped: Federation) -> None:
    """What clients were told is what `searches` has: 200, 504, 502, 422, alone and in a batch; a 400 was no search."""
    three, milliseconds = [stopped.ids["three"]], int(DEADLINE * 1000)
    bodies: list[dict[str, Any]] = [
        {"query": "garden", "databases": three, "timeoutMs": milliseconds},
        {"query": "garden", "partial": "fail", "timeoutMs": milliseconds},
        {"query": "(" * 200 + "garden" + ")" * 200, "searchMode": "boolean"},
        {"query": "garden", "databases": [stopped.ids["one"]]},
        {"query": "garden", "limit": -1},
    ]
    told: dict[str, tuple[int, str | None]] = {}
    for body in bodies:
        status, answer, _ = stopped.search(**body)
        told[answer["meta"]["requestId"]] = (status, answer.get("error", {}).get("code"))
    assert list(told.values()) == [
        (504, "TIMEOUT"), (502, "SEARCH_FAILED"), (422, "QUERY_TOO_EXPENSIVE"), (200, None), (400, "VALIDATION_ERROR")
    ]  # fmt: skip
    batch = stopped.gateway.request("POST", "/api/v1/search/batch", {"searches": bodies}, stopped.key)
    for each in batch.data["results"]:
        told[each["requestId"]] = (each["status"], each.get("error", {}).get("code"))
    assert [status for status, _ in told.values()][5:] in ([504, 502, 422, 200, 400], [502, 502, 422, 200, 400])
    expected = sorted((request_id, code) for request_id, (status, code) in told.items() if status != 400)
    schema = stopped.gateway.environment["ALTUS4_METADATA_URL"].partition("?")[0].rpartition("/")[2]
    names = ", ".join(f"'{request_id}'" for request_id in told)
    sql = f"SELECT request_id, error_code, database_id, id FROM {schema}.searches WHERE request_id IN ({names})"
    ends = time.monotonic() + 10
    while len(rows := run_sql(stopped.server, [sql])) < len(expected) and time.monotonic() < ends:
        time.sleep(0.1)
    assert sorted((row[0], row[1]) for row in rows) == expected
    assert {row[2] for row in rows if row[1] == "TIMEOUT"} == set(three)
    partial = next(row[3] for row in rows if row[1] == "SEARCH_FAILED" and row[2] is None)
    shares = f"SELECT database_id, status FROM {schema}.search_databases WHERE search_id = '{partial}'"
    states = {row[0]: row[1] for row in run_sql(stopped.server, [shares])}
    assert [states[stopped.ids[name]] for name in ("one", "two")] == ["ok", "ok"]
    assert states[stopped.ids["three"]] in {"timeout", "error", "circuitOpen"}
    history = stopped.gateway.get("/api/v1/search/history?limit=1000", stopped.key).data
    assert {row["requestId"]: row.get("errorCode") for row in history if row["requestId"] in told} == dict(expected)
    run_sql(stopped.server, [f"UPDATE {schema}.searches SET created_at = created_at - INTERVAL 3 DAY"])
    counted = run_sql(stopped.server, [f"SELECT error_code, COUNT(*) FROM {schema}.searches GROUP BY error_code"])

    def figures() -> list[Any]:
        paths = [f"/api/v1/analytics/performance?period=month&environment={name}" for name in ("live", "test")]
        return [stopped.gateway.get(path, stopped.key).data for path in paths]

    before = figures()
    summary = max((figure["summary"] for figure in before), key=lambda each: int(each["totalQueries"]))
    assert {each["code"]: each["count"] for each in summary["errors"]} == {row[0]: row[1] for row in counted if row[0]}
    assert summary["totalQueries"] == sum(int(str(row[1])) for row in counted)
    assert stopped.gateway.command("analytics", "rebuild", "--json").returncode == 0
    assert figures() == before


def test_only_the_stopped_one(stopped: Federation) -> None:
    status, answer, seconds = stopped.search(timeoutMs=int(DEADLINE * 1000), databases=[stopped.ids["three"]])
    assert status in {502, 504}, answer
    assert seconds < DEADLINE + 0.2


def walk(
    federation: Federation, limit: int, between: Callable[[int], None] = lambda page: None, **more: Any
) -> list[str]:
    found: list[str] = []
    cursor, page = None, 0
    while True:
        between(page)
        status, answer, _ = federation.search(limit=limit, **more, **({"cursor": cursor} if cursor else {}))
        assert status == 200, answer
        found += [result["id"] for result in answer["data"]["results"]]
        cursor, page = answer["data"].get("nextCursor"), page + 1
        if cursor is None:
            return found


@pytest.mark.parametrize("more", [{}, {"ranking": "mysql"}, {"fusion": {"method": "globalIdf"}},
                                  {"fusion": {"method": "relative"}}, {"searchMode": "boolean"}], ids=str)  # fmt: skip
@pytest.mark.parametrize("limit", [7, 30])
def test_pages_by_offset_and_by_cursor_are_the_one_big_page(federation: Federation, limit: int, more: dict) -> None:
    while "RANKED_BY_SERVER" in str(federation.search(**more)[1]["data"]["warnings"]):
        time.sleep(0.1)  # until all tables are sampled: that is done in the background
    whole: list[str] = []
    for offset in (0, 100, 200):
        data = federation.search(limit=100, offset=offset, **more)[1]["data"]
        whole += [result["id"] for result in data["results"]]
    assert len(whole) == len(set(whole)) == 3 * (ROWS + ROWS // 3)
    assert walk(federation, limit, **more) == whole
    by_offset: list[str] = []
    for offset in range(0, len(whole), limit):
        data = federation.search(limit=limit, offset=offset, **more)[1]["data"]
        by_offset += [result["id"] for result in data["results"]]
    assert by_offset == whole


def test_a_database_that_comes_back_is_read_from_where_it_was(federation: Federation) -> None:
    """Pages go on while a database is stopped; what it has comes when it answers again, and nothing comes twice."""
    stopped_at, resumed_at = 2, 5

    def between(page: int) -> None:
        if page == stopped_at:
            federation.stoppable.pause()
        if page == resumed_at:
            federation.resume()

    found = walk(federation, 20, between, timeoutMs=700, ranking="mysql")
    assert len(found) == len(set(found)) == 3 * (ROWS + ROWS // 3)


def test_weights_move_databases(federation: Federation) -> None:
    weights = {federation.ids["two"]: 100.0}
    data = federation.search(fusion={"weights": weights}, limit=50)[1]["data"]
    assert {result["database"] for result in data["results"]} == {federation.ids["two"]}


def test_callers_who_go_away_stop_what_runs_for_them(federation: Federation) -> None:
    """Many abort at random; then nothing runs on the server, no place is held, and the next search is answered."""
    chance = random.Random(11)
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]

    def request(number: int) -> bytes:
        query = " ".join(words[: 3 + number % 4]) + (f" word{number}" if number % 2 else "")
        asked = {"query": query, "databases": [federation.ids["one"]], "ranking": "mysql", "timeoutMs": 9000}
        body = json.dumps({**asked, "totals": "exact"}).encode()
        head = f"POST /api/v1/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {federation.key}\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    async def abort(number: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", federation.gateway.port)
        writer.write(request(number))
        await writer.drain()
        await asyncio.sleep(chance.random() * 0.25)
        linger = writer.get_extra_info("socket")
        linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not a farewell
        writer.close()

    async def many() -> None:
        for turn in range(5):
            await asyncio.gather(*[abort(turn * 12 + number) for number in range(12)])

    asyncio.run(many())
    sql = (
        f"SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{federation.account}' AND command = 'Query'"
    )
    ends = time.monotonic() + 10
    while run_sql(federation.server, [sql])[0][0]:
        assert time.monotonic() < ends, "statements still run for callers who are gone"
        time.sleep(0.1)
    status, answer, _ = federation.search("alpha", databases=[federation.ids["one"]], cache="bypass")
    assert status == 200
    assert answer["data"]["complete"] is True
    statuses = asyncio.run(at_once(federation, 24))
    assert set(statuses) == {200}, "every place and connection is there again"


async def at_once(federation: Federation, count: int) -> list[int]:
    def one(number: int) -> int:
        return federation.search(f"garden {number}", timeoutMs=9000)[0]

    return await asyncio.gather(*[asyncio.to_thread(one, number) for number in range(count)])


def test_pages_go_on_after_a_restart_though_the_table_has_changed(federation: Federation) -> None:
    """As on another node, the statistics that ranked the first page are not there any more."""
    wanted = {"databases": [federation.ids["two"]], "ranking": "bm25", "cache": "bypass"}

    def page(limit: int, **more: Any) -> Any:
        status, answer, _ = federation.search("garden number", limit=limit, **wanted, **more)
        assert status == 200, answer
        return answer["data"]

    ends, whole = time.monotonic() + 20, page(100)
    while any(each["code"] == "RANKED_BY_SERVER" for each in whole["warnings"]):
        assert time.monotonic() < ends, "no sample came"
        time.sleep(0.1)
        whole = page(100)
    first = page(30)
    hedges = ", ".join([f"('{'hedge ' * 40}')"] * 300)
    run_sql(federation.server, [f"INSERT INTO {federation.schemas['two']}.notes (body) VALUES {hedges}"])
    federation.gateway.stop()
    federation.gateway.start()
    second = page(30, cursor=first["nextCursor"])
    third = page(30, cursor=second["nextCursor"])
    given = [result["id"] for each in (first, second, third) for result in each["results"]]
    assert given == [result["id"] for result in whole["results"]]
    assert len(given) == ROWS + ROWS // 3
