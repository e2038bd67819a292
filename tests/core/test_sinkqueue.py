"""A sink's queue: memory, then disk, in order, and nothing lost at stop."""

import asyncio
import os
import random
import threading
import time
from datetime import UTC, datetime

import pytest

from altus4_core.composing.composition import Entry
from altus4_core.dispatch import Dispatch
from altus4_core.records import Event
from altus4_core.settings.core import EventSettings
from altus4_core.sinkqueue import SinkQueue
from altus4_core.spill import Spill

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Sink:
    """Takes events; can be away, or hang."""

    name = "table"

    def __init__(self):
        self.ids = []
        self.away = False
        self.hangs = asyncio.Event()
        self.hangs.set()

    async def write(self, events):
        await self.hangs.wait()
        if self.away:
            message = "away"
            raise ConnectionError(message)
        self.ids += [event.id for event in events]


def event(number):
    return Event(f"e{number}", "search", NOW, "u", "r", {"n": number})


@pytest.fixture
def sink():
    return Sink()


def queue_of(sink, folder, **settings):
    entry = Entry("analytics-sink", "plugin", "table", sink)
    given = EventSettings(**{"interval_ms": 10, "flush_timeout": 1.0, **settings})
    queue = SinkQueue(entry, Dispatch(), given, 5.0, folder)
    queue.start()
    return queue


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def ids(numbers):
    return [f"e{number}" for number in numbers]


async def test_an_outage_costs_nothing(sink, tmp_path):
    queue = queue_of(sink, tmp_path, queue_size=20, batch_size=7)
    sink.away = True
    for number in range(200):
        queue.put(event(number))
        await asyncio.sleep(0.002)
    assert queue.figures.spilled > 100
    sink.away = False
    for number in range(200, 205):
        queue.put(event(number))
    await until(lambda: len(sink.ids) >= 205)
    assert sink.ids == ids(range(205))
    assert (queue.figures.dropped, queue.figures.queued) == (0, 0)
    await queue.stop(1)
    assert list(tmp_path.iterdir()) == []


async def test_a_sink_that_hangs_keeps_nothing_in_memory(sink, tmp_path):
    """What a kill would cost: after an interval or two all is on disk, the batch under way included."""
    queue = queue_of(sink, tmp_path)
    sink.hangs.clear()
    for number in range(10):
        queue.put(event(number))
    await until(lambda: queue.figures.spilled == 10)
    sink.hangs.set()
    await until(lambda: len(sink.ids) == 10)
    assert sink.ids == ids(range(10))
    await until(lambda: queue.figures.queued == 0)
    await queue.stop(1)


async def test_what_is_left_at_stop_is_written_after_the_next_start(sink, tmp_path):
    queue = queue_of(sink, tmp_path)
    sink.away = True
    for number in range(10):
        queue.put(event(number))
    await queue.stop(2)
    assert (sink.ids, queue.figures.dropped) == ([], 0)
    sink.away = False
    following = queue_of(sink, tmp_path)
    following.put(event(10))
    await until(lambda: len(sink.ids) == 11)
    assert sink.ids == ids(range(11))
    await following.stop(1)


async def test_a_full_disk_is_counted_and_memory_goes_on(sink, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    queue = queue_of(sink, tmp_path, queue_size=30)
    sink.away = True
    monkeypatch.setattr(os, "pwrite", full)
    for number in range(40):
        queue.put(event(number))
    await until(lambda: queue.figures.spill_failures > 0)
    assert queue.figures.dropped == 10
    monkeypatch.undo()
    await until(lambda: queue.figures.spilled == 30)
    sink.away = False
    await until(lambda: len(sink.ids) == 30)
    assert sink.ids == ids(range(30))
    await queue.stop(1)


async def test_an_event_that_is_no_json_does_not_end_the_spill(sink, tmp_path):
    queue = queue_of(sink, tmp_path)
    sink.away = True
    queue.put(Event("e0", "search", NOW, "u", "r", {"n": "\ud800"}))
    await until(lambda: queue.figures.spill_failures > 1)
    sink.away = False
    await until(lambda: sink.ids == ["e0"])
    sink.away = True
    queue.put(event(1))
    await until(lambda: queue.figures.spilled == 1)
    sink.away = False
    await until(lambda: sink.ids == ids(range(2)))
    await queue.stop(1)


async def test_a_damaged_folder_does_not_keep_new_events(sink, tmp_path):
    left = Spill(tmp_path, 1 << 20)
    await left.append([event(1), event(2)])
    left.close()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-5])
    queue = queue_of(sink, tmp_path)
    queue.put(event(3))
    await until(lambda: len(sink.ids) == 2)
    assert sink.ids == ["e1", "e3"]
    await queue.stop(1)


