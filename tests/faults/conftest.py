"""A gateway with plugins of really installed distributions that misbehave, and the twins behind them."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from faulty import Served, rogue_toml
from installed import importable, install

from altus4_core.gateway import Gateway
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.pytest_plugin import NOTES
from altus4_core.testing.twins.plugin import MemoryPlugin

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the distributions are installed."""
    return install([HERE / "misbehaving", HERE / "shadow"], tmp_path_factory.mktemp("installed") / "site")


@pytest.fixture
def installed(site: Path) -> Iterator[Path]:
    with importable(site, ("altus4_misbehaving", "altus4_shadow")):
        yield site


@pytest.fixture
def memory(tmp_path: Path) -> MemoryPlugin:
    """The twins, with a second database on which the rogue's search mode behaves."""
    tables = NOTES["notes"]
    return MemoryPlugin(MemoryStore(), {"notes": tables, "quiet": tables}, folder=tmp_path / "memory-migrations")


@pytest.fixture
def compose(installed: Path, gateway_factory: Callable[..., Gateway]) -> Callable[..., Gateway]:
    """Compose a gateway of the plugins that the settings enable, and the twins."""

    def make(toml: str, **options: Any) -> Gateway:
        return gateway_factory(toml=toml, installed=True, **options)

    return make


@pytest.fixture
def serve(
    compose: Callable[..., Gateway], client_factory: Callable[..., Awaitable[TestClient]]
) -> Callable[..., Awaitable[Served]]:
    """Serve a gateway of the rogue and the twins: `await serve({"policy": "raises"})`."""

    async def make(seams: Mapping[str, str] | None = None, *, toml: str | None = None, **options: Any) -> Served:
        gateway = compose(toml if toml is not None else rogue_toml(seams), **options)
        return Served(await client_factory(gateway=gateway), gateway)

    return make
