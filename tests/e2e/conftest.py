import os
from collections.abc import Callable, Iterator

import pytest
from altus4_sandbox import Flavour, ServerAddress
from world import World, a_world

# What differs between the servers is tested with each plugin on both; here MariaDB's turn is `nox -s thorough`.
FLAVOURS = list(Flavour) if os.environ.get("ALTUS4_TEST_EVERY_SERVER") == "1" else [Flavour.MYSQL]


@pytest.fixture(scope="session", params=FLAVOURS, ids=str)
def any_server(request: pytest.FixtureRequest, server_of: Callable[[Flavour], ServerAddress]) -> ServerAddress:
    """Each of the servers that this run takes."""
    return server_of(Flavour(request.param))


@pytest.fixture(scope="session")
def world(any_server: ServerAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(any_server, tmp_path_factory.mktemp("gateway")) as built:
        yield built
