"""Facets on both servers: exact ones equal a plain recomputation, the others say what they are."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from altus4_mysql import ConnectionLost, Pool, QueryTimeout
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.costs import CostLimits
from altus4_search_fulltext.faceting import counting
from altus4_search_fulltext.faceting.tally import tallied
from altus4_search_fulltext.mode import FulltextMode
from altus4_search_fulltext.natural import NaturalLanguage

from altus4_core.facets import FacetCounts
from altus4_core.http.search.filterlanguage import read_filters
from altus4_core.records import DatabaseOutcome, DatabaseStatus, TableHits
from altus4_core.search.faceting import faceted

from .support import Target, boolean, natural, opened, request

pytestmark = [pytest.mark.mysql, pytest.mark.asyncio(loop_scope="module")]

ROWS = 2400
KINDS = ("red", "Red", "green", "blau ", None)
NAMES = ("kind", "goods.price", "day", "flags", "big", "bits", "`odd```", "raw")


def _row(number: int) -> tuple[Any, ...]:
    body = "whale elephant" if number % 3 else "whale giraffe"
    return (
        number,
        body,
        KINDS[number % 5],
        None if number % 7 == 0 else f"{number % 4}.50",
        f"2024-02-{1 + number % 9:02d}",
        ("", "a", "a,b", None)[number % 4],
        2**53 + 1 + number % 2,
        number % 3,
        f"q{number % 6}",
        bytes([number % 2, 255]),
    )


async def _fill(pool: Pool) -> None:
    await pool.fetch(
        "CREATE TABLE goods (id INT PRIMARY KEY, body TEXT, kind VARCHAR(20), price DECIMAL(6,2), day DATE,"
        " flags SET('a','b'), big BIGINT, bits BIT(3), `odd``` TEXT, raw VARBINARY(4), doc JSON, place POINT,"
        " FULLTEXT KEY ft (body)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_unicode_ci"
    )
    rows = [_row(number) for number in range(ROWS)]
    for start in range(0, ROWS, 400):
        part = rows[start : start + 400]
        one = f"({', '.join(['%s'] * 10)}, '{{}}', NULL)"
        await pool.fetch(
            f"INSERT INTO goods VALUES {', '.join([one] * len(part))}", [each for row in part for each in row]
        )
    await pool.fetch(
        "CREATE TABLE other (id INT PRIMARY KEY, body TEXT, kind INT, FULLTEXT KEY ft (body)) ENGINE=InnoDB"
    )
    await pool.fetch("INSERT INTO other VALUES (1, 'whale', 1), (2, 'whale', 2), (3, 'giraffe', 2)")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def goods(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _fill) as target:
        yield target


async def _search(
    target: Target, query: str, *facets: str, mode: FulltextMode | None = None, table: str = "goods", **changes: Any
) -> TableHits:
    (found,) = await (mode or natural()).search(
        request(query, facets=facets, tables=(table,), limit=5, **changes), target
    )
    return found


def _plain(rows: list[tuple[Any, ...]], place: int, shown: Any = lambda value: value) -> dict[Any, int]:
    return dict(Counter(shown(row[place]) for row in rows))


def _expected(rows: list[tuple[Any, ...]]) -> dict[str, dict[Any, int]]:
    members = Counter(each for row in rows if row[5] is not None for each in row[5].split(","))
    absent = sum(row[5] is None for row in rows)
    return {
        "kind": _plain(rows, 2, lambda value: value and value.lower().strip()),
        "goods.price": _plain(rows, 3),
        "day": _plain(rows, 4),
        "flags": {**members, **({None: absent} if absent else {})},
        "big": _plain(rows, 6, str),
        "bits": _plain(rows, 7),
        "`odd```": _plain(rows, 8),
        "raw": _plain(rows, 9, lambda value: "AP8=" if value[0] == 0 else "Af8="),
    }


def _shown(found: TableHits) -> dict[str, dict[Any, int]]:
    shown = {name: dict(counts.values) for name, counts in found.facets.items()}
    kinds: Counter[Any] = Counter()
    for value, count in shown["kind"].items():
        kinds[value and value.lower().strip()] += count
    assert len(kinds) == len(shown["kind"])  # what the collation does not tell apart is one value
    return {**shown, "kind": dict(kinds)}


@pytest.mark.parametrize(
    ("mode", "query", "filters", "keep"),
    [
        (natural(), "whale", None, lambda row: True),
        (natural(), "elephant nothing", None, lambda row: "elephant" in row[1]),
        (natural(), "whale", {"price": {"gte": 1}, "not": {"kind": "green"}},
         lambda row: row[3] is not None and float(row[3]) >= 1 and row[2] != "green"),
        (boolean(), "+whale -giraffe", None, lambda row: "giraffe" not in row[1]),
        (boolean(), '"whale giraffe" OR eleph*', {"flags": "b"}, lambda row: row[5] == "a,b"),
        (natural(), "giraffe", {"id": {"lt": 300}}, lambda row: row[0] < 300 and "giraffe" in row[1]),
    ],
)  # fmt: skip
async def test_an_exact_facet_equals_a_plain_recomputation(
    goods: Target, mode: FulltextMode, query: str, filters: Any, keep: Any
) -> None:
    rows = [row for row in map(_row, range(ROWS)) if keep(row)]
    wanted = read_filters(filters) if filters else None
    found = await _search(goods, query, *NAMES, mode=mode, filters=wanted, facet_mode="exact")
    assert _shown(found) == _expected(rows)
    assert all(counts.exact and counts.complete for counts in found.facets.values())
    assert {name: counts.sampled for name, counts in found.facets.items()} == dict.fromkeys(NAMES, len(rows))
    assert not found.notices
    for counts in found.facets.values():
        frequencies = [count for _, count in counts.values]
        assert frequencies == sorted(frequencies, reverse=True)
    for value, count in found.facets["goods.price"].values:  # a value can be sent back
        again = read_filters({"and": [*([filters] if filters else []), {"price": value}]})
        assert (await _search(goods, query, mode=mode, filters=again, totals="exact")).total == count


async def test_a_sample_is_one_statement_and_says_how_many(goods: Target) -> None:
    await _search(goods, "whale")
    goods.statements.clear()
    found = await _search(goods, "whale", *NAMES, totals="none")
    assert len(goods.statements) == 2
    assert not any("GROUP BY" in statement for statement in goods.statements)
    for name, counts in found.facets.items():
        assert (counts.exact, counts.sampled, sum(count for _, count in counts.values) >= 1000 - 250) == (
            False, 1000, True
        ), name  # fmt: skip
    assert not found.notices
    small = await _search(goods, "giraffe", "day", filters=read_filters({"id": {"lt": 99}}))
    assert (small.facets["day"].exact, small.facets["day"].sampled) == (True, 33)


async def test_what_cannot_be_paid_is_sampled_with_a_warning(goods: Target) -> None:
    mean = FulltextMode("natural", NaturalLanguage(32), longest=2000, concurrency=4, facet_seconds=0.0)
    goods.statements.clear()
    found = await _search(goods, "whale", "day", mode=mean, facet_mode="exact")
    assert not any("GROUP BY" in statement for statement in goods.statements)
    assert (found.facets["day"].exact, found.facets["day"].sampled) == (False, 1000)
    (told,) = found.notices
    assert (told.code, told.details["reason"], told.details["columns"]) == ("FACETS_SAMPLED", "tooExpensive", ["day"])


class Reluctant:
    """A target that fails, or is slow, where a statement counts."""

    def __init__(self, target: Target, word: str, error: Exception | None) -> None:
        self._target = target
        self._word = word
        self._error = error
        self.database = target.database
        self.id, self.name, self.kind = target.id, target.name, target.kind
        self.slow: list[bool] = []

    async def schema(self) -> Any:
        return await self._target.schema()

    async def fetch(self, sql: str, params: Any = (), **more: Any) -> Any:
        if self._word in sql:
            self.slow.append(more["slow"])
            if self._error is not None:
                raise self._error
            sql = sql.replace("SELECT ", "SELECT SLEEP(0.01), ", 1)
        return await self._target.fetch(sql, params, **more)


async def test_facets_never_fail_a_search(goods: Target) -> None:
    plain = await _search(goods, "whale")
    for word, error, code, reason in (
        ("GROUP BY", QueryTimeout(1.0), "FACETS_SAMPLED", "outOfTime"),
        ("GROUP BY", ConnectionLost(before_first_row=False), "FACETS_SAMPLED", "failed"),
        ("`day` FROM", QueryTimeout(1.0), "FACETS_MISSING", "outOfTime"),
        ("`day` FROM", ConnectionLost(before_first_row=False), "FACETS_MISSING", "failed"),
        ("GROUP BY", None, "FACETS_SAMPLED", "outOfTime"),
    ):
        target: Any = Reluctant(goods, word, error)
        began = time.monotonic()
        timeout = 20_000 if error else 1500
        found = await _search(target, "whale", "day", facet_mode="exact", timeout_ms=timeout)
        assert time.monotonic() - began < 5
        assert [hit.key for hit in found.hits] == [hit.key for hit in plain.hits]
        assert [(notice.code, notice.details["reason"]) for notice in found.notices] == [(code, reason)]
        assert not found.facets["day"].exact


async def test_counting_all_takes_the_slow_lane(goods: Target) -> None:
    for slow in (0.001, 10.0):
        target: Any = Reluctant(goods, "GROUP BY", QueryTimeout(1.0))
        mode = FulltextMode(
            "natural", NaturalLanguage(32), longest=2000, concurrency=4, limits=CostLimits(slow=slow, most=10.0)
        )
        await _search(target, "whale", "day", mode=mode, facet_mode="exact")
        assert target.slow == [slow < 1]


async def test_columns_that_do_not_fit(goods: Target) -> None:
    found = await _search(goods, "whale", "kind", "POINT.place", "place", "prize", "other.kind", 'x"; DROP 😀')
    assert list(found.facets) == ["kind"]
    assert found.hits
    assert [(each.place, each.code) for each in found.misfits] == [
        ("facets[1]", "unknown_table"), ("facets[2]", "column_type"), ("facets[3]", "unknown_column"),
        ("facets[4]", "unknown_table"), ("facets[5]", "unknown_column"),
    ]  # fmt: skip
    assert [notice.details["field"] for notice in found.notices] == [f"facets[{n}]" for n in (2, 3, 5)]
    assert found.notices[1].message == (
        "Nothing is counted for it in table 'goods': table 'goods' has no column 'prize'; did you mean 'price'?"
    )
    assert found.notices[2].message.endswith("DROP 😀'.")
    other = await _search(goods, "whale", "kind", "goods.kind", table="other")
    assert {name: list(counts.values) for name, counts in other.facets.items()} == {"kind": [(1, 1), (2, 1)]}
    nothing = await _search(goods, "the", "kind")
    assert nothing.facets == {"kind": FacetCounts((), exact=True, sampled=0)}
    assert (await _search(goods, "absentee", "kind")).facets == nothing.facets


async def test_sums_of_texts_know_their_doubts(goods: Target) -> None:
    schema = await goods.schema()
    table = schema.table("goods")
    assert table is not None
    kind = table.column("kind")
    assert kind is not None
    for values, shown, certain in (
        (("a", "A", "b"), {"a": 2, "b": 1}, True),
        (("café", "cafe"), {"café": 2}, False),
        (("a", "a "), {"a": 2}, False),
        (("日本", "東京", None), {"日本": 1, "東京": 1, None: 1}, True),
    ):
        tally = tallied(kind, [(value, 1) for value in values], 255, grouped=False)
        assert (dict(tally.values), tally.certain) == (shown, certain)
    long = tallied(kind, [("x" * 300, 1)], 255, grouped=True)
    assert (long.values, long.cut) == ((("x" * 255, 1),), True)


CASES = {
    "shop": ("VARCHAR(20)", "utf8mb4_unicode_ci", ("Red", "red", "red", "Café", "blau ")),
    "home": ("ENUM('RED','CAFE','blau')", "utf8mb4_general_ci", ("RED", "CAFE", "blau", "blau")),
    "code": ("VARCHAR(20)", "utf8mb4_bin", ("red", "Red", "Red", "Red")),
}


async def test_values_of_several_tables_are_one_where_no_collation_tells_them_apart(
    any_server: ServerAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fill(pool: Pool) -> None:
        for table, (kind, collation, values) in CASES.items():
            await pool.fetch(
                f"CREATE TABLE {table} (id INT PRIMARY KEY, body TEXT, kind {kind} COLLATE {collation},"
                " FULLTEXT KEY ft (body)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
            )
            for number, value in enumerate(values):
                await pool.fetch(f"INSERT INTO {table} VALUES (%s, 'whale', %s)", (number, value))

    async with opened(any_server, fill) as target:
        for most in (1000, 4):  # in the gateway, and by the server
            monkeypatch.setattr(counting, "MOST_ROWS", most)
            shown: dict[tuple[str, ...], dict[str, int]] = {}
            for tables in (("shop", "home"), ("shop", "code")):
                asked = request("whale", facets=("kind",), tables=tables, facet_mode="exact")
                found = await natural().search(asked, target)
                (facet,) = faceted(asked, [DatabaseOutcome("d", "d", DatabaseStatus.OK, tables=found)])
                shown[tables] = {each["value"].strip(): each["count"] for each in facet["values"]}
            spelt = shown["shop", "home"]
            assert spelt.pop("Café", 0) + spelt.pop("CAFE", 0) == 2
            assert spelt == {"red": 4, "blau": 3}
            assert shown["shop", "code"] == {"red": 4, "Red": 3, "Café": 1, "blau": 1}
        (hits,) = await natural().search(request("whale", tables=("shop",)), target)
        assert {hit.folds is not None and hit.folds["kind"](hit.data["kind"]) for hit in hits.hits} == {
            "red", "cafe", "blau",
        }  # fmt: skip


async def test_more_values_than_are_told(goods: Target) -> None:
    found = (await _search(goods, "whale", "id", facet_mode="exact")).facets["id"]
    assert (len(found.values), found.exact, found.complete, found.sampled) == (1000, True, False, ROWS)


TYPES = {
    "f": ("FLOAT", "0.1"), "d": ("DOUBLE", "1e300"), "y": ("YEAR", "2024"), "t": ("TIME(3)", "'-838:59:59.5'"),
    "s": ("TIMESTAMP(3) NULL", "'2024-02-29 12:00:00.789'"), "m": ("DATETIME", "'2024-02-29 12:00:00'"),
    "z": ("DATE", "'0000-00-00'"), "e": ("ENUM('x','y')", "'y'"), "b": ("BLOB", "X'00FF'"),
    "n": ("DECIMAL(30,10)", "0.1"), "u": ("BIGINT UNSIGNED", "18446744073709551615"), "o": ("TINYINT(1)", "1"),
    "l": ("VARCHAR(20) CHARACTER SET latin1", "'Café'"), "x": ("LONGTEXT", "'<b>\U0001f600'"),
    "i": ("BIT(64)", "b'101'"),
}  # fmt: skip


async def test_values_are_those_of_results(any_server: ServerAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fill(pool: Pool) -> None:
        columns = ", ".join(f"{name} {kind}" for name, (kind, _) in TYPES.items())
        await pool.fetch(f"CREATE TABLE odd (id INT PRIMARY KEY, body TEXT, {columns}, FULLTEXT KEY ft (body))")
        values = ", ".join(value for _, value in TYPES.values())
        async with pool.lease() as lease:
            await lease.fetch("SET sql_mode = ''")
            await lease.fetch(f"INSERT INTO odd VALUES (1, 'whale', {values}), (2, 'whale', {values})")
            lease.discard()

    async with opened(any_server, fill) as target:
        names = tuple(TYPES)
        for most in (1000, 1):  # in the gateway, and by the server
            monkeypatch.setattr(counting, "MOST_ROWS", most)
            for start in range(0, len(names), 8):
                part = names[start : start + 8]
                target.statements.clear()
                found = await _search(target, "whale", *part, table="odd", fields=names, facet_mode="exact")
                assert sum("GROUP BY" in each for each in target.statements) == (len(part) if most == 1 else 0)
                for name in part:
                    value = found.hits[0].data[name]
                    assert found.facets[name].values == ((value, 2),), name
                    if name == "z":
                        continue  # filters take no dates that are none
                    again = read_filters({name: value})
                    assert len((await _search(target, "whale", table="odd", filters=again)).hits) == 2, name