@pytest.mark.parametrize("damaged", ["e0", "e3", "e9"])
async def test_damage_during_an_outage_costs_what_was_damaged(sink, tmp_path, damaged):
    queue = queue_of(sink, tmp_path, queue_size=4, batch_size=4)
    sink.away = True
    for number in range(10):
        queue.put(event(number))
        await asyncio.sleep(0.02)
    await until(lambda: queue.figures.spilled == 10)
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[data.index(f'"{damaged}"'.encode()) + 1] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    sink.away = False
    queue.put(event(10))
    await until(lambda: "e10" in sink.ids)
    assert set(ids(range(11))) - set(sink.ids) <= {damaged}
    await until(lambda: queue.figures.queued == 0)
    queue.put(event(11))
    await until(lambda: "e11" in sink.ids)
    await queue.stop(1)
    assert list(tmp_path.iterdir()) == []


async def test_what_comes_during_a_slow_write_does_not_wait_for_the_next(sink, tmp_path):
    """Its age counts from its arrival: a batch under way does not give it another interval."""
    queue = queue_of(sink, tmp_path, interval_ms=200)
    sink.hangs.clear()
    queue.put(event(0))
    await asyncio.sleep(0.25)
    queue.put(event(1))
    arrived = asyncio.get_running_loop().time()
    await until(lambda: queue.figures.spilled == 2)
    assert asyncio.get_running_loop().time() - arrived < 0.4, "an interval and a half, and some time for the machine"
    sink.hangs.set()
    await until(lambda: sink.ids == ids(range(2)))
    await until(lambda: queue.figures.queued == 0)
    await queue.stop(1)
    assert list(tmp_path.iterdir()) == []


async def test_each_event_is_written_once_however_the_sink_dawdles(tmp_path):
    """From memory, from disk, and from memory that is freed while its batch is under way."""
    chance = random.Random(5)

    class Dawdling(Sink):
        async def write(self, events):
            await asyncio.sleep(chance.choice([0, 0.01, 0.04]))
            self.away = chance.random() < 0.1
            await super().write(events)

    dawdling = Dawdling()
    queue = queue_of(dawdling, tmp_path, queue_size=60, batch_size=9)
    for number in range(400):
        queue.put(event(number))
        await asyncio.sleep(0.002)
    await until(lambda: len(dawdling.ids) >= 400)
    assert dawdling.ids == ids(range(400))
    await until(lambda: queue.figures.queued == 0)
    assert (queue.figures.dropped, queue.figures.written) == (0, 400)
    await queue.stop(1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("state", ["away", "hangs", "works"])
@pytest.mark.parametrize("patience", [0.05, 1.0], ids=["deadline-first", "append-first"])
async def test_a_stop_during_a_slow_append_loses_nothing(sink, tmp_path, monkeypatch, state, patience):
    """The disk takes longer for the first events than the stop waits, or not, while others come; then the next start.

    Whether the sink is away, hangs, or works again by then, all are written, in order, and on disk once. A batch that
    the sink took just before its writer was ended comes again, with the same ids.
    """
    appending = threading.Event()

    def slow(handle, data, place):
        appending.set()
        time.sleep(0.3)  # in the spill's thread, as a disk would
        return write(handle, data, place)

    write = os.pwrite
    sink.away = True
    queue = queue_of(sink, tmp_path)
    monkeypatch.setattr(os, "pwrite", slow)
    for number in range(10):
        queue.put(event(number))
    await until(appending.is_set)
    assert queue.figures.spilled == 0, "it is still under way"
    for number in range(10, 20):
        queue.put(event(number))
    sink.away = state == "away"
    if state == "hangs":
        sink.hangs.clear()
    stop = asyncio.create_task(queue.stop(patience))
    await asyncio.sleep(0)
    number = 20
    while not stop.done() and number < 30:  # of requests that end last
        queue.put(event(number))
        number += 1
        await asyncio.sleep(0.02)
    await stop
    monkeypatch.undo()
    assert queue.figures.dropped == 0
    sink.away = False
    sink.hangs.set()
    following = queue_of(sink, tmp_path)
    await until(lambda: len(sink.ids) >= number)
    await following.stop(1)
    assert list(dict.fromkeys(sink.ids)) == ids(range(number))
    assert len(sink.ids) == number or state == "works"
    assert list(tmp_path.iterdir()) == []
