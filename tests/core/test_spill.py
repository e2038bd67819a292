"""Events on disk: in order, whole or not at all, for whoever starts next."""

import fcntl
from datetime import UTC, datetime

import attrs
import pytest

from altus4_core.records import Event
from altus4_core.spill import Spill

NOW = datetime(2030, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
ROOM = 1 << 20


def event(number, **payload):
    return Event(f"e{number}", "search", NOW, "u", f"r{number}", {"n": number, **payload}, "key", "test")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spill" / "sink"


def files(folder):
    return sorted(folder.glob("*.spill"))


async def test_what_went_in_comes_out_in_order(folder):
    spill = Spill(folder, ROOM)
    events = [event(number, text="line\nbreak \U0001f600") for number in range(25)]
    await spill.append(events[:10])
    await spill.append(events[10:])
    assert spill.pending == 25
    assert await spill.peek(7) == events[:7]
    assert await spill.peek(7) == events[:7], "looking changes nothing"
    await spill.advance(7)
    assert await spill.peek(100) == events[7:]
    await spill.advance(18)
    assert (spill.pending, files(folder)) == (0, [])
    spill.close()


async def test_a_failed_search_comes_back_with_its_code_and_older_events_without(folder):
    """Such as an earlier release has left behind, which knew of no failed searches."""
    spill = Spill(folder, ROOM)
    events = [event(1, query="x"), event(2, query="y", error_code="TIMEOUT")]
    await spill.append(events)
    spill.close()
    heir = Spill(folder, ROOM)
    await heir.adopt()
    found = await heir.peek(9)
    assert found == events
    assert [one.payload.get("error_code") for one in found] == [None, "TIMEOUT"]
    heir.close()


async def test_events_of_a_later_release_are_read(folder, monkeypatch):
    """Such as it has left behind where an upgrade was taken back."""

    def later(value, **how):
        return {**asdict(value, **how), "added_later": 1}

    asdict = attrs.asdict
    monkeypatch.setattr(attrs, "asdict", later)
    spill = Spill(folder, ROOM)
    await spill.append([event(1)])
    assert b"added_later" in files(folder)[0].read_bytes()
    assert await spill.peek(9) == [event(1)]
    spill.close()


async def test_only_the_owner_may_read(folder):
    spill = Spill(folder, ROOM)
    await spill.append([event(1)])
    assert files(folder)[0].stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    spill.close()


async def test_the_next_process_goes_on_where_reading_stopped(folder):
    first = Spill(folder, ROOM)
    await first.append([event(number) for number in range(9)])
    await first.advance(4)
    other = Spill(folder, ROOM)
    await other.adopt()
    assert other.pending == 0, "what a living process holds is its own"
    first.close()
    await other.adopt()
    await other.append([event(9)])
    assert [one.id for one in await other.peek(20)] == [f"e{number}" for number in range(4, 10)]
    other.close()
    third = Spill(folder, ROOM)
    await third.append([event(10)])
    await third.adopt()
    assert [one.id for one in await third.peek(20)] == [f"e{number}" for number in range(4, 11)], "the older ones first"
    third.close()


@pytest.mark.parametrize("cut", range(1, 40, 3))
async def test_a_torn_end_is_left_out(folder, cut):
    first = Spill(folder, ROOM)
    await first.append([event(1), event(2)])
    first.close()
    (path,) = files(folder)
    path.write_bytes(path.read_bytes()[:-cut])
    second = Spill(folder, ROOM)
    await second.adopt()
    assert ([one.id for one in await second.peek(9)], second.damaged) == (["e1"], 1)
    await second.append([event(3)])
    assert [one.id for one in await second.peek(9)] == ["e1", "e3"]
    second.close()


async def test_a_changed_byte_costs_one_event(folder):
    first = Spill(folder, ROOM)
    await first.append([event(number) for number in range(5)])
    first.close()
    (path,) = files(folder)
    data = bytearray(path.read_bytes())
    data[data.index(b'"e2"') + 1] ^= 1
    path.write_bytes(data)
    second = Spill(folder, ROOM)
    await second.adopt()
    assert [one.id for one in await second.peek(9)] == ["e0", "e1", "e3", "e4"]
    assert second.damaged == 1
    second.close()


async def test_a_byte_that_changes_meanwhile_costs_one_event(folder):
    spill = Spill(folder, ROOM)
    await spill.append([event(number) for number in range(5)])
    await spill.advance(1)
    (path,) = files(folder)
    data = bytearray(path.read_bytes())
    data[data.index(b'"e2"') + 1] ^= 1
    path.write_bytes(data)
    assert [one.id for one in await spill.peek(4)] == ["e1", "e3", "e4"]
    assert (spill.pending, spill.damaged) == (3, 1)
    await spill.append([event(5)])
    await spill.advance(2)
    assert [one.id for one in await spill.peek(9)] == ["e4", "e5"]
    await spill.advance(2)
    assert files(folder) == []
    spill.close()


async def test_a_file_of_somebody_else_is_left_alone(folder):
    folder.mkdir(parents=True)
    (folder / "0.spill").write_bytes(b"something else entirely, longer than a head")
    spill = Spill(folder, ROOM)
    await spill.adopt()
    assert spill.pending == 0
    assert (folder / "0.damaged").read_bytes().startswith(b"something else")


async def test_what_does_not_fit_is_refused_as_a_whole(folder):
    spill = Spill(folder, 2000)
    await spill.append([event(number) for number in range(5)])
    with pytest.raises(OSError, match="2000 bytes"):
        await spill.append([event(number, text="x" * 300) for number in range(5, 10)])
    assert [one.id for one in await spill.peek(20)] == [f"e{number}" for number in range(5)]
    spill.close()


async def test_a_full_disk_leaves_no_half_event(folder, monkeypatch):
    import os

    spill = Spill(folder, ROOM)
    await spill.append([event(1)])
    real, left = os.pwrite, [10]

    def full(handle, data, place):
        if not left[0]:
            raise OSError(28, "No space left on device")
        step = min(left[0], len(data))
        left[0] -= step
        return real(handle, data[:step], place)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space"):
        await spill.append([event(2)])
    monkeypatch.undo()
    await spill.append([event(3)])
    assert [one.id for one in await spill.peek(9)] == ["e1", "e3"]
    spill.close()


async def test_what_another_process_has_written_meanwhile_is_not_taken_over(folder, monkeypatch):
    dead = Spill(folder, ROOM)
    await dead.append([event(1)])
    dead.close()
    (path,) = files(folder)
    lock = fcntl.flock

    def late(handle, how):
        path.unlink()  # another one had it, wrote everything, and let it go since this one opened it
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    heir = Spill(folder, ROOM)
    await heir.adopt()
    assert heir.pending == 0
