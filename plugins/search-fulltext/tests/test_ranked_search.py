"""Searches ranked by BM25, on both servers: what is found, in which order, how many, and with which statistics."""

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.boolean.language import BooleanLanguage
from altus4_search_fulltext.costs import CostLimits
from altus4_search_fulltext.mode import FulltextMode
from altus4_search_fulltext.natural import NaturalLanguage
from altus4_search_fulltext.ranking.rankedsearch import WINDOW
from altus4_search_fulltext.ranking.ranking import Ranking
from altus4_search_fulltext.ranking.sampler import Sampler
from altus4_search_fulltext.ranking.samples import Samples

from altus4_core.errors import CursorExpired, Unsearchable
from altus4_core.records import FusionChoice, Highlight, SortKey, TableHits

from .support import Target, opened, request
from .waiting import sampled

pytestmark = pytest.mark.mysql

WORDS = ("alpha", "beta", "gamma", "delta", "zeta", "theta")
ROWS = 1500
TEXTS = [
    ("MySQL tuning", "How the buffer pool is tuned."),
    ("Tuned pianos", "A piano that nobody tunes."),
    ("Tunnels", "The tunnel below the mountain."),
    ("A library of the city", "It has books about tuning."),
    ("Libraries", "Many libraries lend records."),
    ("Café", "Coffee in the café, and a naïve guest."),
    ("", "The buffer of a pool."),
    ("Empty", ""),
]


async def _fill(pool: Pool) -> None:
    await pool.fetch(
        "CREATE TABLE texts (id INT PRIMARY KEY AUTO_INCREMENT, title VARCHAR(100), body TEXT, note VARCHAR(20),"
        " FULLTEXT KEY ft (title, body)) ENGINE=InnoDB"
    )
    await pool.fetch("CREATE TABLE `long` (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body)) ENGINE=InnoDB")
    filler = "other words " * 300
    rows = [(1, f"{filler} a tuned piano {filler}"), (2, "tuning"), (3, "tunnel")]
    await pool.fetch("INSERT INTO `long` VALUES (%s, %s), (%s, %s), (%s, %s)", [value for row in rows for value in row])
    for row in TEXTS:
        await pool.fetch("INSERT INTO texts (title, body) VALUES (%s, %s)", row)
    for name, engine, parser in (("crowd", "InnoDB", ""), ("old", "MyISAM", ""), ("grams", "InnoDB", "ngram")):
        if parser and "maria" in str((await pool.fetch("SELECT VERSION()")).scalar()).lower():
            continue  # MariaDB has no ngram parser
        using = f" WITH PARSER {parser}" if parser else ""
        await pool.fetch(
            f"CREATE TABLE {name} (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body){using}) ENGINE={engine}"
        )
        chance = random.Random(7)
        values: list[Any] = []
        for number in range(ROWS):
            values += [number, " ".join(["the alphas" if number % 5 else "the alpha", *chance.choices(WORDS[1:], k=6)])]
        await pool.fetch(f"INSERT INTO {name} VALUES " + ", ".join(["(%s, %s)"] * ROWS), values)


@pytest.fixture
async def target(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _fill) as opened_target:
        yield opened_target


@pytest.fixture
async def sampler() -> AsyncIterator[Sampler]:
    made = Sampler(Samples(8 << 20, time.monotonic), time.monotonic, logging.getLogger("test"))
    made.start()
    yield made
    await made.aclose()


@pytest.fixture
def mode(sampler: Sampler) -> FulltextMode:
    ranking = Ranking(sampler, time.monotonic)
    return FulltextMode("natural", NaturalLanguage(32), longest=2000, concurrency=4, ranking=ranking)


async def search(mode: FulltextMode, target: Target, query: str, table: str = "texts", **changes: Any) -> TableHits:
    (found,) = await mode.search(request(query, tables=(table,), **changes), target)
    return found


def keys(found: TableHits) -> list[int]:
    return [hit.key[0] for hit in found.hits]


async def test_the_first_search_is_in_the_servers_order_and_the_next_is_not(mode: FulltextMode, target: Target) -> None:
    first = await search(mode, target, "tuning")
    assert first.pin == 0
    assert [(notice.code, notice.details) for notice in first.notices] == [
        ("RANKED_BY_SERVER", {"reason": "notSampled"})
    ]
    await sampled(mode, target, "texts")
    found = await search(mode, target, "tuning")
    assert found.pin
    assert not found.notices


