"""Popular queries: the account's own, often, lately, with results."""

from datetime import timedelta

import attrs
import pytest
from altus4_suggestions.popular import Popular

from altus4_core.records import SuggestRequest
from altus4_core.stored import SearchRow
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import user_identity

ANN = user_identity()
BOB = attrs.evolve(ANN, user_id="user-2")


@pytest.fixture
async def log(held_clock):
    store = MemoryStore(held_clock)
    number = 0

    async def add(query, times, user="user-1", days=0.0, results=5, mode="natural", offset=0):
        nonlocal number
        for _ in range(times):
            number += 1
            at = held_clock.now() - timedelta(days=days)
            row = SearchRow(str(number), user, query, mode, at, result_count=results, search_params={"offset": offset})
            await store.searches.add_many([row])

    return store, add


def popular(store, clock):
    return Popular(lambda: store, clock, least=3, half_life_days=14, history_days=90, remembered=60)


async def texts(suggester, query, identity=ANN, mode="natural"):
    found = await suggester.suggest(SuggestRequest(identity, query, mode=mode))
    return [suggestion.text for suggestion in found]


async def test_what_fits_best_comes_first(log, held_clock):
    store, add = log
    await add("mysql tuning", 5)
    await add("mysql backup", 9, days=60)
    await add("tuning a piano", 3)
    await add("mysql rare", 2)
    await add("mysql nothing", 9, results=0)
    await add("mysql secret", 9, user="user-2")
    suggester = popular(store, held_clock)
    assert await texts(suggester, "my") == ["mysql tuning", "mysql backup"]
    assert await texts(suggester, "tuning my") == ["mysql tuning"]
    assert await texts(suggester, "TUN") == ["mysql tuning", "tuning a piano"]
    assert await texts(suggester, "mysql tuning") == []
    assert await texts(suggester, "my", BOB) == ["mysql secret"]
    scores = [suggestion.score for suggestion in await suggester.suggest(SuggestRequest(ANN, "my"))]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


async def test_hashes_are_no_queries(log, held_clock):
    store, add = log
    await add("hmac-sha256:0123456789abcdef", 9)
    await add("", 9)
    await add("hmac explained", 9)
    assert await texts(popular(store, held_clock), "hm") == ["hmac explained"]


async def test_turning_pages_is_no_use(log, held_clock):
    store, add = log
    await add("tea time", 2)
    await add("tea time", 9, offset=20)
    assert await texts(popular(store, held_clock), "tea") == []


async def test_a_mode_gets_what_was_searched_in_it_and_plain_words(log, held_clock):
    store, add = log
    await add("river AND (river OR garden)", 6, mode="boolean")
    await add("+river -mouth", 5, mode="boolean")
    await add("river garden", 4, mode="boolean")
    await add("river's mouth?", 3)
    suggester = popular(store, held_clock)
    assert await texts(suggester, "ri") == ["river garden", "river's mouth?"]
    assert await texts(suggester, "river", mode="boolean") == [
        "river AND (river OR garden)", "river garden",
    ]  # fmt: skip
    assert await texts(suggester, "river", mode="exact") == ["river garden"]


async def test_the_log_is_read_once_a_minute(log, held_clock):
    store, add = log
    suggester = popular(store, held_clock)
    await add("tea time", 4)
    assert await texts(suggester, "tea") == ["tea time"]
    await add("tea cup", 3)
    held_clock.advance(59)
    assert await texts(suggester, "tea") == ["tea time"]
    held_clock.advance(2)
    assert await texts(suggester, "tea") == ["tea time", "tea cup"]


async def test_who_has_just_begun_does_not_wait_for_a_minute(log, held_clock):
    store, add = log
    suggester = popular(store, held_clock)
    assert await texts(suggester, "tea") == []
    await add("tea time", 3)
    assert await texts(suggester, "tea") == []
    held_clock.advance(6)
    assert await texts(suggester, "tea") == ["tea time"]


async def test_nothing_for_who_is_confined_to_some_databases(log, held_clock):
    store, add = log
    await add("tea time", 3)
    suggester = popular(store, held_clock)
    assert await texts(suggester, "tea") == ["tea time"]
    assert await texts(suggester, "tea", attrs.evolve(ANN, databases=frozenset({"d1"}))) == []
