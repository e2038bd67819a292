"""The arithmetic of BM25 lists, made anew and checked against the lists; and why rows are missing from them."""

import logging
import math
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
import pytest_asyncio
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.mode import FulltextMode
from altus4_search_fulltext.natural import NaturalLanguage
from altus4_search_fulltext.ranking.ranking import Ranking
from altus4_search_fulltext.ranking.sampler import Sampler
from altus4_search_fulltext.ranking.samples import Samples

from altus4_core.filters import AllOf, AnyOf, Comparison
from altus4_core.records import SearchRequest, SortKey, TableHits

from .support import Target, opened, request
from .waiting import sampled

pytestmark = [pytest.mark.mysql, pytest.mark.asyncio(loop_scope="module")]

WORDS = ("garden", "gardens", "gardening", "mysql", "tuned", "tuning", "water", "the", "stone", "stones", "post")
ROWS = 700


async def _fill(pool: Pool) -> None:
    await pool.fetch(
        "CREATE TABLE texts (id INT PRIMARY KEY, title VARCHAR(100), body TEXT, price INT,"
        " FULLTEXT KEY ft (title, body)) ENGINE=InnoDB"
    )
    chance = random.Random(9)
    values: list[Any] = []
    for number in range(ROWS):
        values += [number, " ".join(chance.choices(WORDS, k=2)), " ".join(chance.choices(WORDS, k=9)), number % 10]
    values += [ROWS, "", "gardener", 3, ROWS + 1, None, f"{'long ' * 600} tuned", 4]
    await pool.fetch("INSERT INTO texts VALUES " + ", ".join(["(%s, %s, %s, %s)"] * (ROWS + 2)), values)


@attrs.frozen
class Place:
    target: Target
    mode: FulltextMode

    async def search(self, query: str, **asked: Any) -> tuple[SearchRequest, TableHits]:
        wanted = request(query, explain=True, **{"limit": 1000, **asked})
        (found,) = await self.mode.search(wanted, self.target)
        assert found.pin
        return attrs.evolve(wanted, pins={f"{self.target.id}:texts": found.pin}), found

    async def why(self, wanted: SearchRequest, key: int) -> tuple[str, dict[str, Any]]:
        told = await self.mode.diagnose(wanted, self.target, "texts", str(key))
        assert told.message.endswith(".")
        return told.reason, dict(told.details)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(any_server: ServerAddress) -> AsyncIterator[Place]:
    sampler = Sampler(Samples(8 << 20, time.monotonic), time.monotonic, logging.getLogger("test"))
    sampler.start()
    mode = FulltextMode(
        "natural", NaturalLanguage(32), longest=2000, concurrency=4, ranking=Ranking(sampler, time.monotonic)
    )
    async with opened(any_server, _fill) as target:
        await sampled(mode, target, "texts", "garden")
        yield Place(target, mode)
    await sampler.aclose()


@pytest.mark.parametrize("query", ["gardens", "tuning mysql the", '"garden stone" water', "garden tuning stones"])
async def test_every_score_of_a_list_is_computed_anew(place: Place, query: str) -> None:
    wanted, found = await place.search(query)
    explained = (await place.mode.explain(wanted, place.target, {"texts": [hit.key for hit in found.hits]}))["texts"]
    assert len(explained) == len(found.hits) > 200
    windows = set()
    for hit in found.hits:
        told = explained[hit.key].ranking
        assert told is not None
        total = 0.0
        for term in told["terms"]:
            assert term["idf"] == pytest.approx(math.log(1 + (term["n"] - term["df"] + 0.5) / (term["df"] + 0.5)))
            assert term["norm"] == pytest.approx(
                told["k1"] * (1 - told["b"] + told["b"] * told["length"] / told["averageLength"])
            )
            part = term["idf"] * term["tf"] * (told["k1"] + 1) / (term["tf"] + term["norm"])
            assert term["score"] == pytest.approx(part)
            total += part
        assert told["score"] == pytest.approx(total, abs=1e-6)
        window = 0 if hit.score >= 0 else -math.floor(hit.score)
        windows.add(window)
        in_list = total if not window else total / (1 + total) - window
        assert hit.score == pytest.approx(in_list, abs=2e-6)
        proof = explained[hit.key]  # of the server's own number for the query as it stands
        assert proof.agrees
        text = f"{hit.data['title']} {hit.data['body'] or ''}".split()
        assert told["length"] == sum(len(hit.data[name] or "") for name in ("title", "body"))
        for part_of in proof.terms:
            if '"' not in query:
                assert part_of.tf == text.count(part_of.term)
    assert windows >= {0, 1}


