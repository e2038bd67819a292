import asyncio
from datetime import UTC, datetime

import pytest
from altus4_databases_mysql.discovery import Discovered
from altus4_databases_mysql.schemacache import CacheOptions, SchemaCache
from altus4_mysql import ServerFacts, TargetSchema


class Reader:
    """Counts readings and gives a schema named after the count."""

    def __init__(self):
        self.count = 0
        self.remembered = []
        self.fails = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, remembered):
        self.count += 1
        number = self.count
        self.remembered.append(remembered)
        await self.gate.wait()
        if self.fails:
            raise LookupError
        schema = TargetSchema(str(number), ServerFacts("9", "mysql"), read_at=datetime.now(UTC))
        return Discovered(schema, {"t": {"f": "ngram"}})


class Time:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
async def reader():
    return Reader()


@pytest.fixture
async def cache(reader, time):
    made = SchemaCache(reader, CacheOptions(300, 3600, 2), time)
    yield made
    await made.close()


async def test_one_reading_for_all_who_wait(cache, reader):
    found = await asyncio.gather(*(cache.get() for _ in range(50)))
    assert {schema.database for schema in found} == {"1"}
    assert reader.count == 1


async def test_the_old_one_serves_while_a_newer_one_is_read(cache, reader, time):
    await cache.get()
    time.now = 301
    reader.gate.clear()
    assert (await cache.get()).database == "1"
    await asyncio.sleep(0)
    assert [(await cache.get()).database for _ in range(5)] == ["1"] * 5
    assert reader.count == 2
    reader.gate.set()
    await asyncio.sleep(0.01)
    assert (await cache.get()).database == "2"


async def test_a_failed_refresh_leaves_the_old_one(cache, reader, time):
    await cache.get()
    time.now = 301
    reader.fails = True
    await cache.get()
    await asyncio.sleep(0.01)
    assert (await cache.get()).database == "1"
    await asyncio.sleep(0.01)
    reader.fails = False
    await cache.get()
    await asyncio.sleep(0.01)
    assert int((await cache.get()).database) > 1


async def test_the_first_failure_is_told_and_not_remembered(cache, reader):
    reader.fails = True
    for _ in range(2):
        with pytest.raises(LookupError):
            await cache.get()
    reader.fails = False
    assert (await cache.get()).database == "3"


async def test_who_gives_up_does_not_stop_the_reading(cache, reader):
    reader.gate.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await cache.get()
    reader.gate.set()
    assert (await cache.get()).database == "1"
    assert reader.count == 1


async def test_refreshing_reads_parsers_again_and_age_alone_does_not(cache, reader, time):
    await cache.get()
    time.now = 301
    await cache.get()
    await asyncio.sleep(0.01)
    await cache.refresh()
    time.now = 301 + 3601
    await cache.get()
    await asyncio.sleep(0.01)
    assert [remembered is None for remembered in reader.remembered] == [True, False, True, True]


async def test_statements_that_fail_each_time_cause_few_readings(cache, reader, time):
    await cache.get()
    for _ in range(10):
        await cache.refresh(forced_by_statement=True)
    assert reader.count == 1
    time.now = 3
    for _ in range(10):
        await cache.refresh(forced_by_statement=True)
    assert reader.count == 2
    await cache.refresh()
    assert reader.count == 3
