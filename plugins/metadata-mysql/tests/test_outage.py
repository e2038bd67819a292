"""The metadata server dies, hangs and returns: callers are told at once, and it is noticed when it is back."""

import asyncio
import logging
import time

import pytest
from altus4_metadata_mysql.outage import Outage
from altus4_metadata_mysql.store import MySQLMetadataStore
from altus4_sandbox import new_schema_name

from altus4_core.errors import Unavailable
from altus4_core.testing.contracts.metadata.rows import a_search, a_user

FLAVOURS = ["mysql", "mariadb"]


@pytest.fixture
async def outage_store(private_server, schema_of, request):
    """A store on a server of its own, and that server."""
    server = await asyncio.to_thread(private_server, request.param)
    schema = schema_of(server.address, new_schema_name("meta"))
    await schema.migrate()
    link = schema.link()
    yield server, MySQLMetadataStore(link)
    await link.close()


async def ask(store, user):
    """Give ("ok" or "away", seconds)."""
    started = time.monotonic()
    try:
        answer = "ok" if await store.users.get(user.id) else "lost"
    except Unavailable as error:
        answer = "away" if error.status == 503 and error.retry_after else "wrong"
    return answer, time.monotonic() - started


async def back_within(store, user, seconds):
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if (await ask(store, user))[0] == "ok":
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"the store is not back within {seconds} s")


@pytest.mark.mysql
@pytest.mark.parametrize("outage_store", FLAVOURS, indirect=True)
async def test_killed_and_restarted(outage_store):
    server, store = outage_store
    user = await a_user(store)
    await asyncio.to_thread(server.kill)
    answers = [await ask(store, user) for _ in range(30)]
    assert {answer for answer, _ in answers} == {"away"}
    assert max(took for _, took in answers) < 1
    assert sorted(took for _, took in answers)[20] < 0.02, "most are told without a try"
    with pytest.raises(Unavailable):
        await store.ping()
    with pytest.raises(Unavailable):
        await store.searches.add_many([a_search(user.id)])
    await asyncio.to_thread(server.restart)
    await back_within(store, user, 3)
    assert await store.searches.add_many([a_search(user.id)]) == 1


@pytest.mark.mysql
@pytest.mark.parametrize("outage_store", FLAVOURS, indirect=True)
async def test_restart_between_two_requests_is_not_seen(outage_store):
    server, store = outage_store
    user = await a_user(store)
    assert (await ask(store, user))[0] == "ok"
    await asyncio.to_thread(server.restart)
    assert (await ask(store, user))[0] == "ok", "the reading is repeated on a new connection"


@pytest.mark.mysql
@pytest.mark.parametrize("outage_store", FLAVOURS, indirect=True)
async def test_hanging_and_resumed(outage_store):
    server, store = outage_store
    user = await a_user(store)
    assert (await ask(store, user))[0] == "ok"
    server.pause()
    await asyncio.sleep(0.2)  # a stop takes effect thread by thread
    try:
        first = await asyncio.gather(*(ask(store, user) for _ in range(40)))
        assert {answer for answer, _ in first} == {"away"}
        assert max(took for _, took in first) < 2.5
        started = time.monotonic()
        later = []
        while time.monotonic() - started < 2:
            later.append(await ask(store, user))
            await asyncio.sleep(0.01)
        assert {answer for answer, _ in later} == {"away"}
        quick = sum(took < 0.05 for _, took in later)
        assert quick > 0.8 * len(later), f"{quick} of {len(later)} were told at once"
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await store.ping()
        assert time.monotonic() - started < 2
    finally:
        server.resume()
    await back_within(store, user, 3)
    assert [answer for answer, _ in [await ask(store, user) for _ in range(20)]] == ["ok"] * 20


@pytest.mark.mysql
async def test_missing_tables_are_named(schema):
    await schema.query(f"CREATE DATABASE `{schema.name}`", schema=False)
    link = schema.link()
    try:
        store = MySQLMetadataStore(link)
        with pytest.raises(Unavailable, match="altus4 migrate up"):
            await store.users.get("1")
        with pytest.raises(Unavailable, match="altus4 migrate up"):
            await a_user(store)
        await store.ping()
    finally:
        await link.close()


@pytest.mark.mysql
async def test_servers_words_stay_in_the_log(migrated, caplog):
    link = migrated.link()
    try:
        with pytest.raises(Unavailable) as caught:
            await link.write("SELEC 'private'")
    finally:
        await link.close()
    assert "private" not in str(caught.value)
    assert "SELEC" in caplog.text


@pytest.mark.mysql
async def test_more_callers_than_connections(migrated):
    link = migrated.link()
    try:
        store = MySQLMetadataStore(link)
        user = await a_user(store)
        results = await asyncio.gather(*(ask(store, user) for _ in range(300)))
        assert {answer for answer, _ in results} == {"ok"}
    finally:
        await link.close()


class TestOutage:
    def make(self):
        now = [0.0]
        return now, Outage(logging.getLogger("altus4.metadata-mysql"), monotonic=lambda: now[0])

    def test_one_caller_tries_in_each_pause(self):
        now, outage = self.make()
        for _ in range(3):
            outage.enter()
            outage.failed("gone")
        allowed = 0
        for tenth in range(20):
            now[0] = tenth / 10
            for _ in range(5):
                try:
                    outage.enter()
                    allowed += 1
                except Unavailable:
                    pass
        assert allowed == 3, "at 0.5, 1.0 and 1.5 s"

    def test_an_answer_ends_it(self, caplog):
        _, outage = self.make()
        for _ in range(5):
            outage.failed("gone")
        with pytest.raises(Unavailable):
            outage.enter()
        outage.worked()
        outage.worked()
        outage.enter()
        assert [record.message for record in caplog.records] == [
            "the metadata database does not answer: gone",
            "the metadata database answers again",
        ]

    def test_single_failures_are_no_outage(self):
        _, outage = self.make()
        for _ in range(10):
            outage.failed("gone")
            outage.worked()
            outage.failed("gone")
            outage.enter()
            outage.worked()
