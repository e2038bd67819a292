"""The server's scores, reproduced from term frequencies on both servers."""

import random
from collections.abc import AsyncIterator, Callable

import pytest
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.mode import FulltextMode
from altus4_search_fulltext.proof import idf, rows_counted
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.seams import ExplainingMode
from altus4_core.search.explaining import source_json

from .support import Target, boolean, natural, opened, request

pytestmark = pytest.mark.mysql

WORDS = ("alpha", "beta", "gamma", "delta", "zeta", "theta", "kappa", "omega")
WEIGHTS = (50, 20, 10, 5, 3, 2, 1, 1)
ROWS = 500


async def _texts(pool: Pool) -> None:
    chance = random.Random(3)
    for name, engine in (("texts", "InnoDB"), ("old", "MyISAM")):
        await pool.fetch(
            f"CREATE TABLE {name} (id BINARY(2) PRIMARY KEY, title VARCHAR(100), body TEXT,"
            f" FULLTEXT KEY ft (title, body)) ENGINE={engine} STATS_AUTO_RECALC=0"  # scores stand on row estimates
        )
        values = [
            value
            for number in range(ROWS)
            for value in (
                number.to_bytes(2, "big"),
                " ".join(chance.choices(WORDS, WEIGHTS, k=2)),
                " ".join(["the", *chance.choices(WORDS, WEIGHTS, k=6)]),
            )
        ]
        await pool.fetch(f"INSERT INTO {name} VALUES " + ", ".join(["(%s, %s, %s)"] * ROWS), values)
        await pool.fetch(f"DELETE FROM {name} WHERE ASCII(SUBSTRING(id, 2)) > 240")
        await pool.fetch(f"ANALYZE TABLE {name}")


@pytest.fixture
async def texts(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _texts) as target:
        yield target


def test_modes_say_that_they_explain() -> None:
    assert isinstance(natural(), ExplainingMode)


@pytest.mark.parametrize(
    "query", ["gamma", "gamma theta kappa", "alpha beta", "the omega x", '"gamma theta"', "absent zeta"]
)
async def test_every_score_of_a_page_is_proved(texts: Target, query: str) -> None:
    mode, asked = natural(), request(query, tables=("texts",), limit=20)
    (table,) = await mode.search(asked, texts)
    explained = (await mode.explain(asked, texts, {"texts": [hit.key for hit in table.hits]}))["texts"]
    rows = {
        row[0].hex(): f"{row[1]} {row[2]}".split()
        for row in await texts.pool.fetch("SELECT id, title, body FROM texts")
    }
    assert table.hits
    assert set(explained) == {hit.key for hit in table.hits}
    for hit in table.hits:
        proof = explained[hit.key]
        assert proof.agrees
        assert proof.index == "ft"
        assert proof.raw_score == pytest.approx(hit.score, rel=1e-6)
        assert sum(term.score for term in proof.terms) == pytest.approx(hit.score, rel=1e-5)
        for term in proof.terms:
            assert term.tf == rows[hit.key[0]].count(term.term)
            assert 0 <= term.df - sum(term.term in words for words in rows.values()) <= 18  # deleted ones may count
            assert term.n == pytest.approx(len(rows), abs=3)  # the server's count lags behind
    if query == "the omega x":
        assert proof.dropped == ["the", "x"]


@pytest.mark.parametrize(
    ("query", "in_mode"),
    [
        ("omega omega", natural),
        ("gamma zeta GAMMA", natural),
        ('"alpha gamma" delta', natural),
        ('zeta "zeta theta"', natural),
        ('"alpha beta" gamma', boolean),
        ("(+alpha +beta) OR gamma", boolean),
        ("alph*", boolean),
        ("+zet* -gamma", boolean),
        ("bet* zeta thet*", boolean),
        (">alpha <beta", boolean),
        ("gamma ~beta", boolean),
        ("+(>zeta <theta) alpha", boolean),
        ('"alpha gamma" @4', boolean),
        ('alpha AND (beta OR "gamma delta")', boolean),
    ],
)
async def test_what_an_operator_does_to_a_score_is_proved(
    texts: Target, query: str, in_mode: Callable[[], FulltextMode]
) -> None:
    mode, asked = in_mode(), request(query, tables=("texts",), limit=300)
    (table,) = await mode.search(asked, texts)
    keys = [hit.key for hit in table.hits]
    assert keys
    explained = (await mode.explain(asked, texts, {"texts": keys}))["texts"]
    assert set(explained) == set(keys)
    for hit in table.hits:
        proof = explained[hit.key]
        assert proof.agrees
        assert sum(term.score for term in proof.terms) + proof.signs == pytest.approx(hit.score, rel=1e-4, abs=1e-5)
        for term in proof.terms:
            assert term.tf is not None
            assert term.n is not None
            if term.tf:
                assert term.score == pytest.approx(term.tf * idf(term.n, term.df) ** 2)


