"""The cache in front of a store."""

import asyncio

import attrs
import pytest

from altus4_core.errors import Unavailable
from altus4_core.lookup import Lookup


@attrs.frozen(eq=False)
class Row:
    """What a key stands for; each is only itself."""

    owner: str = "u1"


class HeldClock:
    """Time that moves when told to."""

    seconds = 100.0

    def monotonic(self):
        return self.seconds

    def pass_(self, seconds):
        self.seconds += seconds


class Shelf:
    """Counts readings; can be slow or away."""

    def __init__(self) -> None:
        self.keys = {}
        self.readings = 0
        self.away = False
        self.hold: asyncio.Event | None = None

    async def load(self, digest):
        self.readings += 1
        found = self.keys.get(digest)
        if self.hold is not None:
            await self.hold.wait()
        if self.away:
            message = "the store is away"
            raise Unavailable(message)
        return found


@pytest.fixture
def clock():
    return HeldClock()


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
async def lookup(shelf, clock):
    made = Lookup(shelf.load, clock, ttl=1.5, capacity=3)
    yield made
    await made.aclose()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_known_key_costs_no_reading(lookup, shelf):
    shelf.keys["d"] = Row()
    for _ in range(100):
        assert await lookup.find("d") is shelf.keys["d"]
    assert shelf.readings == 1


async def test_an_unknown_key_is_remembered_as_unknown_and_no_longer_than_the_ttl(lookup, shelf, clock):
    assert await lookup.find("d") is None
    shelf.keys["d"] = Row()
    assert await lookup.find("d") is None
    assert shelf.readings == 1
    clock.pass_(1.5)
    assert await lookup.find("d") is not None


async def test_many_callers_share_one_reading_and_one_leaving_does_not_disturb_them(lookup, shelf):
    shelf.keys["d"] = Row()
    shelf.hold = asyncio.Event()
    callers = [asyncio.create_task(lookup.find("d")) for _ in range(50)]
    await settle()
    callers[0].cancel()
    await settle()
    shelf.hold.set()
    found = await asyncio.gather(*callers, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert all(known is shelf.keys["d"] for known in found[1:])
    assert shelf.readings == 1


async def test_entries_in_use_are_read_again_in_the_background(lookup, shelf, clock):
    first, second = (Row() for _ in range(2))
    shelf.keys["d"] = first
    assert await lookup.find("d") is first
    clock.pass_(0.8)
    shelf.keys["d"] = second
    assert await lookup.find("d") is first  # nobody waits
    await settle()
    assert await lookup.find("d") is second
    assert shelf.readings == 2


async def test_a_revocation_elsewhere_is_seen_within_the_ttl(lookup, shelf, clock):
    shelf.keys["d"] = Row()
    await lookup.find("d")
    del shelf.keys["d"]
    clock.pass_(1.49)
    shelf.away = True  # even the background reading fails
    assert await lookup.find("d") is not None
    await settle()
    shelf.away = False
    clock.pass_(0.01)
    assert await lookup.find("d") is None


async def test_the_age_of_an_entry_counts_from_the_start_of_its_reading(lookup, shelf, clock):
    shelf.keys["d"] = Row()
    shelf.hold = asyncio.Event()
    caller = asyncio.create_task(lookup.find("d"))
    await settle()
    del shelf.keys["d"]
    clock.pass_(1.5)
    shelf.hold.set()
    assert await caller is not None
    assert await lookup.find("d") is None


async def test_forgetting_takes_effect_at_once_even_during_a_reading(lookup, shelf):
    shelf.keys["d"] = Row()
    await lookup.find("d")
    del shelf.keys["d"]
    lookup.forget("d")
    assert await lookup.find("d") is None

    shelf.keys["e"] = Row()
    shelf.hold = asyncio.Event()
    caller = asyncio.create_task(lookup.find("e"))
    await settle()
    del shelf.keys["e"]
    lookup.forget("e")
    shelf.hold.set()
    await caller
    assert await lookup.find("e") is None


@pytest.mark.parametrize("under_way", [False, True])
async def test_forgetting_by_what_is_known(lookup, shelf, under_way):
    shelf.keys["d"] = Row("u1")
    shelf.keys["e"] = Row("u2")
    await lookup.find("e")
    if under_way:
        shelf.hold = asyncio.Event()
        caller = asyncio.create_task(lookup.find("d"))
        await settle()
    else:
        await lookup.find("d")
    gone = shelf.keys.pop("d")
    lookup.forget_where(lambda row: row.owner == "u1")
    if under_way:
        shelf.hold.set()
        assert await caller is gone
    assert await lookup.find("d") is None
    before = shelf.readings
    assert await lookup.find("e") is not None
    assert shelf.readings == before


async def test_a_store_that_is_away_means_503_after_the_ttl_and_never_unknown(lookup, shelf, clock):
    shelf.keys["d"] = Row()
    await lookup.find("d")
    shelf.away = True
    clock.pass_(1.4)
    assert await lookup.find("d") is not None
    await settle()
    clock.pass_(0.1)
    with pytest.raises(Unavailable):
        await lookup.find("d")
    with pytest.raises(Unavailable):
        await lookup.find("never seen")
    shelf.away = False
    assert await lookup.find("d") is not None


async def test_a_store_that_hangs_or_breaks_is_unavailable_too(clock, shelf):
    shelf.hold = asyncio.Event()
    lookup = Lookup(shelf.load, clock, timeout=0.05)
    with pytest.raises(Unavailable):
        await lookup.find("d")

    async def broken(digest):
        message = "secret text of a driver"
        raise RuntimeError(message)

    with pytest.raises(Unavailable) as caught:
        await Lookup(broken, clock).find("d")
    assert "driver" not in str(caught.value)


async def test_memory_is_bounded_and_unknown_keys_do_not_displace_known_ones(lookup, shelf):
    shelf.keys["d"] = Row()
    await lookup.find("d")
    for number in range(50):
        assert await lookup.find(f"unknown {number}") is None
    before = shelf.readings
    assert await lookup.find("d") is not None
    assert shelf.readings == before
    assert len(lookup._unknown) == 3


async def test_only_so_many_unseen_keys_are_read_at_once(shelf, clock):
    shelf.hold = asyncio.Event()
    lookup = Lookup(shelf.load, clock, concurrency=4)
    callers = [asyncio.create_task(lookup.find(f"{number}")) for number in range(20)]
    await settle()
    assert shelf.readings == 4
    shelf.hold.set()
    await asyncio.gather(*callers)
    assert shelf.readings == 20