async def test_all_forms_of_a_word_are_found_and_shown(mode: FulltextMode, target: Target) -> None:
    await sampled(mode, target, "texts")
    for word in ("tuning", "tuned", "tunes", "TUNE"):
        found = await search(mode, target, word)
        assert sorted(keys(found)) == [1, 2, 4], word
        columns = {hit.key[0]: hit.matched_columns for hit in found.hits}
        assert columns == {1: ("title", "body"), 2: ("title", "body"), 4: ("body",)}
        assert all("tun" in hit.snippet.lower() for hit in found.hits)
    assert sorted(keys(await search(mode, target, "library"))) == [4, 5]
    assert sorted(keys(await search(mode, target, "libraries"))) == [4, 5]
    assert keys(await search(mode, target, "tunnel")) == [3]
    assert keys(await search(mode, target, "cafe")) == [6]
    assert keys(await search(mode, target, "naïve")) == [6]


async def test_what_is_marked_are_forms_of_the_word(mode: FulltextMode, target: Target) -> None:
    await sampled(mode, target, "texts")
    found = await search(mode, target, "tuning", highlight=Highlight())
    marked = {
        matches.text[begin:end]
        for hit in found.hits
        if hit.matches is not None
        for matches in hit.matches().values()
        for begin, end in matches.spans
    }
    assert marked == {"tuning", "Tuned", "tuned", "tunes"}


async def test_matches_beyond_the_cut_are_found_and_shown(mode: FulltextMode, target: Target) -> None:
    await sampled(mode, target, "long")
    found = await search(mode, target, "tuning", "long")
    assert sorted(keys(found)) == [1, 2], "what cannot be seen whole is believed to the server"
    beyond = next(hit for hit in found.hits if hit.key == (1,))
    assert beyond.matched_columns == ("body",)
    assert "tuned piano" in beyond.snippet
    assert found.hits[0].key == (2,), "what was seen ranks first"
    assert "VALUES_CUT" in [notice.code for notice in found.notices]


async def test_totals_are_those_of_natural_mode(mode: FulltextMode, target: Target) -> None:
    for table in ("texts", "crowd"):
        await sampled(mode, target, table)
    found = await search(mode, target, "tuned")
    assert (len(found.hits), found.total, found.relation) == (3, 2, "gte")
    found = await search(mode, target, "alpha", "crowd", limit=5)
    truth = await search(mode, target, "alpha", "crowd", limit=5, ranking="mysql")
    assert (found.total, found.relation, found.exhausted) == (truth.total, "gte", False)
    assert truth.total == ROWS / 5
    found = await search(mode, target, "alpha", "crowd", limit=5, totals="none")
    assert (found.total, found.relation) == (None, "unknown")
    found = await search(mode, target, "absent")
    assert (found.hits, found.total, found.relation, found.exhausted) == ([], 0, "eq", True)


@pytest.mark.parametrize("query", ["alpha", "gamma", "alpha beta theta", '"beta gamma" zeta', "the alphas delta"])
async def test_what_natural_mode_finds_is_found(mode: FulltextMode, target: Target, query: str) -> None:
    await sampled(mode, target, "crowd")
    natural = await search(mode, target, query, "crowd", limit=ROWS, ranking="mysql")
    found = await search(mode, target, query, "crowd", limit=ROWS)
    assert set(keys(natural)) <= set(keys(found))
    assert len(set(keys(found))) == len(found.hits)
    assert found.exhausted


@pytest.mark.parametrize("table", ["crowd", "old"])
@pytest.mark.parametrize("query", ["alpha", "alpha beta theta", "zeta delta gamma"])
async def test_pages_concatenate_for_every_size(mode: FulltextMode, target: Target, table: str, query: str) -> None:
    await sampled(mode, target, table)

    async def listed(offset: int, limit: int) -> list[tuple[int, float]]:
        found = await search(mode, target, query, table, offset=offset, limit=limit, totals="none")
        return [(hit.key[0], hit.score) for hit in found.hits]

    whole = await listed(0, 1000)
    scores = [score for _, score in whole]
    assert scores == sorted(scores, reverse=True)
    assert len(dict(whole)) == len(whole)
    sizes = [*range(1, 30, 7), 99, 100, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW, 777]
    for depth in sizes:
        part = await listed(0, depth)
        assert part == whole[: len(part)]
        assert len(part) >= min(depth, len(whole))
    assert await listed(0, 300) == await listed(0, 300)