@pytest.mark.parametrize("query", ["gard*", "gard* absent", "gard* water", "gard* plan* absent", "gard* gard*"])
async def test_a_prefix_of_several_words_is_proved_without_a_word_that_tells_the_rows(
    any_server: ServerAddress, query: str
) -> None:
    """Its df is that of all its words added up, 2 for "garden" and 2 for "gardening": nobody can count it."""

    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE texts (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body))")
        bodies = ("garden gardening plants", "garden", "gardening planted", "water", *["nothing here"] * 36)
        await pool.fetch(
            f"INSERT INTO texts VALUES {', '.join(['(%s, %s)'] * len(bodies))}",
            [value for row in enumerate(bodies, 1) for value in row],
        )
        await pool.fetch("ANALYZE TABLE texts")

    async with opened(any_server, fill) as target:
        explained = await boolean().explain(request(query), target, {"texts": [(1,), (2,), (3,)]})
        for key, proof in explained["texts"].items():
            assert proof.agrees, (key, proof)
            by_term = {term.term: term for term in proof.terms}
            assert (by_term["gard*"].n, by_term["gard*"].df % 4) == (40, 0)  # twice in the query, df is 8
            assert by_term["gard*"].tf in (1, 2)


async def test_a_row_that_is_not_found_is_explained_too(texts: Target) -> None:
    ids = await texts.pool.fetch("SELECT HEX(id) FROM texts WHERE NOT MATCH (title, body) AGAINST ('omega') LIMIT 1")
    key = (ids.scalar().lower(),)
    explained = await natural().explain(request("omega"), texts, {"texts": [key, ("ffff",)], "absent": [key]})
    (proof,) = explained["texts"].values()
    assert list(explained) == ["texts"]
    assert proof.raw_score == 0
    assert [(term.term, term.tf) for term in proof.terms] == [("omega", 0)]


@pytest.mark.parametrize(("mode", "query"), [(natural(), "omega kappa"), (boolean(), "+omega >kappa")])
async def test_of_a_formula_that_is_not_reproduced_nothing_is_claimed(
    texts: Target, mode: FulltextMode, query: str
) -> None:
    """MyISAM scores by another one: the server's number is shown, and neither that the parts agree nor that not."""
    asked = request(query, tables=("old",), limit=3)
    (table,) = await mode.search(asked, texts)
    explained = (await mode.explain(asked, texts, {"old": [hit.key for hit in table.hits[:3]]}))["old"]
    assert len(explained) == 3
    for proof in explained.values():
        assert (proof.agrees, proof.signs) == (None, 0)
        assert proof.raw_score > 0
        assert "agrees" not in source_json(proof)


async def test_boolean_words_are_proved(texts: Target) -> None:
    mode, asked = boolean(), request("+gamma theta", tables=("texts",), limit=5)
    (table,) = await mode.search(asked, texts)
    explained = (await mode.explain(asked, texts, {"texts": [hit.key for hit in table.hits[:5]]}))["texts"]
    assert len(explained) == 5
    assert all(proof.agrees for proof in explained.values())


@given(
    st.integers(1, 5_000_000),
    st.lists(st.tuples(st.integers(1, 9), st.floats(1e-6, 0.9)), min_size=1, max_size=8),
)
def test_the_number_of_rows_is_found(rows: int, terms: list[tuple[int, float]]) -> None:
    frequencies = [max(1, int(rows * share)) for _, share in terms]
    parts = [[tf * idf(rows, df) ** 2 for (tf, _), df in zip(terms, frequencies, strict=True)]]
    found = rows_counted(parts, frequencies, rows)
    assert found is not None
    assert found == pytest.approx(rows, rel=1e-5, abs=1)
