"""Literals and templates, without a server."""

import datetime
import enum
from decimal import Decimal

import pytest
from altus4_mysql import UnsafeParameter, in_list, literal, quote_identifier, render
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        (None, "NULL"),
        (True, "1"),
        (False, "0"),
        (-5, "-5"),
        (10**64, "1" + "0" * 64),
        (1.5, "1.5e0"),
        (1e300, "1e+300"),
        (-0.0, "-0.0e0"),
        (Decimal("12.30"), "12.30"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0E+999999"), "0"),
        ("", "''"),
        ("it's", "'it''s'"),
        ("100%s", "'100%s'"),
        ("a\\", "_utf8mb4 X'615c'"),
        ("\\' OR 1=1 -- ", "_utf8mb4 X'5c27204f5220313d31202d2d20'"),
        (b"", "_binary X''"),
        (b"\x00'\\", "_binary X'00275c'"),
        (datetime.date(2026, 1, 2), "'2026-01-02'"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5, 6), "'2026-01-02 03:04:05.000006'"),
        (
            datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            "'2026-01-02 01:00:00'",
        ),
        (datetime.time(1, 2, 3), "'01:02:03'"),
        (-datetime.timedelta(hours=30, microseconds=5), "'-30:00:00.000005'"),
    ],
)
def test_literals(value, sql: str) -> None:
    assert literal(value) == sql


class Sneaky(str):
    __slots__ = ()

    def replace(self, *_args: object) -> str:
        return "' OR 1=1"


class Number(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    "value",
    [
        [1],
        (1,),
        {1},
        {"a": 1},
        bytearray(b"x"),
        memoryview(b"x"),
        object(),
        Sneaky("x"),
        Number.ONE,
        "a\0b",
        "\ud800",
        float("inf"),
        float("nan"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+999999999"),
        Decimal("1E-999999999"),
        Decimal("9" * 66),
        10**65,
        datetime.time(1, tzinfo=datetime.UTC),
        datetime.timedelta(hours=839),
    ],
)
def test_refused(value) -> None:
    with pytest.raises(UnsafeParameter):
        literal(value)
    with pytest.raises(UnsafeParameter):
        render("SELECT %s", (value,))


@given(st.text())
def test_a_string_never_ends_early(value: str) -> None:
    try:
        sql = literal(value)
    except UnsafeParameter:
        assert "\0" in value or any("\ud800" <= each <= "\udfff" for each in value)
        return
    assert "\\" not in sql
    if sql.startswith("'"):
        assert sql.endswith("'")
        assert "'" not in sql[1:-1].replace("''", "")


def test_render() -> None:
    assert render("SELECT 1") == "SELECT 1"
    assert render("SELECT %s, %s", (1, "%s")) == "SELECT 1, '%s'"
    assert render("SELECT '100%%' LIKE %s", ("%%",)) == "SELECT '100%' LIKE '%%'"
    assert render("SELECT %%s, %s, %%%s", [1, 2]) == "SELECT %s, 1, %2"
    assert render("SELECT '%%'") == "SELECT '%'"
    assert render(f"SELECT {quote_identifier('p%s')}") == "SELECT `p%s`"
    assert render(f"SELECT {quote_identifier('p%s')} = %s", (1,)) == "SELECT `p%s` = 1"


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("SELECT %s", ()),
        ("SELECT 1", (1,)),
        ("SELECT %s", (1, 2)),
        ("SELECT %d", (1,)),
        ("SELECT '%'", ()),
        ("SELECT %", ()),
        ("SELECT %% %", ()),
        ("SELECT %(a)s", ({"a": 1},)),
        ("SELECT %s", "x"),
        ("SELECT %s", {"a": 1}),
    ],
)
def test_templates_are_strict(sql: str, params) -> None:
    with pytest.raises(UnsafeParameter):
        render(sql, params)


def test_lists() -> None:
    ids = [1, 2, 3]
    assert render(f"SELECT 1 IN ({in_list(ids)})", ids) == "SELECT 1 IN (1, 2, 3)"
    for bad in ([], list(range(10_001))):
        with pytest.raises(UnsafeParameter):
            in_list(bad)


def test_identifiers() -> None:
    assert quote_identifier("a`b%s") == "`a``b%%s`"
    assert quote_identifier("ä" * 64) == "`" + "ä" * 64 + "`"
    for bad in ("", "x" * 65, "a\0", "\ud800", "😀", 1, None, b"a"):
        with pytest.raises(UnsafeParameter):
            quote_identifier(bad)
