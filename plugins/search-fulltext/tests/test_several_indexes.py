"""Tables searched by several FULLTEXT indexes, against a plain recomputation over all rows, on both servers."""

import asyncio
import logging
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.costs import CostBook, CostLimits
from altus4_search_fulltext.mode import FulltextMode
from altus4_search_fulltext.natural import NaturalLanguage
from altus4_search_fulltext.ranking.rankedsearch import WINDOW
from altus4_search_fulltext.ranking.ranking import Ranking
from altus4_search_fulltext.ranking.sampler import Sampler
from altus4_search_fulltext.ranking.samples import Samples

from altus4_core.errors import Unsearchable
from altus4_core.filters import Comparison
from altus4_core.records import Hit, SortKey, TableHits

from .support import Target, boolean, natural, opened, request
from .waiting import sampled

pytestmark = [pytest.mark.mysql, pytest.mark.asyncio(loop_scope="module")]

WORDS = ("alpha", "beta", "gamma", "delta", "zeta", "theta", "kappa", "omega")
WEIGHTS = (50, 20, 10, 5, 3, 2, 1, 1)
ROWS = 900
COLUMNS = ("title", "body", "tags")


async def _notes(pool: Pool) -> None:
    for name, key in (("notes", " PRIMARY KEY"), ("keyless", "")):
        await pool.fetch(
            f"CREATE TABLE {name} (id INT{key}, title VARCHAR(100), body TEXT, tags VARCHAR(100), author VARCHAR(20),"
            " price INT, FULLTEXT KEY ft_title (title), FULLTEXT KEY ft_body (body), FULLTEXT KEY ft_tags (tags))"
            " ENGINE=InnoDB"
        )
        chance = random.Random(5)
        values: list[Any] = []
        for number in range(ROWS):
            texts = [" ".join(chance.choices(WORDS, WEIGHTS, k=k)) for k in (1, 3, 1)]
            values += [number, *texts, chance.choice(["Ann", "Bob", "Cy"]), chance.choice([None, *range(9)])]
        await pool.fetch(f"INSERT INTO {name} VALUES " + ", ".join(["(%s, %s, %s, %s, %s, %s)"] * ROWS), values)
    await pool.fetch("INSERT INTO keyless SELECT * FROM keyless WHERE id < 20")
    await pool.fetch("CREATE TABLE old LIKE notes")
    await pool.fetch("ALTER TABLE old ENGINE=MyISAM")
    await pool.fetch("INSERT INTO old SELECT * FROM notes")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def notes(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _notes) as target:
        yield target


async def search(target: Target, query: str, mode: FulltextMode | None = None, **asked: Any) -> TableHits:
    asked = {"tables": ("notes",), "limit": 1000, **asked}
    (found,) = await (mode or natural()).search(request(query, **asked), target)
    return found


async def rows_with(target: Target, found: Callable[[dict[str, Any]], bool], table: str = "notes") -> list[Any]:
    names = ("id", *COLUMNS, "author", "price")
    rows = await target.pool.fetch(f"SELECT {', '.join(names)} FROM {table}")
    return sorted(row["id"] for row in (dict(zip(names, each, strict=True)) for each in rows) if found(row))


def has(words: str, columns: Sequence[str]) -> Callable[[dict[str, Any]], bool]:
    pattern = re.compile(rf"\b({'|'.join(words.split())})\b")
    return lambda row: any(pattern.search(row[name]) for name in columns)


def ids(found: TableHits) -> list[int]:
    return [hit.data["id"] for hit in found.hits]


