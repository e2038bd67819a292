"""Fields and sort on both servers, over the seed's example tables and odd ones."""

from datetime import date
from typing import Any

import pytest
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress

from altus4_core.http.search.filterlanguage import read_filters
from altus4_core.http.search.wishes import read_sort
from altus4_core.records import DatabaseOutcome, DatabaseStatus, FusedHit, TableHits
from altus4_core.search.ordering import in_order, unlike

from .support import Target, natural, opened, request

pytestmark = pytest.mark.mysql


async def _search(target: Target, query: str, **changes: Any) -> dict[str, TableHits]:
    return {hits.table: hits for hits in await natural().search(request(query, **changes), target)}


def _merged(found: dict[str, TableHits], *sort: str) -> list[FusedHit]:
    return in_order([DatabaseOutcome("d", "d", DatabaseStatus.OK, tables=list(found.values()))], read_sort(sort))


async def test_fields_choose_columns_and_nothing_else_changes(shop: Target) -> None:
    plain = (await _search(shop, "mysql tuning", tables=("articles",)))["articles"]
    shop.statements.clear()
    chosen = (await _search(shop, "mysql tuning", tables=("articles",), fields=("author", "articles.id")))["articles"]
    assert [list(hit.data) for hit in chosen.hits] == [["author", "id"]] * len(plain.hits)
    for before, after in zip(plain.hits, chosen.hits, strict=True):
        assert (after.key, after.score, after.matched_columns, after.snippet) == (
            before.key, before.score, before.matched_columns, before.snippet
        )  # fmt: skip
    assert not any("published_at" in statement or "*" in statement.split("FROM")[0] for statement in shop.statements)


async def test_a_table_without_a_field_is_skipped(shop: Target) -> None:
    found = await _search(shop, "mysql", fields=("title",))
    assert found["articles"].hits
    assert [notice.code for notice in found["products"].notices] == ["UNKNOWN_COLUMN"]
    (told,) = (await _search(shop, "mysql", fields=("titel",), tables=("articles",)))["articles"].notices
    assert told.message == "Table 'articles' was skipped: table 'articles' has no column 'titel'; did you mean 'title'?"
    both = await _search(shop, "mysql", fields=("articles.title", "products.name"))
    assert set(both["articles"].hits[0].data) == {"title"}
    assert set(both["products"].hits[0].data) == {"name"}


@pytest.mark.parametrize("descending", [False, True])
async def test_sort_by_a_column(shop: Target, descending: bool) -> None:
    sort = (f"author:{'desc' if descending else 'asc'}",)
    found = await _search(shop, "tuning index art mysql", tables=("articles",), sort=read_sort(sort))
    authors = [fused.hit.data["author"] for fused in _merged(found, *sort)]
    assert authors[-1] is None
    named = [author for author in authors if author is not None]
    assert named == sorted(named, reverse=descending)
    assert len(named) > 1


