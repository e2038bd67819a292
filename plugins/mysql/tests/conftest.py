"""Drivers, certificates and servers for the tests."""

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from altus4_mysql import (
    ConnectFailed,
    ConnectOptions,
    Driver,
    MySQLError,
    Pool,
    PoolSettings,
    TLSOptions,
    make_driver,
    parse_url,
)
from altus4_mysql.testing import Certificate, CertificateAuthority, HostileServer, Script
from attrs import evolve

DRIVERS = ("aiomysql", "asyncmy")
PASSWORD = "geheim-ÄÖ-password"


if os.environ.get("ALTUS4_TEST_LOOP") == "uvloop":  # the whole suite holds on both loops

    @pytest.fixture(scope="session")
    def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
        import uvloop

        return uvloop.EventLoopPolicy()


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> Driver:
    return make_driver(request.param)


@pytest.fixture
def options() -> Callable[..., ConnectOptions]:
    """Options for a scripted server, without TLS; stalls are tested with a shorter deadline."""

    def make(port: int, **changes: object) -> ConnectOptions:
        base = ConnectOptions(
            host="127.0.0.1",
            port=port,
            user="someone",
            password=PASSWORD,
            tls=TLSOptions(mode="disabled"),
            connect_timeout=5.0,
            query_timeout=10.0,
        )
        return evolve(base, **changes)

    return make


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail when the block took longer; the deadline's own promise is 0.2 s beyond."""
    begun = time.monotonic()
    yield
    took = time.monotonic() - begun
    assert took < seconds, f"took {took:.2f} s instead of at most {seconds} s"


@pytest.fixture
def bounded() -> Callable[[float], object]:
    return at_most


@pytest.fixture
def refused() -> Callable[..., Awaitable[tuple[ConnectFailed, HostileServer]]]:
    """A function that connects and expects a refusal for a reason in time: the error and the server."""

    async def connect(driver: Driver, script: Script, options, bounded, reason: str, **changes: object) -> tuple:
        async with HostileServer(script) as server:
            with bounded(2.0), pytest.raises(ConnectFailed) as caught:
                await driver.connect(options(server.port, **{"connect_timeout": 0.5, **changes}))
            assert caught.value.reason == reason, (caught.value, caught.value.server_text)
            await asyncio.sleep(0.01)
        return caught.value, server

    return connect


@pytest.fixture
def fails() -> Callable[..., Awaitable[tuple[MySQLError, HostileServer]]]:
    """A function that runs a statement and expects an error and an unusable connection: the error and the server."""

    async def query(driver: Driver, script: Script, options, kind, limits=None, **changes: object) -> tuple:
        async with HostileServer(script) as server:
            connection = await driver.connect(options(server.port, **changes))
            with pytest.raises(kind) as caught:
                async with asyncio.timeout(5):
                    await connection.query("SELECT 1", limits)
            assert not connection.is_usable
            with pytest.raises(MySQLError):
                await connection.query("SELECT 2")
            connection.close()
            await connection.wait_closed()
        return caught.value, server

    return query


@pytest.fixture(scope="session")
def certificates() -> Callable[..., Certificate]:
    """Makes an authority and its certificate for a DNS name or address; `expired` since yesterday."""
    return lambda name, **how: CertificateAuthority().issue(name, **how)


def missing(what: str) -> None:
    """No server: under CI a failure, elsewhere a skip that says how to get one."""
    message = f"no {what}: install altus4-sandbox, which brings servers"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session", params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest) -> ConnectOptions:
    """An administrator's options for a real server: ALTUS4_TEST_MYSQL_URL or ..._MARIADB_URL, else the sandbox's."""
    variable = f"ALTUS4_TEST_{request.param.upper()}_URL"
    url = os.environ.get(variable)
    if url is None:
        try:
            url = request.getfixturevalue(f"{request.param}_server").url
        except pytest.FixtureLookupError:
            missing(f"{request.param} server, nor {variable} with an administrator's URL of one")
    return evolve(parse_url(url), connect_timeout=10.0)


@pytest.fixture(params=["mysql", "mariadb"])
def own_server(request: pytest.FixtureRequest) -> object:
    """A server this test may kill and freeze: the sandbox's."""
    try:
        start = request.getfixturevalue("private_server")
    except pytest.FixtureLookupError:
        missing("private server")
    return start(request.param)


@pytest.fixture
async def admin(server: ConnectOptions) -> object:
    """A pool of the administrator."""
    pool = Pool(make_driver(), server, PoolSettings(size=2))
    yield pool
    await pool.close()


@pytest.fixture
async def schema(admin: Pool) -> object:
    """A schema of the test's own."""
    name = "t_" + secrets.token_hex(6)
    await admin.fetch(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    yield name
    await admin.fetch(f"DROP DATABASE {name}")


@pytest.fixture(autouse=True)
async def no_leftovers() -> object:
    """No test leaves a task behind."""
    before = asyncio.all_tasks()
    yield
    for _ in range(20):
        left = {task for task in asyncio.all_tasks() if not task.done()} - before - {asyncio.current_task()}
        if not left:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"tasks left behind: {left}")
