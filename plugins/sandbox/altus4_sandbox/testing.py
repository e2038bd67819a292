"""pytest fixtures with real servers, for the tests of plugins.

Loaded by pytest through the entry point `pytest11`. `mysql_server`, `mariadb_server` and `any_server` (a test runs
once on each) are addresses of servers that all tests of the run share: each test makes schemas and accounts of its
own (`new_schema_name`) and drops them. Where `ALTUS4_TEST_MYSQL_URL` or `ALTUS4_TEST_MARIADB_URL` names a running
server, that one is used; `python -m altus4_sandbox exec -- pytest` sets both. A test that stops, kills or
configures its server takes `private_server`. `private_redis` starts Redis servers for one test alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from .address import ServerAddress
from .finder import find_or_fetch
from .flavour import Flavour
from .options import ServerOptions
from .programs import write_programs
from .redis import PrivateRedis, find_or_fetch_redis
from .server import PrivateServer
from .shared import shared_address


class PrivateServerFactory(Protocol):
    """What the fixture `private_server` gives: starts servers that end with the test."""

    def __call__(self, flavour: Flavour | str = Flavour.MYSQL, options: ServerOptions | None = None) -> PrivateServer:
        """Start one server of the flavour."""


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[Flavour], ServerAddress]]:
    """A function from a flavour to the shared server of this run, started when first asked for."""
    with ExitStack() as stack:
        known: dict[Flavour, ServerAddress] = {}

        def server(flavour: Flavour) -> ServerAddress:
            if flavour not in known:
                address = shared_address(flavour)
                known[flavour] = address or stack.enter_context(PrivateServer(find_or_fetch(flavour))).address
            return known[flavour]

        yield server


@pytest.fixture(scope="session")
def mysql_server(server_of: Callable[[Flavour], ServerAddress]) -> ServerAddress:
    """The run's MySQL server."""
    return server_of(Flavour.MYSQL)


@pytest.fixture(scope="session")
def mariadb_server(server_of: Callable[[Flavour], ServerAddress]) -> ServerAddress:
    """The run's MariaDB server."""
    return server_of(Flavour.MARIADB)


@pytest.fixture(scope="session", params=list(Flavour), ids=str)
def any_server(request: pytest.FixtureRequest, server_of: Callable[[Flavour], ServerAddress]) -> ServerAddress:
    """MySQL, then MariaDB: a test that takes it runs on both."""
    return server_of(Flavour(request.param))


@pytest.fixture
def private_server() -> Iterator[PrivateServerFactory]:
    """Start servers for one test alone: it may kill, freeze and restart them."""
    with ExitStack() as stack:

        def start(flavour: Flavour | str = Flavour.MYSQL, options: ServerOptions | None = None) -> PrivateServer:
            return stack.enter_context(PrivateServer(find_or_fetch(flavour), options=options))

        yield start


@pytest.fixture(scope="session")
def client_programs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Flavour | str], Path]:
    """A function from a flavour to a folder with its dump program, client and reader of binary logs."""

    def programs(flavour: Flavour | str) -> Path:
        folder = tmp_path_factory.getbasetemp() / f"programs-{Flavour(flavour)}"
        return folder if folder.is_dir() else write_programs(find_or_fetch(flavour), folder)

    return programs


@pytest.fixture
def private_redis() -> Iterator[Callable[..., PrivateRedis]]:
    """Start Redis servers for one test alone, with further arguments of redis-server if need be."""
    with ExitStack() as stack:

        def start(extra: Sequence[str] = ()) -> PrivateRedis:
            return stack.enter_context(PrivateRedis(find_or_fetch_redis(), extra))

        yield start
