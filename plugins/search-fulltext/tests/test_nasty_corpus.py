"""The corpus in both modes over tables of every kind: nothing fails but in the documented ways."""

import html
from collections.abc import AsyncIterator

import pytest
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress

from altus4_core.errors import Unsearchable
from altus4_core.records import Highlight, TableHits
from altus4_core.search.marking import marked

from .nasty import CORPUS
from .support import Target, boolean, natural, opened, request

pytestmark = pytest.mark.mysql

TEXTS = (
    "mysql tuning and an index",
    "history of coffee in vienna",
    "日本語テキスト 検索",
    "naïve café don't C++ a@b.com",
)


async def _menagerie(pool: Pool) -> None:
    flavour = (await pool.fetch("SELECT VERSION()")).scalar()
    tables = [
        "CREATE TABLE plain (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body)) ENGINE=InnoDB",
        "CREATE TABLE latin (id INT PRIMARY KEY, body TEXT CHARACTER SET latin1, FULLTEXT KEY ft (body)) ENGINE=InnoDB",
        "CREATE TABLE exact (id INT PRIMARY KEY, body TEXT COLLATE utf8mb4_bin, FULLTEXT KEY ft (body)) ENGINE=InnoDB",
        "CREATE TABLE old (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body)) ENGINE=MyISAM",
        "CREATE TABLE `p%%s ``q` (`i%%d` INT PRIMARY KEY, `b``%%s` TEXT, FULLTEXT KEY `f%%t` (`b``%%s`)) ENGINE=InnoDB",
    ]
    names = ["plain", "latin", "exact", "old", "`p%%s ``q`"]
    if "mariadb" not in flavour.lower():
        tables.append(
            "CREATE TABLE grams (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body) WITH PARSER ngram) ENGINE=InnoDB"
        )
        names.append("grams")
    for statement in tables:
        await pool.fetch(statement)
    for name in names:
        for number, text in enumerate(TEXTS):
            stored = text.encode("latin-1", "replace").decode("latin-1") if name == "latin" else text
            await pool.fetch(f"INSERT INTO {name} VALUES (%s, %s)", (number, stored))


@pytest.fixture
async def menagerie(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _menagerie) as target:
        yield target


def check_marks(found: list[TableHits]) -> None:
    """Every row shows something that matched, and nothing else than its text."""
    for hit in [hit for hits in found for hit in hits.hits]:
        assert hit.matches is not None
        for column, matches in hit.matches().items():
            text = marked(matches, Highlight(pre_tag="", post_tag=""))
            assert html.unescape(text) == hit.data[column]
        assert list(hit.matches()) == list(hit.matched_columns)


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 200
    assert all(len(query) <= 500 for query in CORPUS)


async def test_natural_mode_takes_any_text(menagerie: Target) -> None:
    mode = natural()
    for query in CORPUS:
        found = await mode.search(request(query, highlight=Highlight()), menagerie)
        check_marks(found)
        assert len(found) == len(menagerie.known.tables), query
        for hits in found:
            assert hits.hits or hits.notices or hits.total == 0, query
            assert not {notice.code for notice in hits.notices} & {"SCHEMA_CHANGED", "TABLE_ACCESS_DENIED"}, query


async def test_boolean_mode_answers_or_says_why_not(menagerie: Target) -> None:
    mode = boolean()
    answered = 0
    for query in CORPUS:
        refusal = None
        try:
            check_marks(await mode.search(request(query, highlight=Highlight()), menagerie))
        except Unsearchable as error:
            refusal = error
        if refusal is None:
            answered += 1
            continue
        assert refusal.error_code in ("INVALID_BOOLEAN_QUERY", "QUERY_TOO_EXPENSIVE"), query
        assert 0 <= refusal.details["position"] <= len(query), query
    assert answered > 150


async def test_statements_come_from_templates_alone(menagerie: Target) -> None:
    """User text is bound, never part of a statement: there are no more statements than tables and modes allow."""
    for query in CORPUS:
        await natural().search(request(query), menagerie)
    assert len(set(menagerie.statements)) <= 2 * len(menagerie.known.tables)
