import asyncio
from collections.abc import Sequence

import pytest

from altus4_core.clock import SystemClock
from altus4_core.errors import NotFound
from altus4_core.plugin import Handle
from altus4_core.records import Identity
from altus4_core.search.directory import DatabaseDirectory
from altus4_core.stored import Database


def row(database_id: str, **config: object) -> Database:
    return Database(database_id, "ann", database_id, "db.example", 3306, "shop", "reader", config=config)


class Store:
    """Lists what `rows` holds; waits for `gate` before it answers, with what it read before."""

    def __init__(self, rows: list[Database]) -> None:
        self.rows = rows
        self.gate = asyncio.Event()
        self.gate.set()
        self.reads = 0
        self.databases = self

    async def list(self, user_id: str) -> Sequence[Database]:
        self.reads += 1
        read = [database for database in self.rows if database.user_id == user_id]
        await self.gate.wait()
        return read


@pytest.fixture
def store() -> Store:
    return Store([row("a"), row("b", environments=["live"])])


@pytest.fixture
def directory(store: Store) -> DatabaseDirectory:
    return DatabaseDirectory(Handle(lambda: store), SystemClock(), ttl=60)


ANN = Identity("ann", "api-key", "k1")


async def test_many_at_once_read_once(directory: DatabaseDirectory, store: Store) -> None:
    lists = await asyncio.gather(*(directory.visible_to(ANN) for _ in range(20)))
    assert store.reads == 1
    assert all([database.id for database in found] == ["a", "b"] for found in lists)


async def test_keys_of_an_environment_and_confined_keys_see_less(directory: DatabaseDirectory) -> None:
    test_key = Identity("ann", "api-key", "k2", environment="test")
    confined = Identity("ann", "api-key", "k3", databases=frozenset({"b"}))
    assert [database.id for database in await directory.visible_to(test_key)] == ["a"]
    assert [database.id for database in await directory.visible_to(confined)] == ["b"]
    with pytest.raises(NotFound):
        await directory.resolve(confined, ["a"])


async def test_a_read_that_began_before_a_change_is_not_kept(directory: DatabaseDirectory, store: Store) -> None:
    store.gate.clear()
    early = asyncio.create_task(directory.visible_to(ANN))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    store.rows.pop()
    directory.forget("ann")
    late = asyncio.create_task(directory.visible_to(ANN))
    await asyncio.sleep(0)
    store.gate.set()
    assert len(await early) == 2
    assert [database.id for database in await late] == ["a"]
    assert [database.id for database in await directory.visible_to(ANN)] == ["a"]


async def test_a_failed_read_is_tried_again(directory: DatabaseDirectory, store: Store) -> None:
    working = store.databases
    store.databases = None
    with pytest.raises(AttributeError):
        await directory.visible_to(ANN)
    store.databases = working
    assert len(await directory.visible_to(ANN)) == 2
