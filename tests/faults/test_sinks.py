"""A sink loses only its own events, counted; back-off; flushed at stop."""

import asyncio
import json
import time

import pytest
from faulty import rogue_toml

EVENTS = "[events]\ninterval_ms = 5\nflush_timeout = 0.5\nqueue_size = 50\n"
TWO = '["rogue", "rogue-two"]'


def two(first: str, second: str, events: str = EVENTS) -> str:
    toml = rogue_toml({"analytics-sink": first}, events, enable=TWO)
    return f'{toml}\n[plugins.rogue-two.seams]\nanalytics-sink = "{second}"\n'


async def test_one_hangs_one_raises_the_third_loses_nothing(serve, memory):
    served = await serve(toml=two("hangs", "raises"))
    started = time.monotonic()
    statuses = await asyncio.gather(*(served.search(query=f"query {number}") for number in range(20)))
    assert {status for status, _, _ in statuses} == {200}
    events = await memory.sink.wait_for(20)
    assert time.monotonic() - started < 5
    assert {event.payload["query"] for event in events} == {f"query {number}" for number in range(20)}
    figures = served.gateway.events.figures()
    assert figures["recording"].written == 20
    assert figures["recording"].dropped == 0
    assert figures["rogue-two"].failures >= 1
    assert figures["rogue"].written == figures["rogue-two"].written == 0


async def test_all_are_flushed_at_stop(serve, memory):
    """Events that wait for their batch when the stop comes are written; those of a dead sink are counted as lost."""
    served = await serve(toml=two("well", "raises", EVENTS.replace("interval_ms = 5", "interval_ms = 60000")))
    for number in range(7):
        await served.search(query=f"query {number}")
    assert memory.sink.events == []
    started = time.monotonic()
    await served.gateway.stop()
    assert time.monotonic() - started < 3
    assert len(memory.sink.events) == len(served.plugin().written) == 7
    figures = served.gateway.events.figures()
    assert (figures["rogue"].written, figures["rogue"].dropped) == (7, 0)
    assert (figures["rogue-two"].written, figures["rogue-two"].dropped) == (0, 7)


async def test_hanging_sink_does_not_hold_the_stop(serve, memory):
    served = await serve(toml=two("hangs", "late"))
    await served.search()
    await memory.sink.wait_for(1)
    started = time.monotonic()
    await served.gateway.stop()
    assert time.monotonic() - started < 4
    assert served.gateway.events.figures()["rogue"].dropped == 1


async def test_full_queue_drops_and_counts(serve):
    served = await serve(toml=two("hangs", "raises", EVENTS.replace("queue_size = 50", "queue_size = 5")))
    for _ in range(12):
        assert (await served.search())[0] == 200
    assert served.gateway.events.figures()["rogue"].dropped == 7


@pytest.mark.parametrize("way", ["exits", "cancels"])
async def test_a_sink_cannot_end_the_process_nor_its_writer(serve, memory, way):
    served = await serve(toml=two(way, "well"))
    await served.search(query="one")
    await memory.sink.wait_for(1)
    await asyncio.sleep(0.3)  # the first back-off is over
    assert served.gateway.events.figures()["rogue"].failures >= 2


async def test_recovers_in_order(serve):
    """What failed is tried again with growing pauses, and nothing overtakes it."""
    served = await serve(toml=two("raises", "well"))
    for number in range(5):
        await served.search(query=f"query {number}")
    await asyncio.sleep(0.2)
    served.plugin().settings.seams["analytics-sink"] = "well"
    async with asyncio.timeout(5):
        while len(served.plugin().written) < 5:
            await asyncio.sleep(0.02)
    assert [event.payload["query"] for event in served.plugin().written] == [f"query {n}" for n in range(5)]
    assert served.gateway.events.figures()["rogue"].dropped == 0


async def test_a_file_of_lines_loses_nothing_beside_one_that_hangs_and_one_that_raises(serve, memory, tmp_path):
    toml = two("hangs", "raises").replace(TWO, '["rogue", "rogue-two", "analytics-log"]')
    path = tmp_path / "logs" / "events.jsonl"
    served = await serve(toml=f'{toml}\n[plugins.analytics-log]\npath = "{path}"\n')
    for number in range(20):
        assert (await served.search(query=f"query {number}"))[0] == 200
    await memory.sink.wait_for(20)
    await served.gateway.stop()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["query"] for line in lines] == [f"query {number}" for number in range(20)]
    assert served.gateway.events.figures()["lines"].dropped == 0


async def test_with_a_folder_nothing_is_lost_by_a_sink_that_raises(serve, memory, tmp_path):
    """What the stop finds unwritten lies on disk, and is written by the next gateway over the same folder."""
    events = f'{EVENTS}spill = "{tmp_path / "spill"}"\n'
    served = await serve(toml=two("raises", "well", events))
    for number in range(7):
        await served.search(query=f"query {number}")
    await memory.sink.wait_for(7)
    await served.gateway.stop()
    assert served.gateway.events.figures()["rogue"].dropped == 0
    assert len(list((tmp_path / "spill").rglob("*.spill"))) == 1
    again = await serve(toml=two("well", "well", events))
    async with asyncio.timeout(5):
        while len(again.plugin().written) < 7:
            await asyncio.sleep(0.02)
    assert [event.payload["query"] for event in again.plugin().written] == [f"query {n}" for n in range(7)]
