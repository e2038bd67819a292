"""Filters, on both servers: what they find is what the same conditions find in plain Python over the rows."""

import operator
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from altus4_core.errors import ValidationFailed
from altus4_core.http.search.filterlanguage import read_filters
from altus4_core.records import TableHits

from .support import Target, boolean, natural, opened, request

pytestmark = [pytest.mark.mysql, pytest.mark.asyncio(loop_scope="module")]

Row = Mapping[str, Any]

ROWS: tuple[tuple[Any, ...], ...] = (
    # number, money, title, day, moment, kind, archived, "a.b", "or", 100%`
    (1, "0.10", 'Ann\'s "quoted" `tick` 100%', "2024-02-29", "2024-02-29 12:00:00", "small", 1, 1, "x", "p"),
    (2, "0.30", "under_score", "2024-03-01", "2024-03-01 00:00:00.5", "large", 0, 2, "y", "q"),
    (None, None, None, None, None, None, None, None, None, None),
    (4, "99999999999999999.99", "Émile 😀", "1000-01-01", "9999-12-31 23:59:59.999999", "small", 1, 3, "x", "p%"),
    (-5, "-0.10", "back\\slash", "2024-02-28", "1970-01-01 00:00:01", "large", 0, 4, "z", "p_"),
    (2147483647, "0.20", "", "9999-12-31", "2024-02-29 12:00:00.000001", "small", 1, 5, "", ""),
    (0, "1.00", "|pipe|%", "2023-01-01", "2024-02-29 11:59:59.999999", "large", 0, 6, "x", "P"),
)
NAMES = ("number", "money", "title", "day", "moment", "kind", "archived", "a.b", "or", "100%`")