async def test_deep_windows_are_ranked_one_after_the_other(mode: FulltextMode, target: Target) -> None:
    await sampled(mode, target, "crowd")
    target.statements.clear()
    found = await search(mode, target, "alpha beta", "crowd", limit=1250, totals="none")
    windows = [statement for statement in target.statements if "BOOLEAN" in statement]
    assert [statement.rpartition("LIMIT %s")[2] for statement in windows] == ["", " OFFSET 1000"]
    assert found.evidence is not None
    assert list(found.evidence.windows) == [200] * 6 + [51]


async def test_evidence_lies_beside_the_hits(mode: FulltextMode, target: Target) -> None:
    await sampled(mode, target, "texts")
    found = await search(mode, target, "tuning pool", fusion=FusionChoice("globalIdf"))
    evidence = found.evidence
    assert evidence is not None
    assert evidence.rows == len(TEXTS)
    assert evidence.frequencies == {"tune": 3, "pool": 2}
    assert [set(weights) for weights in evidence.weights] == [
        {term for term, column in (("tune", "tun"), ("pool", "pool")) if column in str(hit.data).lower()}
        for hit in found.hits
    ]


async def test_what_ranked_a_list_can_be_pinned(mode: FulltextMode, target: Target) -> None:
    first = await sampled(mode, target, "texts")
    place = f"{target.id}:texts"
    servers = await search(mode, target, "tuning", pins={place: 0})
    assert (servers.pin, keys(servers)) == (0, keys(await search(mode, target, "tuning", ranking="mysql")))
    ours = await search(mode, target, "tuning", pins={"other:texts": 5})
    assert ours.pin == (await search(mode, target, "tuning")).pin != first.pin, "another query asks for other figures"
    for wrong in (first.pin, 7, "x", [1, 2, 3.0, 1, [], {}], {"a": 1}):
        with pytest.raises(CursorExpired):
            await search(mode, target, "tuning", pins={place: wrong})


@pytest.mark.parametrize(("name", "query"), [("natural", "alpha beta theta"), ("natural", '"alpha beta" delta'),
                                             ("boolean", "gam* beta"), ("boolean", "+alphas zeta")])  # fmt: skip
async def test_another_process_without_a_sample_goes_on_with_a_list(
    sampler: Sampler, mode: FulltextMode, target: Target, name: str, query: str
) -> None:
    def searching(sampler: Sampler) -> FulltextMode:
        language = NaturalLanguage(32) if name == "natural" else BooleanLanguage()
        return FulltextMode(
            name, language, longest=2000, concurrency=4, ranking=Ranking(sampler, time.monotonic, by_default=False)
        )

    await sampled(mode, target, "crowd")
    asked: dict[str, Any] = {"table": "crowd", "ranking": "bm25"}
    whole = await search(searching(sampler), target, query, limit=300, **asked)
    assert len(whole.hits) > 200
    pins = {f"{target.id}:crowd": json.loads(json.dumps(whole.pin))}  # as a cursor brings it
    other = searching(Sampler(Samples(8 << 20, time.monotonic), time.monotonic, logging.getLogger("test")))
    page = await search(
        other, target, query, offset=100, limit=100, pins=pins, consumed={f"{target.id}:crowd": 100}, **asked
    )
    assert keys(page)[:200] == keys(whole)[:200]
    assert [hit.score for hit in page.hits[:200]] == [hit.score for hit in whole.hits[:200]]
    assert json.loads(json.dumps(page.pin)) == pins[f"{target.id}:crowd"]


