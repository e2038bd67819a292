"""What goes with an account or a database that has a long search log goes part by part."""

import pytest
from altus4_metadata_mysql import databases, users
from altus4_metadata_mysql.outage import unavailable

from altus4_core.errors import Unavailable
from altus4_core.testing.contracts.metadata.rows import a_database, a_search, a_user

pytestmark = pytest.mark.mysql

PART = 5
ROWS = 23


@pytest.fixture
async def owner(store, monkeypatch):
    """A user with a database, and a log longer than some parts; somebody else has one, too."""
    monkeypatch.setattr(users, "PART", PART)
    monkeypatch.setattr(databases, "PART", PART)
    made = []
    for _ in range(2):
        user = await a_user(store)
        database = a_database(user.id)
        await store.databases.add(database)
        await store.searches.add_many([a_search(user.id, database_id=database.id) for _ in range(ROWS)])
        made.append((user, database))
    (user, database), (other, _) = made
    yield user, database
    assert await store.searches.count(other.id) == ROWS
    assert all(row.database_id for row in await store.searches.list(other.id, limit=100, offset=0))


@pytest.fixture
def changed(link, monkeypatch):
    """How many rows each writing statement beside the last changed."""
    seen = []
    write, write_all = link.write, link.write_all

    async def noting(sql, params=()):
        seen.append((sql.split()[2], await write(sql, params)))
        return seen[-1][1]

    async def noting_all(statements):
        seen.extend((sql.split()[0], None) for sql, _ in statements)
        await write_all(statements)

    monkeypatch.setattr(link, "write", noting)
    monkeypatch.setattr(link, "write_all", noting_all)
    return seen


async def test_an_account_with_a_long_log(store, owner, changed):
    user, _ = owner
    assert await store.users.remove(user.id)
    assert changed == [("searches", PART)] * (ROWS // PART) + [("users", 1)]
    assert await store.users.get(user.id) is None
    assert await store.searches.count(user.id) == 0


async def test_an_interrupted_removal_goes_on_with_the_next_attempt(store, link, owner, monkeypatch):
    user, _ = owner
    write, left = link.write, [2]

    async def failing(sql, params=()):
        left[0] -= 1
        if left[0] < 0:
            raise unavailable()
        return await write(sql, params)

    monkeypatch.setattr(link, "write", failing)
    with pytest.raises(Unavailable):
        await store.users.remove(user.id)
    monkeypatch.setattr(link, "write", write)
    assert await store.users.get(user.id) is not None
    assert await store.searches.count(user.id) == ROWS - 2 * PART
    assert await store.users.remove(user.id)
    assert await store.searches.count(user.id) == 0


async def test_a_database_with_a_long_log(store, owner, changed):
    user, database = owner
    assert await store.databases.remove(user.id, database.id)
    assert changed == [("INSERT", None), ("UPDATE", None)] * (ROWS // PART)
    rows = await store.searches.list(user.id, limit=100, offset=0)
    assert len(rows) == ROWS
    assert {row.database_id for row in rows} == {None}
    assert {tuple(share.id for share in row.databases) for row in rows} == {(database.id,)}