async def _fill(pool: Pool) -> None:
    await pool.fetch(
        "CREATE TABLE things (id INT PRIMARY KEY AUTO_INCREMENT, body TEXT, number INT, money DECIMAL(19,2),"
        " title VARCHAR(100) COLLATE utf8mb4_bin, day DATE, moment DATETIME(6), kind ENUM('small','large'),"
        " archived TINYINT(1), `a.b` INT, `or` VARCHAR(10), `100%%``` VARCHAR(10) COLLATE utf8mb4_bin,"
        " FULLTEXT KEY ft (body)) ENGINE=InnoDB"
    )
    columns = ", ".join(f"`{name.replace('`', '``').replace('%', '%%')}`" for name in NAMES)
    for row in ROWS:
        marks = ", ".join(["%s"] * len(row))
        await pool.fetch(f"INSERT INTO things (body, {columns}) VALUES ('elephant', {marks})", row)
    await pool.fetch("INSERT INTO things (body, number) VALUES ('giraffe', 1)")
    await pool.fetch(
        "CREATE TABLE others (id INT PRIMARY KEY AUTO_INCREMENT, body TEXT, number VARCHAR(20), FULLTEXT KEY ft (body))"
        " ENGINE=InnoDB"
    )
    await pool.fetch("INSERT INTO others (body, number) VALUES ('elephant', '1'), ('elephant', 'two')")
    await pool.fetch(
        "CREATE TABLE odd (id INT PRIMARY KEY, body TEXT, latin VARCHAR(20) CHARACTER SET latin1, single FLOAT,"
        " twice DOUBLE, big BIGINT UNSIGNED, bits BIT(64), annual YEAR, span TIME(3), several SET('x','y','z'),"
        " stamp TIMESTAMP(3) NULL, raw VARBINARY(10), document JSON, place POINT, zero DATE NOT NULL,"
        " folded VARCHAR(20) COLLATE utf8mb4_general_ci, FULLTEXT KEY ft (body)) ENGINE=InnoDB"
    )
    async with pool.lease() as lease:
        await lease.fetch("SET sql_mode = ''")
        await lease.fetch(
            "INSERT INTO odd VALUES (1, 'elephant', 'Café', 0.1, 0.1, 18446744073709551615, b'101', 2024, '-838:59:59',"
            " 'x,z', '2024-02-29 12:00:00.789', X'00FF', '{\"a\": 1}', ST_GeomFromText('POINT(1 2)'),"
            " '0000-00-00', 'Straße'),"
            " (2, 'elephant', NULL, 2.5, 1e300, 9007199254740993, 0, 0, '10:00:00.5', '', NULL, NULL, NULL, NULL,"
            " '2024-01-01', 'strase')"
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def things(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _fill) as target:
        yield target


async def _ids(target: Target, filters: Any, table: str = "things", **changes: Any) -> list[Any]:
    found = await natural().search(
        request("elephant", tables=(table,), filters=read_filters(filters), limit=100, **changes), target
    )
    assert not any(misfit.concerned for hits in found for misfit in hits.misfits), found
    assert found[0].total == len(found[0].hits)
    return sorted(hit.key[0] for hit in found[0].hits)


async def _misfits(target: Target, filters: Any, table: str = "things") -> list[tuple[str, str, str]]:
    found = await natural().search(request("elephant", tables=(table,), filters=read_filters(filters)), target)
    assert not found[0].index
    assert not found[0].hits
    return [(misfit.place, misfit.code, misfit.message) for misfit in found[0].misfits]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"number": 1}, [1]),
        ({"number": {"eq": 1.0}}, [1]),
        ({"number": {"gte": 1, "lt": 4}}, [1, 2]),
        ({"number": [1, 4, None]}, [1, 3, 4]),
        ({"number": {"nin": [1, 4]}}, [2, 3, 5, 6, 7]),
        ({"number": {"nin": [1, None]}}, [2, 4, 5, 6, 7]),
        ({"number": {"ne": 1}}, [2, 3, 4, 5, 6, 7]),
        ({"number": None}, [3]),
        ({"number": {"ne": None}}, [1, 2, 4, 5, 6, 7]),
        ({"number": {"isNull": False}}, [1, 2, 4, 5, 6, 7]),
        ({"number": {"between": [-5, 2]}}, [1, 2, 5, 7]),
        ({"money": 0.1}, [1]),
        ({"money": "0.1"}, [1]),
        ({"money": {"in": [0.1, 0.2, 0.3]}}, [1, 2, 6]),
        ({"money": {"gt": "99999999999999999.98"}}, [4]),
        ({"money": {"gt": "99999999999999999.99"}}, []),
        ({"title": "Émile 😀"}, [4]),
        ({"title": "émile 😀"}, []),
        ({"title": ""}, [6]),
        ({"title": {"prefix": 'Ann\'s "quoted" `tick` 100%'}}, [1]),
        ({"title": {"prefix": "%"}}, []),
        ({"title": {"prefix": "_"}}, []),
        ({"title": {"prefix": "under_"}}, [2]),
        ({"title": {"prefix": "back\\"}}, [5]),
        ({"title": {"prefix": "|pipe|%"}}, [7]),
        ({"day": "2024-02-29"}, [1]),
        ({"day": {"gt": "2024-02-28", "lte": "2024-03-01"}}, [1, 2]),
        ({"moment": "2024-02-29T12:00:00"}, [1]),
        ({"moment": "2024-02-29T13:00:00+01:00"}, [1]),
        ({"moment": {"gte": "2024-02-29T12:00:00Z", "lt": "2024-03-01"}}, [1, 6]),
        ({"kind": "small"}, [1, 4, 6]),
        ({"kind": {"prefix": "lar"}}, [2, 5, 7]),
        ({"archived": True}, [1, 4, 6]),
        ({"not": {"archived": True}}, [2, 3, 5, 7]),
        ({"not": {"archived": True, "number": 1}}, [2, 3, 4, 5, 6, 7]),
        ({"or": [{"number": 1}, {"title": None}]}, [1, 3]),
        ({"and": [{"number": {"gt": 0}}, {"kind": "large"}]}, [2]),
        ({"not": {"not": {"number": 1}}}, [1]),
        ({"not": {"or": [{"number": {"lt": 100}}, {"kind": "small"}]}}, [3]),
        ({"a.b": 3}, [4]),
        ({"`a.b`": 3}, [4]),
        ({"things.`a.b`": {"in": [1, 2]}}, [1, 2]),
        ({"`or`": "x"}, [1, 4, 7]),
        ({"`100%```": "p%"}, [4]),
        ({"things.number": 1}, [1]),
        ({"others.number": "two", "number": 2}, [2]),
        ({"or": [{"others.number": "two"}, {"number": 2}]}, [2]),
        ({"not": {"others.number": "two"}}, [1, 2, 3, 4, 5, 6, 7]),
        ({}, [1, 2, 3, 4, 5, 6, 7]),
    ],
)
async def test_what_filters_find(things: Target, filters: Any, expected: list[int]) -> None:
    assert await _ids(things, filters) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"latin": "CAFE"}, [1]),
        ({"latin": "😀"}, []),
        ({"latin": {"ne": "😀"}}, [1, 2]),
        ({"latin": {"prefix": "😀"}}, []),
        ({"latin": {"in": ["😀", "café"]}}, [1]),
        ({"single": 0.1}, [1]),
        ({"single": {"in": [0.1, 2.5]}}, [1, 2]),
        ({"twice": 1e300}, [2]),
        ({"twice": {"lt": 0.2}}, [1]),
        ({"big": "18446744073709551615"}, [1]),
        ({"big": 18446744073709551615}, [1]),
        ({"big": "9007199254740993"}, [2]),
        ({"big": 9007199254740992}, []),
        ({"big": {"gt": "9007199254740992"}}, [1, 2]),
        ({"bits": 5}, [1]),
        ({"bits": {"lt": 5}}, [2]),
        ({"annual": 2024}, [1]),
        ({"annual": {"lt": "2000"}}, [2]),
        ({"span": "-838:59:59"}, [1]),
        ({"span": {"gt": "09:59"}}, [2]),
        ({"span": "10:00:00.500"}, [2]),
        ({"several": "z"}, [1]),
        ({"several": ""}, [2]),
        ({"several": {"nin": ["x", "y"]}}, [2]),
        ({"stamp": "2024-02-29T12:00:00.789Z"}, [1]),
        ({"raw": "AP8="}, [1]),
        ({"document": {"isNull": True}}, [2]),
        ({"place": None}, [2]),
        ({"zero": None}, []),
        ({"zero": {"isNull": False}}, [1, 2]),
        ({"zero": {"lt": "2000-01-01"}}, [1]),
        ({"folded": "STRASE"}, [1, 2]),
    ],
)
async def test_filters_of_each_type(things: Target, filters: Any, expected: list[int]) -> None:
    assert await _ids(things, filters, "odd") == expected


