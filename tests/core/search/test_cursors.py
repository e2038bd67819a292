"""Cursors: pages of them are the one big page, and nobody else's, altered or old ones are accepted."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from os import urandom

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altus4_core.errors import ValidationFailed
from altus4_core.records import (
    DatabaseOutcome,
    DatabaseStatus,
    FusedHit,
    Hit,
    Identity,
    RankedList,
    SearchRequest,
    TableHits,
)
from altus4_core.search.cursors import Cursors, Position, cursor_key
from altus4_core.search.fingerprint import fingerprint
from altus4_core.search.fusion import ReciprocalRankFusion
from altus4_core.search.paging import cut, next_position
from altus4_core.search.scorefusion import RelativeFusion
from altus4_core.settings.core import SecuritySettings
from altus4_core.settings.field import Secret
from altus4_core.testing.clock import HeldClock
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import MemoryPlugin, user_identity

SEARCH = "/api/v1/search"
ANN = Identity("ann", "key", "k1")
WORDS = ["book", "book book", "book note", "note"]
ROWS = {
    f"d{database}": {
        f"t{table}": [
            {"id": row, "text": WORDS[(row * (table + 2)) % 3]} for row in range(5 + 9 * table + 4 * database)
        ]
        for table in range(3)
    }
    for database in range(2)
}


@pytest.fixture
def memory():
    return MemoryPlugin(MemoryStore(), ROWS)


async def ask(client, **body):
    response = await client.post(SEARCH, json={"query": "book", "searchMode": "memory", "suggestions": "none", **body})
    return response.status, await response.json()


async def walk(client, **body):
    """Follow the cursors to the end; gives the ids of each page."""
    pages, cursor = [], None
    while True:
        status, answer = await ask(client, **body, **({"cursor": cursor} if cursor else {}))
        assert status == 200, answer
        data = answer["data"]
        assert data["offset"] == sum(map(len, pages)) + body.get("offset", 0)
        pages.append([result["id"] for result in data["results"]])
        cursor = data.get("nextCursor")
        assert (cursor is not None) == data["hasMore"]
        if cursor is None:
            return pages


@pytest.mark.parametrize("fusion", ["rrf", "relative", "globalIdf", "interleave"])
@pytest.mark.parametrize("limit", [1, 3, 7, 10, 25, 100])
async def test_pages_by_offset_and_by_cursor_are_the_one_big_page(client, limit, fusion):
    asked = {"fusion": {"method": fusion, "weights": {"d1": 2.0}}}
    _, big = await ask(client, limit=100, **asked)
    whole = [result["id"] for result in big["data"]["results"]]
    assert len(whole) == sum(len(rows) for tables in ROWS.values() for rows in tables.values()) == len(set(whole))
    by_cursor = await walk(client, limit=limit, **asked)
    assert [name for page in by_cursor for name in page] == whole
    assert all(len(page) == limit for page in by_cursor[:-1])
    by_offset = []
    for offset in range(0, len(whole), limit):
        _, answer = await ask(client, limit=limit, offset=offset, **asked)
        by_offset += [result["id"] for result in answer["data"]["results"]]
    assert by_offset == whole


async def test_a_cursor_may_begin_at_an_offset(client):
    _, big = await ask(client, limit=100)
    whole = [result["id"] for result in big["data"]["results"]]
    assert [name for page in await walk(client, limit=4, offset=30) for name in page] == whole[30:]


async def test_cursors_reach_beyond_offsets(client_factory):
    rows = {"deep": {"t": [{"id": row, "text": "book"} for row in range(1500)]}}
    client = await client_factory(memory=await filled(rows))
    pages = await walk(client, limit=100)
    assert [len(page) for page in pages] == [100] * 15
    assert len({name for page in pages for name in page}) == 1500


async def filled(rows):
    memory = MemoryPlugin(MemoryStore(), rows)
    await memory.fill()
    return memory


@pytest.mark.parametrize(
    "change",
    [
        {"query": "note"}, {"limit": 5}, {"offset": 1}, {"tables": ["t1"]}, {"databases": ["d0"]},
        {"columns": ["text"]},
        {"totals": "none"}, {"fusion": {"method": "relative"}}, {"ranking": "mysql"}, {"timeoutMs": 999},
        {"partial": "fail"}, {"categories": False}, {"suggestions": "always"}, {"cache": "bypass"},
    ],
    ids=str,
)  # fmt: skip
async def test_another_request_is_refused(client, change):
    _, first = await ask(client, limit=3)
    status, answer = await ask(client, **{"limit": 3, **change}, cursor=first["data"]["nextCursor"])
    assert (status, answer["error"]["code"]) == (400, "INVALID_CURSOR")
    assert answer["error"]["details"][0]["field"] == "cursor"


async def test_any_page_can_be_explained(client):
    _, first = await ask(client, limit=3)
    cursor = first["data"]["nextCursor"]
    plain, explained, again = [
        (await ask(client, limit=3, cursor=cursor, explain=on))[1] for on in (False, True, False)
    ]
    assert plain["data"]["results"] == again["data"]["results"]
    assert plain["data"]["nextCursor"]
    for bare, told in zip(plain["data"]["results"], explained["data"]["results"], strict=True):
        assert (told["id"], "explain" in told, "explain" in bare) == (bare["id"], True, False)


async def test_another_caller_is_refused(client, memory):
    _, first = await ask(client, limit=3)
    cursor = first["data"]["nextCursor"]
    for name, identity in {
        "other-key": user_identity("user-1", credential_id="another"),
        "other-user": user_identity("user-2", credential_id="credential-of-user-1"),
    }.items():
        memory.tokens[name] = identity
        body = {"query": "book", "searchMode": "memory", "suggestions": "none", "limit": 3, "cursor": cursor}
        response = await client.post(SEARCH, json=body, headers={"Authorization": f"Bearer {name}"})
        answer = await response.json()
        assert (response.status, answer["error"]["code"]) == (400, "INVALID_CURSOR"), name


@pytest.mark.parametrize(
    "cursor", ["x", "AAAA", "====", "é" * 50, "a" * 99_999, "A" * 44, "\u202e", "%00", "-_-_" * 20]
)
async def test_forged_ones_are_refused(client, cursor):
    status, answer = await ask(client, limit=3, cursor=cursor)
    assert (status, answer["error"]["code"]) == (400, "INVALID_CURSOR")


async def test_any_altered_byte_is_refused(client):
    _, first = await ask(client, limit=3)
    cursor = first["data"]["nextCursor"]
    raw = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place in range(len(raw)):
        changed = raw.copy()
        changed[place] ^= 1
        status, answer = await ask(client, limit=3, cursor=urlsafe_b64encode(changed).rstrip(b"=").decode())
        assert (status, answer["error"]["code"]) == (400, "INVALID_CURSOR"), place


def test_old_ones_are_refused():
    clock = HeldClock()
    cursors = Cursors(b"k" * 32, clock, 60)
    mark = fingerprint(SearchRequest("x"))
    cursor = cursors.write(ANN, mark, Position({"d:t": 3}, {"d:t": [9, 0.5, {"tea": 2}]}))
    assert cursors.read(cursor, ANN, mark) == Position({"d:t": 3}, {"d:t": [9, 0.5, {"tea": 2}]})
    clock.advance(62)
    with pytest.raises(ValidationFailed) as refused:
        cursors.read(cursor, ANN, mark)
    assert refused.value.error_code == "INVALID_CURSOR"
    assert "expired" in refused.value.message


def test_the_key_comes_from_the_session_secret_and_differs_from_it():
    one, other = (SecuritySettings(session_secret=Secret(letter * 40)) for letter in "ab")
    assert cursor_key(one) == cursor_key(one) != cursor_key(other)
    assert cursor_key(one) != b"a" * 40
    assert cursor_key(SecuritySettings()) != cursor_key(SecuritySettings())


def test_many_lists_make_a_small_cursor():
    cursors = Cursors(b"k" * 32, HeldClock(), 60)
    consumed = {
        f"00000000-0000-4000-8000-{database:012}:table{table}": table for database in range(64) for table in range(20)
    }
    position = Position(
        consumed, {name: [place, 0.123456789, {"teapot": place}] for place, name in enumerate(consumed)}
    )
    cursor = cursors.write(ANN, b"", position)
    assert cursor is not None
    assert len(cursor) < 40_000
    assert cursors.read(cursor, ANN, b"").pins == position.pins


def test_a_cursor_that_would_be_too_long_to_be_taken_is_none():
    cursors = Cursors(b"k" * 32, HeldClock(), 60)
    position = Position({"d:t": 1}, {f"d:{name}": urandom(3000).hex() for name in range(40)})
    assert cursors.write(ANN, b"", position) is None


LISTS = st.lists(st.integers(0, 12), min_size=1, max_size=5)


@given(LISTS, st.integers(1, 9), st.sampled_from([ReciprocalRankFusion(), RelativeFusion()]), st.data())
@settings(max_examples=300, deadline=None)
def test_nothing_is_lost_or_doubled_when_databases_come_and_go(sizes, limit, fusion, data):
    """Each page some databases do not answer: what they have comes later, once, in their own order."""
    lists = [
        RankedList(f"d{place}", "t", [Hit((row,), float(99 - row // 2), {}) for row in range(size)])
        for place, size in enumerate(sizes)
    ]
    request, given_out = SearchRequest("x", limit=limit), []
    for _ in range(sum(sizes) + 1):
        here = [ranked for ranked in lists if data.draw(st.booleans())]
        fused = fusion.fuse(here, {})
        page = cut(fused, request)
        given_out += [(hit.database_id, hit.hit.key[0]) for hit in page.hits]
        request = following(fused, page, request)
    while True:
        fused = fusion.fuse(lists, {})
        page = cut(fused, request)
        if not page.hits:
            break
        given_out += [(hit.database_id, hit.hit.key[0]) for hit in page.hits]
        request = following(fused, page, request)
    assert sorted(given_out) == [(f"d{place}", row) for place, size in enumerate(sizes) for row in range(size)]
    for place, size in enumerate(sizes):
        assert [row for name, row in given_out if name == f"d{place}"] == list(range(size))


def following(fused, page, request):
    import attrs

    position = next_position(fused, page, request, [])
    if position is None:
        return request
    return attrs.evolve(request, offset=position.rows, consumed=position.consumed)


def test_statistics_are_pinned_for_lists_that_gave_rows():
    outcome = DatabaseOutcome(
        "d",
        "d",
        DatabaseStatus.OK,
        tables=[
            TableHits("ranked", "i", [Hit((1,), 1.0, {})], pin=[7, {"tea": 2}]),
            TableHits("plain", "i", [Hit((1,), 1.0, {})]),
            TableHits("empty", "i", [], pin=8),
        ],
    )
    hit = FusedHit("d", "ranked", Hit((1,), 1.0, {}), 1.0, 1)
    request = SearchRequest("x", limit=1)
    position = next_position([hit, hit], cut([hit, hit], request), request, [outcome])
    assert position.pins == {"d:ranked": [7, {"tea": 2}]}


def test_a_list_is_read_no_deeper_than_its_part_of_the_pages():
    request = SearchRequest("x", limit=20, offset=5000, consumed={"d:a": 4990, "d:b": 10})
    assert (request.depth_of("d", "a"), request.depth_of("d", "b"), request.depth_of("e", "c")) == (5010, 30, 20)
    assert SearchRequest("x", limit=20, offset=40).depth_of("d", "a") == 60


async def test_the_first_pages_of_many_callers_do_not_mix(client):
    pages = await asyncio.gather(*[walk(client, limit=limit) for limit in (2, 3, 5, 7)])
    whole = [name for page in pages[0] for name in page]
    assert all([name for page in one for name in page] == whole for one in pages)
