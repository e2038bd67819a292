"""The seed's example tables, alone and together, against a plain recomputation over all rows, on both servers."""

import re
from typing import Any

import pytest

from altus4_core.records import TableHits

from .support import Target, boolean, natural, request

pytestmark = pytest.mark.mysql

ARTICLES = ("title", "content")
PRODUCTS = ("name", "description")
# What is asked for, and what is searched: the best index inside the set, else one that has more than it.
CHOICES: dict[str, list[tuple[tuple[str, ...] | None, str, tuple[str, ...], str | None]]] = {
    "articles": [
        (None, "ft_title_content", ARTICLES, None),
        (("title",), "ft_title", ("title",), None),
        (("content",), "ft_content", ("content",), None),
        (("content", "title"), "ft_title_content", ARTICLES, None),
        (("title", "author"), "ft_title", ("title",), "COLUMNS_NOT_EXACT"),
        (("title", "content", "author"), "ft_title_content", ARTICLES, "COLUMNS_NOT_EXACT"),
        (("author",), "", (), "COLUMNS_NOT_INDEXED"),
    ],
    "products": [
        (None, "ft_name_description", PRODUCTS, None),
        (("name",), "ft_name", ("name",), None),
        (("description", "name"), "ft_name_description", PRODUCTS, None),
        (("description",), "ft_name_description", PRODUCTS, "COLUMNS_NOT_EXACT"),
        (("name", "category"), "ft_name", ("name",), "COLUMNS_NOT_EXACT"),
        (("category", "price"), "", (), "COLUMNS_NOT_INDEXED"),
    ],
}
QUERIES = ["mysql", "coffee", "tuning index", "grinder large the", "MySQL  Café", "nothing databases", "xyz"]


async def plainly(shop: Target, table: str, columns: tuple[str, ...], query: str) -> list[int]:
    """Find rows by looking at all of them, without any FULLTEXT index."""
    if not columns:
        return []
    stopwords = {
        row[0] for row in await shop.pool.fetch("SELECT value FROM information_schema.INNODB_FT_DEFAULT_STOPWORD")
    }
    words = [word for word in re.findall(r"\w+", query) if len(word) >= 3 and word not in stopwords]
    tests = " OR ".join(f"{name} REGEXP %s" for name in columns for _ in words)
    params = [rf"(^|[^[:alnum:]]){word}([^[:alnum:]]|$)" for _ in columns for word in words]
    rows = await shop.pool.fetch(f"SELECT id FROM {table} WHERE {tests} ORDER BY id", params)
    return [row[0] for row in rows]


def ids(found: TableHits) -> list[Any]:
    return sorted(hit.data["id"] for hit in found.hits)


@pytest.mark.parametrize("table", list(CHOICES))
@pytest.mark.parametrize("make", [natural, boolean])
async def test_alone(shop: Target, table: str, make: Any) -> None:
    found_any = 0
    for columns, index, searched, warning in CHOICES[table]:
        for query in QUERIES:
            (found,) = await make().search(request(query, tables=(table,), columns=columns), shop)
            expected = await plainly(shop, table, searched, query)
            assert found.index == index
            assert ids(found) == expected, (query, columns)
            assert (found.total, found.relation) == (len(expected), "eq")
            told = {notice.code for notice in found.notices} - {"STOPWORD_REMOVED", "TOKEN_TOO_SHORT"}
            assert told == ({warning} if warning else set())
            assert all(set(hit.matched_columns) <= set(searched) and hit.matched_columns for hit in found.hits)
            found_any += len(found.hits)
    assert found_any > 10


@pytest.mark.parametrize(
    ("columns", "searched"),
    [
        (None, {"articles": ARTICLES, "products": PRODUCTS}),
        (("title", "name"), {"articles": ("title",), "products": ("name",)}),
        (("content", "description", "name"), {"articles": ("content",), "products": PRODUCTS}),
        (("title",), {"articles": ("title",)}),
    ],
)
async def test_together(shop: Target, columns: tuple[str, ...] | None, searched: dict[str, tuple[str, ...]]) -> None:
    for query in QUERIES:
        found = await natural().search(request(query, columns=columns), shop)
        assert {table.table for table in found} == set(searched)
        for table in found:
            assert ids(table) == await plainly(shop, table.table, searched[table.table], query)