@pytest.mark.parametrize(
    ("filters", "place", "words"),
    [
        ({"number": "abc"}, "filters.number", "number .*: column 'number' is int"),
        ({"number": {"lt": []}}, "", ""),
        ({"money": {"lte": "ten"}}, "filters.money.lte", r"column 'money' is decimal\(19,2\)"),
        ({"money": 1e300}, "filters.money", "65 digits"),
        ({"title": 5}, "filters.title", "must be text: column 'title' is varchar"),
        ({"day": "2024-02-30"}, "filters.day", "date such as"),
        ({"day": "2024-02-29T12:00:00Z"}, "filters.day", "date such as"),
        ({"moment": "yesterday"}, "filters.moment", "time such as"),
        ({"moment": True}, "filters.moment", "time such as"),
        ({"number": {"prefix": "1"}}, "filters.number.prefix", "can only be compared with"),
        ({"archived": "yes"}, "filters.archived", "number"),
    ],
)
async def test_values_of_a_wrong_type(things: Target, filters: Any, place: str, words: str) -> None:
    if not place:
        with pytest.raises(ValidationFailed):
            read_filters(filters)
        return
    ((where, code, message),) = await _misfits(things, filters)
    assert (where, code) == (place, "column_type")
    assert re.search(words, message)


@pytest.mark.parametrize(
    "filters",
    [
        {"document": "a"}, {"place": 1}, {"raw": "%%%"}, {"raw": {"lt": "AP8="}}, {"several": "x,z"}, {"annual": 1800},
        {"several": {"lt": "x"}}, {"bits": -1}, {"bits": 1.5}, {"span": "839:00:00"}, {"twice": "1e999"},
        {"stamp": "9999-12-31T23:59:59-14:00"}, {"single": True},
    ],
)  # fmt: skip
async def test_odd_columns_say_what_can_be_asked(things: Target, filters: Any) -> None:
    if "document" in filters and things.known.server.flavour == "mariadb":
        return  # an alias of LONGTEXT there
    ((_, code, message),) = await _misfits(things, filters, "odd")
    assert code == "column_type"
    assert f"column '{next(iter(filters))}' is " in message


async def test_unknown_columns_and_tables(things: Target) -> None:
    assert await _misfits(things, {"nummer": 1}) == [
        ("filters.nummer", "unknown_column", "table 'things' has no column 'nummer'; did you mean 'number'?")
    ]
    found = await natural().search(request("elephant", filters=read_filters({"nosuch.number": 1})), things)
    assert {misfit.code for hits in found for misfit in hits.misfits} == {"unknown_table"}


async def test_a_table_without_the_column_is_skipped_with_a_warning(things: Target) -> None:
    found = await natural().search(request("elephant", filters=read_filters({"money": "0.10"})), things)
    by_table = {hits.table: hits for hits in found}
    assert len(by_table["things"].hits) == 1
    assert [(one.code, one.details["field"]) for one in by_table["others"].notices] == [
        ("UNKNOWN_COLUMN", "filters.money")
    ]


async def test_a_confined_condition_concerns_its_table_alone(things: Target) -> None:
    filters = read_filters({"others.number": "two"})
    found = await natural().search(request("elephant", filters=filters, tables=("things", "others")), things)
    assert {hits.table: len(hits.hits) for hits in found} == {"things": 7, "others": 1}


async def test_boolean_mode_filters_too(things: Target) -> None:
    filters = read_filters({"number": {"gt": 1}})
    found = await boolean().search(request("+eleph*", filters=filters, tables=("things",)), things)
    assert sorted(hit.key[0] for hit in found[0].hits) == [2, 4, 6]