@pytest.mark.parametrize("query", ["theta", "omega kappa", "gamma delta", "the absent", "zeta the"])
@pytest.mark.parametrize("columns", [("title", "tags"), ("tags", "body"), COLUMNS, None])
async def test_each_row_that_any_index_finds_is_there_once(
    notes: Target, query: str, columns: tuple[str, ...] | None
) -> None:
    found = await search(notes, query, columns=columns, totals="exact")
    searched = columns or COLUMNS
    expected = await rows_with(notes, has(query, searched))
    assert sorted(ids(found)) == expected[:1000]
    assert (found.total, found.relation) == (len(expected), "eq")
    assert found.exhausted
    assert set(found.index.split(", ")) == {f"ft_{name}" for name in searched}
    scores = {}
    for name in searched:
        match = f"MATCH ({name}) AGAINST (%s)"
        for key, score in await notes.pool.fetch(f"SELECT id, {match} FROM notes WHERE {match}", (query, query)):
            scores[key] = max(score, scores.get(key, 0))
    assert [hit.score for hit in found.hits] == pytest.approx([scores[hit.key[0]] for hit in found.hits])
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)
    for hit in found.hits:
        assert set(hit.matched_columns) == {name for name in searched if has(query, [name])(dict(hit.data))}


@pytest.mark.parametrize(("table", "order"), [("notes", ()), ("keyless", ()), ("notes", (SortKey("price"),))])
async def test_pages_concatenate(notes: Target, table: str, order: tuple[SortKey, ...]) -> None:
    asked = {"columns": ("title", "tags"), "tables": (table,), "sort": order, "totals": "none"}
    whole = (await search(notes, "gamma delta", **asked)).hits
    assert len(whole) > 100
    for offset in range(0, len(whole), 23):
        page = await search(notes, "gamma delta", offset=offset, limit=23, **asked)
        assert [hit.key for hit in page.hits][: offset + 23] == [hit.key for hit in whole][: offset + 23]
        assert page.exhausted == (offset + 23 >= len(whole))


async def test_rows_without_a_key_are_there_as_often_as_they_are(notes: Target) -> None:
    found = await search(notes, "gamma delta", columns=("title", "tags"), tables=("keyless",), totals="exact")
    expected = await rows_with(notes, has("gamma delta", ["title", "tags"]), "keyless")
    assert sorted(ids(found)) == expected
    assert len({hit.key for hit in found.hits}) == len(expected) == found.total
    assert len(set(expected)) < len(expected)


async def test_totals_say_how_exact_they_are(notes: Target) -> None:
    expected = len(await rows_with(notes, has("alpha", ["title", "tags"])))
    asked = {"columns": ("title", "tags"), "limit": 10}
    exact = await search(notes, "alpha", totals="exact", **asked)
    assert (exact.total, exact.relation) == (expected, "eq")
    estimated = await search(notes, "alpha", totals="estimated", **asked)
    assert estimated.relation == "gte"
    assert estimated.total is not None
    assert expected / 2 <= estimated.total <= expected
    none = await search(notes, "alpha", totals="none", **asked)
    assert (none.total, none.relation) == (None, "unknown")