async def test_what_was_sent_is_shown_with_its_values_masked(place: Place) -> None:
    wanted, found = await place.search("gardens water", limit=250, totals="exact")
    assert all("IN BOOLEAN MODE" in sql for sql in found.statements if "ORDER BY" in sql or "LIMIT" in sql)
    assert any(sql.startswith("SELECT COUNT(*)") and "NATURAL" in sql for sql in found.statements)
    assert not any(word in sql for sql in found.statements for word in ("garden", "water", "%s"))
    explained = await place.mode.explain(wanted, place.target, {"texts": [found.hits[0].key]})
    (told,) = explained["texts"].values()
    assert told.ranking is not None
    assert {"garden*", "water"} & set(told.ranking["drawn"].split())


async def test_the_servers_order_has_no_such_arithmetic(place: Place) -> None:
    wanted = request("gardens", ranking="mysql", explain=True)
    (found,) = await place.mode.search(wanted, place.target)
    explained = (await place.mode.explain(wanted, place.target, {"texts": [hit.key for hit in found.hits]}))["texts"]
    assert all(one.ranking is None and one.agrees and one.raw_score > 0 for one in explained.values())
    assert any("NATURAL LANGUAGE MODE" in sql for sql in found.statements)


async def test_why_a_row_is_not_in_the_list(place: Place) -> None:
    async def ids(condition: str) -> list[int]:
        return [row[0] for row in await place.target.pool.fetch(f"SELECT id FROM texts WHERE {condition} ORDER BY id")]

    wanted, found = await place.search("gardening")
    listed = {hit.data["id"] for hit in found.hits}
    forms = await ids(
        "CONCAT(title, ' ', body) REGEXP '(^| )gardens?( |$)' AND CONCAT(title, ' ', body) NOT REGEXP 'gardening'"
    )
    assert listed.issuperset(forms[:5])
    assert (await place.why(wanted, forms[0]))[0] == "MATCHES"  # by another form of the word
    servers = attrs.evolve(wanted, ranking="mysql", pins={})
    assert (await place.why(servers, forms[0]))[0] == "WORDS_NOT_IN_ROW"
    none = await ids("CONCAT(title, ' ', body) NOT REGEXP 'garden' AND body REGEXP '(^| )the( |$)'")
    assert none[0] not in listed
    reason, details = await place.why(attrs.evolve(wanted, query="gardening the"), none[0])
    assert (reason, details["missing"], details["dropped"]) == ("WORDS_NOT_IN_ROW", ["gardening"], ["the"])
    assert (await place.why(attrs.evolve(wanted, query="the"), none[0]))[0] == "NOTHING_SEARCHABLE"
    assert (await place.why(wanted, 99_999))[0] == "ROW_NOT_FOUND"


async def test_which_filters_leave_a_row_out(place: Place) -> None:
    filters = AllOf(
        (
            Comparison("price", "lte", 3, place="filters.price.lte"),
            Comparison("title", "ne", "x", place="filters.title.ne"),
            AnyOf((Comparison("price", "eq", 1), Comparison("id", "lt", 0))),
        )
    )
    wanted, _ = await place.search("water", filters=filters, limit=1)
    rows = await place.target.pool.fetch(
        "SELECT id, price FROM texts WHERE MATCH (title, body) AGAINST ('water') ORDER BY id LIMIT 40"
    )
    seen = set()
    for key, price in rows:
        reason, details = await place.why(wanted, key)
        if price == 1:
            assert reason == "MATCHES"
        else:
            failing = ["filters.price.lte", "filters.or"] if price > 3 else ["filters.or"]
            assert (reason, details["filters"]) == ("FILTERED_OUT", failing)
        seen.add((reason, price > 3))
    assert len(seen) == 3


async def test_scores_below_the_least_one_in_an_order_by_columns(place: Place) -> None:
    sort = (SortKey("price"),)
    everything = request("water", sort=sort, limit=1000)
    (whole,) = await place.mode.search(everything, place.target)
    scores = sorted((hit.score, hit.data["id"]) for hit in whole.hits)
    (low, lowest), (high, highest) = scores[0], scores[-1]
    assert low < high
    wanted = attrs.evolve(everything, min_score=round(high / (1 + high), 6) - 1e-5)
    (found,) = await place.mode.search(wanted, place.target)
    assert 0 < len(found.hits) < len(whole.hits)
    assert lowest not in {hit.data["id"] for hit in found.hits}
    assert (await place.why(wanted, lowest))[0] == "BELOW_MIN_SCORE"
    assert (await place.why(wanted, highest))[0] == "MATCHES"