async def test_totals_beside_a_filter(things: Target) -> None:
    filters = read_filters({"number": {"isNull": False}})
    expected = {"exact": (6, "eq"), "estimated": (6, "eq"), "none": (None, "unknown")}
    for totals, told in expected.items():
        found = await natural().search(
            request("elephant", filters=filters, tables=("things",), totals=totals, limit=2), things
        )
        assert (found[0].total, found[0].relation) == told
        assert not found[0].exhausted


async def test_values_never_change_a_statement(things: Target) -> None:
    templates: set[str] = set()
    for values in (["a"] * 5, ["x'; DROP TABLE things; --"] * 8, ["😀", "%s", "\\", "`", "'", '"', "%"]):
        things.statements.clear()
        await _ids(things, {"title": {"in": values}, "number": {"lt": 7}})
        templates.update(things.statements)
    assert len(templates) == 1
    assert "DROP" not in templates.pop()


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
_VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "number": st.one_of(
        st.integers(-6, 6), st.integers(-(2**70), 2**70), st.floats(-10, 10).map(lambda x: round(x, 2))
    ),
    "money": st.one_of(st.decimals(-2, 2, places=2).map(str), st.sampled_from([0.1, 0.2, 0.3, "99999999999999999.99"])),
    "title": st.one_of(st.sampled_from([str(row[2]) for row in ROWS]), st.text("|%_\\'\"`😀é aAn", max_size=6)),
    "day": st.dates(date(1000, 1, 1)).map(date.isoformat) | st.sampled_from([row[3] for row in ROWS if row[3]]),
    "moment": st.sampled_from([str(row[4]).replace(" ", "T") for row in ROWS if row[4]]),
}


@st.composite
def _comparisons(draw: Any) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(_VALUES)))
    value = _VALUES[name]
    asked = draw(st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte", "in", "nin", "between", "isNull", "bare"]))
    if asked == "isNull":
        return {name: {"isNull": draw(st.booleans())}}
    if asked == "bare":
        return {name: draw(st.none() | value | st.lists(st.none() | value, min_size=1, max_size=9))}
    if asked in {"in", "nin"}:
        return {name: {asked: draw(st.lists(st.none() | value, min_size=1, max_size=9))}}
    if asked == "between":
        return {name: {asked: [draw(value), draw(value)]}}
    return {name: {asked: draw(value)}}


_FILTERS = st.recursive(
    _comparisons(),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"or": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"and": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)


def _holds(filters: Mapping[str, Any], row: Row) -> bool:
    return all(_member_holds(name, wanted, row) for name, wanted in filters.items())


def _member_holds(name: str, wanted: Any, row: Row) -> bool:
    if name in {"and", "or"}:
        return (all if name == "and" else any)(_holds(each, row) for each in wanted)
    if name == "not":
        return not _holds(wanted, row)
    if isinstance(wanted, list):
        wanted = {"in": wanted}
    elif not isinstance(wanted, dict):
        wanted = {"eq": wanted}
    return all(_compares(name, asked, value, row[name]) for asked, value in wanted.items())


def _compares(name: str, asked: str, value: Any, held: Any) -> bool:
    if asked == "isNull":
        return (held is None) is value
    if asked in {"ne", "nin"}:
        return not _compares(name, {"ne": "eq", "nin": "in"}[asked], value, held)
    if asked == "in":
        return any(_compares(name, "eq", each, held) for each in value)
    if value is None:
        return held is None
    if held is None:
        return False
    if asked == "between":
        return bool(_python(name, value[0]) <= held <= _python(name, value[1]))
    return _OPERATORS[asked](held, _python(name, value))


def _python(name: str, value: Any) -> Any:
    if name in {"number", "money"}:
        return Decimal(str(value))
    if name == "day":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if name == "moment" else value.rstrip(" ").encode()


def _rows() -> Sequence[Row]:
    found = []
    for row in ROWS:
        values = dict(zip(NAMES, row, strict=True))
        found.append({name: None if values[name] is None else _python(name, values[name]) if name != "moment" else
                      datetime.fromisoformat(str(values[name])) for name in _VALUES})  # fmt: skip
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=_FILTERS)
async def test_random_filters_find_what_python_finds(things: Target, filters: Mapping[str, Any]) -> None:
    expected = [number for number, row in enumerate(_rows(), 1) if _holds(filters, row)]
    assert await _ids(things, filters) == expected


async def test_what_does_not_fit_is_told_by_every_table(things: Target) -> None:
    found: list[TableHits] = await natural().search(
        request("elephant", filters=read_filters({"number": "two"})), things
    )
    by_table = {hits.table: hits for hits in found}
    assert [misfit.code for misfit in by_table["things"].misfits] == ["column_type"]
    assert len(by_table["others"].hits) == 1
