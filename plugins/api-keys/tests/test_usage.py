"""Counting uses and writing them in batches."""

import asyncio
import logging
from datetime import timedelta

import pytest
from altus4_api_keys.usage import UsageRecorder


@pytest.fixture
def recorder(table, clock):
    return UsageRecorder(lambda: table, clock, logging.getLogger("test"), tick=0.01, close_timeout=0.3)


async def test_uses_are_added_up_with_the_last_time_and_address(recorder, table, clock):
    recorder.note("k", clock.now(), "192.0.2.1")
    clock.advance(5)
    recorder.note("k", clock.now(), "192.0.2.2")
    recorder.note("k", clock.now() - timedelta(seconds=1), "192.0.2.3")
    assert await recorder.flush()
    ((use,),) = table.batches
    assert (use.count, use.at, use.ip) == (3, clock.now(), "192.0.2.2")


async def test_a_key_is_written_at_most_once_a_minute(recorder, table, clock):
    for _ in range(120):
        recorder.note("k", clock.now(), "192.0.2.1")
        await recorder.flush(due_only=True)
        clock.advance(1)
    assert len(table.batches) == 2
    await recorder.aclose()
    assert table.total("k") == 120


async def test_no_use_slips_into_another_hour(recorder, table, clock):
    recorder.note("k", clock.now(), "a")
    clock.advance(3600)
    recorder.note("k", clock.now(), "a")
    await recorder.flush()
    assert sorted(use.at.hour for use in table.batches[0]) == [12, 13]


async def test_what_cannot_be_written_is_kept(recorder, table, clock):
    table.away = True
    recorder.note("k", clock.now(), "a")
    assert not await recorder.flush()
    recorder.note("k", clock.now(), "b")
    assert recorder.pending("k")[0].count == 2
    table.away = False
    assert await recorder.flush()
    assert table.total("k") == 2
    assert recorder.pending("k") == []


async def test_the_background_task_writes_and_the_stop_loses_nothing(recorder, table, clock):
    recorder.start()
    recorder.note("k", clock.now(), "a")
    async with asyncio.timeout(2):
        while not table.batches:
            await asyncio.sleep(0.01)
    recorder.note("k", clock.now(), "a")
    recorder.note("l", clock.now(), "a")
    await recorder.aclose()
    assert table.total("k") == 2
    assert table.total("l") == 1


async def test_the_stop_waits_for_the_store_but_not_for_ever(recorder, table, clock, caplog):
    table.away = True
    recorder.start()
    recorder.note("k", clock.now(), "a")
    recorder.note("k", clock.now(), "a")
    await recorder.aclose()
    assert "2 uses of API keys could not be recorded" in caplog.text


async def test_large_batches_are_cut(recorder, table, clock):
    for number in range(1200):
        recorder.note(f"k{number}", clock.now(), "a")
    await recorder.flush()
    assert [len(batch) for batch in table.batches] == [500, 500, 200]


async def test_idle_keys_leave_no_memory(recorder, table, clock):
    recorder.note("k", clock.now(), "a")
    await recorder.flush()
    clock.advance(61)
    await recorder.flush()
    assert recorder._written_at == {}
    assert recorder._pending == {}