async def test_filters_sort_and_least_scores(notes: Target) -> None:
    cheap = Comparison("price", "lte", 4)
    asked = {"columns": ("title", "tags"), "filters": cheap, "sort": (SortKey("price", descending=True),)}
    found = await search(notes, "beta gamma", totals="exact", **asked)
    matching = has("beta gamma", ["title", "tags"])
    expected = await rows_with(notes, lambda row: matching(row) and row["price"] is not None and row["price"] <= 4)
    assert sorted(ids(found)) == expected
    assert found.total == len(expected)
    prices = [hit.data["price"] for hit in found.hits]
    assert prices == sorted(prices, reverse=True)
    for before, after in zip(found.hits, found.hits[1:], strict=False):
        assert before.data["price"] > after.data["price"] or before.score >= after.score
    least = sorted(hit.score for hit in found.hits)[len(found.hits) // 2]
    above = await search(notes, "beta gamma", totals="exact", min_score=least / (1 + least) - 1e-6, limit=5, **asked)
    assert above.total == sum(hit.score >= least - 1e-5 for hit in found.hits)


async def test_an_ascending_relevance_takes_one_index(notes: Target) -> None:
    found = await search(notes, "omega", columns=("title", "tags"), sort=(SortKey("relevance"),))
    assert found.index in {"ft_title", "ft_tags"}
    assert [notice.code for notice in found.notices] == ["COLUMNS_NOT_EXACT"]


@pytest.mark.parametrize("facet_mode", ["sample", "exact"])
@pytest.mark.parametrize("query", ["omega kappa", "alpha"])
async def test_values_are_counted_once_for_each_row(notes: Target, query: str, facet_mode: str) -> None:
    asked = {"columns": ("body", "title"), "facets": ("author", "price"), "facet_mode": facet_mode, "limit": 3}
    found = await search(notes, query, **asked)
    matching = has(query, ["title", "body"])
    for name in ("author", "price"):
        counts = found.facets[name]
        assert counts.exact
        for value, count in counts.values:
            expected = await rows_with(notes, lambda row, v=value, n=name: matching(row) and row[n] == v)
            assert count == len(expected)
        assert counts.sampled == len(await rows_with(notes, matching))


@pytest.mark.parametrize(
    ("query", "several"),
    [
        ("omega kappa", True),
        ("omeg*", True),
        ('"gamma delta"', True),
        ("+omega", True),
        ("+omega beta", True),
        (">omega (kappa OR zeta)", True),
        ("+gamma +delta", False),
        ("gamma AND delta", False),
        ("omega -alpha", False),
        ("(+gamma +delta) OR omega", False),
    ],
)
async def test_boolean_queries_that_columns_answer_one_by_one(notes: Target, query: str, several: bool) -> None:
    found = await search(notes, query, boolean(), columns=("body", "tags"), totals="exact")
    each = [await search(notes, query, boolean(), columns=(name,), totals="exact") for name in ("body", "tags")]
    union = {hit.key for part in each for hit in part.hits}
    assert [notice.code for notice in found.notices] == ["COLUMNS_NOT_EXACT"]
    if several:
        assert found.index == "ft_body, ft_tags"
        assert {hit.key for hit in found.hits} == union
        assert found.total == len(found.hits) == len(union)
    else:
        assert (found.index, found.notices[0].details["missing"]) == ("ft_body", ["tags"])
        assert found.hits == each[0].hits


@pytest.mark.parametrize("make", [natural, boolean])
async def test_another_engine(notes: Target, make: Callable[[], FulltextMode]) -> None:
    """MyISAM has stop words and a score of its own: what several indexes find is what each of them does."""
    asked = {"tables": ("old",), "totals": "exact", "facets": ("author",), "facet_mode": "exact"}
    for query in ("omega kappa", "gamma delta"):
        found = await search(notes, query, make(), columns=("title", "tags"), **asked)
        each = [await search(notes, query, make(), columns=(name,), **asked) for name in ("title", "tags")]
        union = {hit.key for part in each for hit in part.hits}
        assert found.index == "ft_tags, ft_title"
        assert {hit.key for hit in found.hits} == union
        assert found.total == len(found.hits) == len(union) > max(part.total or 0 for part in each) > 0
        assert sum(count for _, count in found.facets["author"].values) == len(union)
        halves = [
            hit.key for hit in (await search(notes, query, make(), **asked, columns=("title", "tags"), limit=9)).hits
        ]
        assert halves[:9] == [hit.key for hit in found.hits][:9]


async def test_the_sum_of_several_indexes_is_too_expensive(notes: Target) -> None:
    language, costs = NaturalLanguage(32), CostBook()
    asked = {"columns": ("body", "title"), "limit": 1}
    taught = FulltextMode("natural", language, longest=2000, concurrency=4, costs=costs)
    await search(notes, "alpha", taught, **asked)
    seconds = {name: 0.7e-6 * len(await rows_with(notes, has("alpha", [name]))) for name in ("title", "body")}
    below = CostLimits(1.0, sum(seconds.values()) - 1e-7)
    assert max(seconds.values()) < below.most
    bounded = FulltextMode("natural", language, longest=2000, concurrency=4, costs=costs, limits=below)
    with pytest.raises(Unsearchable) as refused:
        await search(notes, "alpha", bounded, **asked)
    assert refused.value.error_code == "QUERY_TOO_EXPENSIVE"
    await search(notes, "alpha", bounded, columns=("body",), limit=1)


async def test_scores_are_proved_in_each_index(notes: Target) -> None:
    asked = request("omega kappa", tables=("notes",), columns=("title", "tags"), explain=True)
    (found,) = await natural().search(asked, notes)
    assert len(found.statements) >= 2
    assert {re.findall(r"MATCH \(`(\w+)`\)", sql)[0] for sql in found.statements} == {"title", "tags"}
    assert not any("omega" in sql or "%s" in sql for sql in found.statements)
    explained = (await natural().explain(asked, notes, {"notes": [hit.key for hit in found.hits]}))["notes"]

    def check(hit: Hit) -> None:
        proof = explained[hit.key]
        assert proof.agrees
        assert proof.raw_score == pytest.approx(hit.score)
        (other,) = proof.beside
        assert {proof.index, other.index} == {"ft_title", "ft_tags"}
        for one in (proof, other):
            column = one.index.removeprefix("ft_")
            assert {term.term: term.tf for term in one.terms} == {
                word: hit.data[column].split().count(word) for word in ("omega", "kappa")
            }

    for hit in found.hits:
        check(hit)


async def test_why_a_row_is_missing_looks_at_each_index(notes: Target) -> None:
    asked = request("omega", tables=("notes",), columns=("title", "tags"))
    without = has("omega", ["title"])
    (key, *_) = await rows_with(notes, lambda row: has("omega", ["tags"])(row) and not without(row))
    assert (await natural().diagnose(asked, notes, "notes", str(key))).reason == "MATCHES"
    (key, *_) = await rows_with(notes, lambda row: has("omega", ["body"])(row) and not has("omega", COLUMNS[::2])(row))
    told = await natural().diagnose(asked, notes, "notes", str(key))
    assert (told.reason, told.details["columns"]) == ("WORDS_NOT_IN_ROW", ["tags", "title"])


async def test_each_index_is_planned(notes: Target) -> None:
    asked = request("omega", tables=("notes",), columns=("title", "tags"))
    analyses = await natural().analyze(asked, notes)
    assert [(one.table, one.index) for one in analyses] == [("notes", "ft_tags"), ("notes", "ft_title")]
    for one, name in zip(analyses, ("tags", "title"), strict=True):
        assert one.terms == {"omega": len(await rows_with(notes, has("omega", [name])))}


async def test_windows_of_a_ranking_of_our_own(notes: Target) -> None:
    """BM25 ranks what the lists give together; pages of it concatenate over the edges of windows."""
    sampler = Sampler(Samples(8 << 20, time.monotonic), time.monotonic, logging.getLogger("test"))
    sampler.start()
    try:
        ranking = Ranking(sampler, time.monotonic)
        mode = FulltextMode("natural", NaturalLanguage(32), longest=2000, concurrency=4, ranking=ranking)
        await sampled(mode, notes, "notes")
        for columns in (("title", "tags"), None):
            asked = {"columns": columns, "totals": "exact"}
            while not (whole := await search(notes, "alpha omega", mode, **asked)).pin:
                await asyncio.sleep(0.01)
            expected = await rows_with(notes, has("alpha omega", columns or COLUMNS))
            assert len(expected) > 2 * WINDOW
            assert sorted(ids(whole)) == expected
            assert (whole.total, whole.relation) == (len(expected), "eq")
            scores = [hit.score for hit in whole.hits]
            assert scores == sorted(scores, reverse=True)
            for offset in (0, 190, 390, 401):
                page = await search(notes, "alpha omega", mode, offset=offset, limit=20, **asked)
                assert ids(page)[: offset + 20] == ids(whole)[: offset + 20]
    finally:
        await sampler.aclose()