async def test_a_list_begun_in_the_servers_order_goes_on_in_it(mode: FulltextMode, target: Target) -> None:
    query = "alpha beta theta"
    first = await search(mode, target, query, "crowd", limit=10)
    await sampled(mode, target, "crowd")
    second = await search(mode, target, query, "crowd", offset=10, limit=10)
    assert (first.pin, second.pin) == (0, 0)
    assert keys(second)[: len(first.hits)] == keys(first)
    assert (await search(mode, target, "delta", "crowd", offset=10)).pin != 0
    assert (await search(mode, target, query, "crowd")).pin != 0


async def test_other_orders_are_left_alone(mode: FulltextMode, target: Target) -> None:
    await sampled(mode, target, "crowd")
    target.statements.clear()
    plain = await search(mode, target, "alpha", "crowd", ranking="mysql")
    assert (plain.pin, plain.evidence) == (None, None)
    await search(mode, target, "alpha", "crowd", sort=(SortKey("id"),))
    assert not any("BOOLEAN" in statement for statement in target.statements)


async def test_costs_are_predicted_from_the_sample(mode: FulltextMode, target: Target, sampler: Sampler) -> None:
    """A word that was never searched for is known from the sample, so that dear searches are refused at once."""
    await sampled(mode, target, "crowd")
    strict = FulltextMode(
        "natural",
        NaturalLanguage(32),
        longest=2000,
        concurrency=4,
        limits=CostLimits(slow=0.00005, most=0.0001),
        ranking=Ranking(sampler, time.monotonic),
    )
    with pytest.raises(Unsearchable) as caught:
        await search(strict, target, "alpha gamma", "crowd")
    assert caught.value.error_code == "QUERY_TOO_EXPENSIVE"
    target.lanes.clear()
    assert (await search(strict, target, "unheard", "crowd")).hits == []
    assert target.lanes == [False]
    # A fifth of the rows has `alpha`, the others `alphas`: the word is affordable, all its forms are not.
    found = await search(strict, target, "alpha", "crowd")
    assert [notice.details for notice in found.notices] == [{"reason": "tooExpensive"}]
    assert (found.pin, found.total) == (0, ROWS / 5)


@pytest.mark.parametrize(
    "query", ["+alpha gamma", "beta AND (gamma OR delta)", "gam* -beta", '"beta gamma" zeta', "alpha NOT (beta gamma)"]
)
@pytest.mark.parametrize("table", ["crowd", "old"])
async def test_boolean_queries_are_ranked_when_asked(sampler: Sampler, target: Target, table: str, query: str) -> None:
    """The same rows, in an order of our own."""
    ranking = Ranking(sampler, time.monotonic, by_default=False)
    mode = FulltextMode("boolean", BooleanLanguage(), longest=2000, concurrency=4, ranking=ranking)
    servers = await search(mode, target, query, table, limit=ROWS)
    assert (servers.pin, servers.evidence) == (None, None)
    while not (ours := await search(mode, target, query, table, limit=ROWS, ranking="bm25")).pin:
        await asyncio.sleep(0.01)
    assert sorted(keys(ours)) == sorted(keys(servers))
    assert (ours.total, ours.relation) == (servers.total, "eq")
    assert keys(ours) != keys(servers)
    part = await search(mode, target, query, table, limit=30, ranking="bm25")
    assert keys(part) == keys(ours)[:31]
    assert all(hit.matched_columns == ("body",) for hit in part.hits)


async def test_an_index_with_another_parser_keeps_the_servers_order(mode: FulltextMode, target: Target) -> None:
    if target.known.table("grams") is None:
        pytest.skip("this server has no ngram parser")
    found = await search(mode, target, "alpha", "grams")
    assert (found.pin, found.notices) == (None, ())
    found = await search(mode, target, "alpha", "grams", ranking="bm25")
    assert [notice.details["reason"] for notice in found.notices] == ["parser"]
    assert found.hits


async def test_a_table_that_is_gone_is_skipped(mode: FulltextMode, target: Target) -> None:
    await sampled(mode, target, "texts")
    broken = target.known.table("texts")
    assert broken is not None
    target.known = attrs.evolve(target.known, tables=(attrs.evolve(broken, name="texts_gone"),))
    (found,) = await mode.search(request("tuning", pins={f"{target.id}:texts_gone": 0}), target)
    assert [notice.code for notice in found.notices] == ["SCHEMA_CHANGED", "RANKED_BY_SERVER"]
