"""The metadata store in memory keeps the contract."""

import pytest

from altus4_core.errors import Unavailable
from altus4_core.store import MigrationStore
from altus4_core.stored import User
from altus4_core.testing.contracts.metadata import MetadataStoreContract
from altus4_core.testing.contracts.metadata.rows import a_database
from altus4_core.testing.contracts.migration_store import MigrationStoreContract
from altus4_core.testing.memory import MemoryMigrationStore, MemoryStore


class TestMemoryStore(MetadataStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore(foreign_keys=True)


async def test_away():
    store = MemoryStore()
    store.away = True
    with pytest.raises(Unavailable) as caught:
        await store.ping()
    assert caught.value.retry_after
    with pytest.raises(Unavailable):
        await store.users.add(User("1", "a@example.org", "A"))
    store.away = False
    assert await store.users.get("1") is None


async def test_without_foreign_keys_rows_need_no_owner():
    store = MemoryStore()
    await store.databases.add(a_database("nobody"))
    assert len(await store.databases.list("nobody")) == 1


def test_migration_store_satisfies_the_protocol():
    assert isinstance(MemoryMigrationStore(), MigrationStore)


class TestMemoryMigrationStore(MigrationStoreContract):
    @pytest.fixture
    def migration_store(self):
        return MemoryMigrationStore()
