"""A plugin that blocks the event loop is named."""

import asyncio
import time

from altus4_core import watchdog
from altus4_core.watchdog import LoopWatchdog


def hold_the_loop_for(seconds):
    time.sleep(seconds)


async def test_the_stack_of_whoever_blocks_is_logged(caplog, monkeypatch):
    monkeypatch.setattr(watchdog, "INTERVAL", 0.05)
    monkeypatch.setattr(watchdog, "COMPLAIN_AFTER", 0.2)
    dog = LoopWatchdog()
    dog.start()
    await asyncio.sleep(0.15)
    hold_the_loop_for(0.6)
    await asyncio.sleep(0.15)
    await dog.stop()
    (record,) = [record for record in caplog.records if record.name == "altus4.watchdog"]
    assert "blocked for 0." in record.getMessage()
    assert "hold_the_loop_for" in record.getMessage()
    assert dog.worst_ms > 300


async def test_a_free_loop_is_not_complained_about(caplog):
    dog = LoopWatchdog()
    dog.start()
    await asyncio.sleep(0.6)
    await dog.stop()
    assert caplog.records == []
    assert dog.worst_ms < 200


async def test_can_be_started_again_and_stopped_twice():
    dog = LoopWatchdog()
    for _ in range(2):
        dog.start()
        await dog.stop()
    await dog.stop()
