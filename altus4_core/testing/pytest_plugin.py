"""Fixtures for plugin authors. pytest loads this module in every run: what is heavy is imported by the fixtures.

`memory`           the plugin of twins (token `memory-token`, one database `notes` with two tables)
`gateway_factory`  makes a gateway of given plugins and the twins; nothing is started
`gateway`          such a gateway, of the twins alone
`client_factory`   starts a gateway and gives an aiohttp test client for it, which sends the token by itself
`client`           such a client, of the twins alone
`held_clock`       a clock that moves when told to
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from aiohttp.test_utils import TestClient

    from altus4_core.gateway import Gateway
    from altus4_core.plugin import Plugin
    from altus4_core.testing.clock import HeldClock
    from altus4_core.testing.twins.plugin import MemoryPlugin

async_fixture: Callable[..., Any]
try:  # pytest-asyncio in strict mode runs only async fixtures of its own making
    from pytest_asyncio import fixture as async_fixture
except ImportError:  # the author runs no asynchronous test
    async_fixture = pytest.fixture

pytest.register_assert_rewrite("altus4_core.testing.contracts")

NOTES = {
    "notes": {
        "notes": [
            {"id": 1, "title": "Tuning", "text": "how to tune a database"},
            {"id": 2, "title": "Backups", "text": "how to back a database up, and a database dump"},
            {"id": 3, "title": "Gardening", "text": "roses and tulips"},
        ],
        "books": [
            {"id": 1, "title": "The database book", "author": "Somebody"},
            {"id": 2, "title": "A cookery book", "author": "Somebody else"},
        ],
    }
}


@pytest.fixture
def held_clock() -> "HeldClock":
    """Give a clock that moves when told to."""
    from altus4_core.testing.clock import HeldClock

    return HeldClock()


@pytest.fixture
def memory(tmp_path: Path) -> "MemoryPlugin":
    """Give the plugin of twins."""
    from altus4_core.testing.memory import MemoryStore
    from altus4_core.testing.twins.plugin import MemoryPlugin

    words = ["database", "databases", "dump", "tuning"]
    return MemoryPlugin(MemoryStore(), NOTES, folder=tmp_path / "memory-migrations", words=words)


@pytest.fixture
def gateway_factory(memory: "MemoryPlugin", tmp_path: Path) -> Callable[..., "Gateway"]:
    """Make gateways: `gateway_factory(*plugins, toml="", memory=..., **options of compose)`.

    The plugins come before the twins, in `enable` order; `memory=None` leaves the twins out.
    """
    from altus4_core.testing.composing import compose

    twins = memory
    made = 0

    def make(*plugins: "Plugin | type[Plugin]", memory: "MemoryPlugin | None" = twins, **options: Any) -> "Gateway":
        nonlocal made
        made += 1
        folder = tmp_path / f"gateway-{made}"
        folder.mkdir()
        return compose([*plugins, *([memory] if memory is not None else [])], folder, **options)

    return make


@pytest.fixture
def gateway(gateway_factory: Callable[..., "Gateway"]) -> "Gateway":
    """Give a gateway of the twins alone; nothing is started."""
    return gateway_factory()


@async_fixture
async def client_factory(
    gateway_factory: Callable[..., "Gateway"], memory: "MemoryPlugin"
) -> AsyncIterator[Callable[..., Awaitable["TestClient[Any, Any]"]]]:
    """Start gateways and give clients of them: of new ones (arguments as of `gateway_factory`) or of a given one."""
    from aiohttp.test_utils import TestClient, TestServer

    from altus4_core.app import create_app
    from altus4_core.testing.twins.plugin import TOKEN

    filled = False
    async with AsyncExitStack() as stack:

        async def make(
            *plugins: "Plugin | type[Plugin]", gateway: "Gateway | None" = None, **options: Any
        ) -> "TestClient[Any, Any]":
            nonlocal filled
            if not filled:
                filled = True
                await memory.fill()
            chosen = gateway if gateway is not None else gateway_factory(*plugins, **options)
            await chosen.start()
            stack.push_async_callback(chosen.stop)
            server = TestServer(create_app(chosen).web, handler_cancellation=True)
            made = TestClient(server, headers={"Authorization": f"Bearer {TOKEN}"})
            await stack.enter_async_context(made)
            return made

        yield make


@async_fixture
async def client(client_factory: Callable[..., Awaitable["TestClient[Any, Any]"]]) -> "TestClient[Any, Any]":
    """Give a client of a started gateway of the twins alone."""
    return await client_factory()


@pytest.fixture
def loop_guard() -> Callable[..., Any]:
    """Give what fails a block that holds the event loop: a context manager made with the longest hold in seconds."""
    from altus4_core.testing.loopguard import LoopGuard

    return LoopGuard