async def test_sort_over_tables_and_pages(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        for number, kind in enumerate(("DECIMAL(10,2)", "INT", "DOUBLE")):
            await pool.fetch(
                f"CREATE TABLE t{number} (id INT PRIMARY KEY, body TEXT, price {kind}, day DATE,"
                " FULLTEXT KEY ft (body)) ENGINE=InnoDB"
            )
            for row in range(12):
                price = None if row % 5 == 4 else (row * 7 + number) % 11
                text = "whale " * (1 + row % 3)
                await pool.fetch(f"INSERT INTO t{number} VALUES (%s, %s, %s, NULL)", (row, text, price))
        await pool.fetch("CREATE TABLE without (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body)) ENGINE=InnoDB")
        await pool.fetch("INSERT INTO without VALUES (1, 'whale')")

    async with opened(any_server, fill) as target:
        for sort in (
            ("price",),
            ("price:desc",),
            ("price:desc", "relevance:desc"),
            ("day", "price"),
            ("relevance:asc",),
            ("relevance:desc", "price"),
        ):
            keys = read_sort(sort)
            whole = _merged(await _search(target, "whale", sort=keys, limit=60), *sort)
            if sort[0].startswith("price"):
                prices = [float(fused.hit.data["price"]) for fused in whole if fused.hit.data["price"] is not None]
                assert prices == sorted(prices, reverse="desc" in sort[0])
                assert all(fused.hit.data["price"] is None for fused in whole[len(prices) :])
                assert {fused.table for fused in whole} == {"t0", "t1", "t2"}
            paged: list[str] = []
            for offset in range(0, len(whole), 7):
                page = _merged(await _search(target, "whale", sort=keys, limit=7, offset=offset), *sort)
                paged += [fused.id for fused in page[offset : offset + 7]]
            assert paged == [fused.id for fused in whole]
        found = await _search(target, "whale", sort=read_sort(("price",)))
        assert [notice.code for notice in found["without"].notices] == ["UNKNOWN_COLUMN"]
        least = await _search(target, "whale", sort=read_sort(("price",)), min_score=0.9)
        assert not any(hits.hits for hits in least.values())


async def test_further_keys_stand_between_equal_scores(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch(
            "CREATE TABLE t (id INT PRIMARY KEY, body TEXT, at DATE, FULLTEXT KEY ft (body)) ENGINE=InnoDB"
        )
        for row in range(12):
            day = date(2024, 1, 1 + row * 5 % 12)
            await pool.fetch("INSERT INTO t VALUES (%s, %s, %s)", (row, "whale " * (1 + row % 2), day))

    async with opened(any_server, fill) as target:
        for direction in ("asc", "desc"):
            sort = ("relevance:desc", f"at:{direction}")
            hits = _merged(await _search(target, "whale", sort=read_sort(sort), limit=12), *sort)
            days = [str(fused.hit.data["at"]) for fused in hits]
            assert [len(fused.hit.data["body"].split()) for fused in hits] == [2] * 6 + [1] * 6
            assert [*sorted(days[:6], reverse=direction == "desc")] == days[:6]
            assert [*sorted(days[6:], reverse=direction == "desc")] == days[6:]
        found = await _search(target, "whale", sort=read_sort(("relevance:desc", "nowhere")))
        assert [notice.code for notice in found["t"].notices] == ["UNKNOWN_COLUMN"]


async def test_sort_by_what_has_no_order(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch(
            "CREATE TABLE odd (id INT PRIMARY KEY, body TEXT, size ENUM('small','large','huge'), place POINT,"
            " raw VARBINARY(9), bits BIT(9), FULLTEXT KEY ft (body)) ENGINE=InnoDB"
        )
        await pool.fetch(
            "INSERT INTO odd VALUES (1, 'whale', 'huge', NULL, X'00FF', 2), (2, 'whale', 'small', NULL, NULL, 1),"
            " (3, 'whale', 'large', NULL, X'', 3)"
        )

    async with opened(any_server, fill) as target:
        found = await _search(target, "whale", sort=read_sort(("place", "raw:desc")))
        assert [(one.place, one.code) for one in found["odd"].misfits] == [
            ("sort[0]", "column_type"),
            ("sort[1]", "column_type"),
        ]
        for sort, expected in ((("size",), [2, 3, 1]), (("bits:desc",), [3, 1, 2])):
            merged = _merged(await _search(target, "whale", sort=read_sort(sort)), *sort)
            assert [fused.hit.key[0] for fused in merged] == expected
        shown = await _search(target, "whale", fields=("raw", "id"), sort=read_sort(("id",)))
        assert [hit.data["raw"] for hit in shown["odd"].hits] == ["AP8=", None, ""]


CATS = {
    "ranks": ("ENUM('low','mid','High')", ("High", "low", "mid", None)),
    "levels": ("ENUM('low','mid','High')", ("mid", "High")),
    "other": ("ENUM('mid','high','below')", ("mid", "below", "high")),
    "words": ("VARCHAR(20)", ("zenith", "Lowest", "high", None)),
    "numbers": ("INT", (2, 1)),
}


async def test_an_enum_sorts_by_place_where_all_tables_define_it_alike_else_by_text(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        for table, (kind, values) in CATS.items():
            await pool.fetch(
                f"CREATE TABLE {table} (id INT PRIMARY KEY, body TEXT, title TEXT, cat {kind},"
                " FULLTEXT KEY ft (body), FULLTEXT KEY ft2 (title)) ENGINE=InnoDB"
                " DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_unicode_ci"
            )
            for number, value in enumerate(values):
                await pool.fetch(f"INSERT INTO {table} VALUES (%s, 'whale', 'whale', %s)", (number, value))

    async def cats(tables: tuple[str, ...], sort: str, **changes: Any) -> list[Any]:
        found = await _search(target, "whale", tables=tables, sort=read_sort((sort,)), **changes)
        outcomes = [DatabaseOutcome("d", "d", DatabaseStatus.OK, tables=list(found.values()))]
        assert not unlike(outcomes, read_sort((sort,)))
        return [fused.hit.data["cat"] for fused in _merged(found, sort)]

    async with opened(any_server, fill) as target:
        assert await cats(("ranks", "levels"), "cat") == ["low", "mid", "mid", "High", "High", None]
        for tables, expected in (
            (("ranks", "other"), ["below", "High", "high", "low", "mid", "mid", None]),
            (("ranks", "words"), ["High", "high", "low", "Lowest", "mid", "zenith", None, None]),
            (("levels", "numbers"), [1, 2, "High", "mid"]),
        ):
            for sort in ("cat:asc", "cat:desc"):
                whole = await cats(tables, sort)
                named = [value if isinstance(value, int) else value.lower() for value in whole if value is not None]
                folded = [value if isinstance(value, int) else value.lower() for value in expected if value is not None]
                assert named == (folded if sort == "cat:asc" else folded[::-1])
                for size in range(1, len(whole)):  # pages concatenate
                    assert (await cats(tables, sort, limit=size))[:size] == whole[:size]
                pages = await cats(tables, sort, columns=("body", "title"))  # by several indexes
                assert [value for value in pages if value is not None] == [each for each in whole if each is not None]
        alone = await _search(target, "whale", tables=("other",), sort=read_sort(("cat",)))
        text = await _search(target, "whale", tables=("words",), sort=read_sort(("cat",)))
        apart = [
            DatabaseOutcome(name, name, DatabaseStatus.OK, tables=list(found.values()))
            for name, found in (("a", alone), ("b", text))
        ]
        (told,) = unlike(apart, read_sort(("cat",)))
        assert (told.code, told.details["tables"]) == ("SORT_UNLIKE", [["a:other"], ["b:words"]])
        named_alone = await _search(target, "whale", tables=("other", "words"), sort=read_sort(("other.cat",)))
        assert [fused.hit.data["cat"] for fused in _merged(named_alone, "other.cat")][:3] == ["mid", "high", "below"]


async def test_ids_of_a_table_without_a_key_do_not_depend_on_fields(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE loose (body TEXT, n INT, m INT, FULLTEXT KEY ft (body)) ENGINE=InnoDB")
        await pool.fetch("INSERT INTO loose VALUES ('whale', 1, 2), ('whale', 2, 3)")

    async with opened(any_server, fill) as target:
        plain = await _search(target, "whale")
        chosen = await _search(target, "whale", fields=("m",))
        assert [hit.key for hit in plain["loose"].hits] == [hit.key for hit in chosen["loose"].hits]
        assert [dict(hit.data) for hit in chosen["loose"].hits] == [{"m": 2}, {"m": 3}]


async def test_an_estimated_total_beside_a_filter_is_capped(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE many (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body)) ENGINE=InnoDB")
        values = [value for number in range(1500) for value in (number, "whale")]
        await pool.fetch("INSERT INTO many VALUES " + ", ".join(["(%s, %s)"] * 1500), values)

    async with opened(any_server, fill) as target:
        filters = read_filters({"id": {"gte": 100}})
        told = {}
        for totals in ("exact", "estimated", "none"):
            hits = (await _search(target, "whale", filters=filters, totals=totals))["many"]
            told[totals] = (hits.total, hits.relation)
        assert told == {"exact": (1400, "eq"), "estimated": (1001, "gte"), "none": (None, "unknown")}
