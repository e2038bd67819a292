"""The language of filters, and the spelling of columns and orders."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.columnnames import ColumnName, read_column
from altus4_core.errors import ValidationFailed
from altus4_core.filters import AllOf, AnyOf, Comparison, NoneOf
from altus4_core.http.search.filterlanguage import MOST_CONDITIONS, read_filters
from altus4_core.http.search.wishes import read_sort
from altus4_core.records import SortKey


def _is(column: str, operator: Any, value: Any, place: str, table: str | None = None) -> Comparison:
    return Comparison(column, operator, value, table, place)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (None, None),
        ({}, None),
        ({"a": 1}, _is("a", "eq", 1, "filters.a")),
        ({"a": None}, _is("a", "isNull", True, "filters.a")),
        ({"a": {"ne": None}}, _is("a", "isNull", False, "filters.a.ne")),
        ({"a": [1, None]}, _is("a", "in", (1, None), "filters.a")),
        ({"t.a": 1}, _is("a", "eq", 1, "filters.t.a", "t")),
        ({"`t.a`": 1}, _is("t.a", "eq", 1, "filters.`t.a`")),
        ({"`or`": 1}, _is("or", "eq", 1, "filters.`or`")),
        (
            {"a": {"gte": 1, "lt": 2}},
            AllOf((_is("a", "gte", 1, "filters.a.gte"), _is("a", "lt", 2, "filters.a.lt"))),
        ),
        (
            {"or": [{"a": 1}, {"b": 2}]},
            AnyOf((_is("a", "eq", 1, "filters.or[0].a"), _is("b", "eq", 2, "filters.or[1].b"))),
        ),
        ({"not": {"a": 1}}, NoneOf((_is("a", "eq", 1, "filters.not.a"),))),
    ],
)
def test_what_is_written_is_read(written: Any, read: Any) -> None:
    assert read_filters(written) == read


@pytest.mark.parametrize(
    ("written", "field", "words"),
    [
        ([], "filters", "object"),
        ({"a": {}}, "filters.a", "operator"),
        ({"a": {"gle": 1}}, "filters.a.gle", "did you mean"),
        ({"a": {"in": []}}, "filters.a.in", "at least one"),
        ({"a": {"in": 1}}, "filters.a.in", "list"),
        ({"a": {"in": [{}]}}, "filters.a.in[0]", "text, a number"),
        ({"a": {"between": [1]}}, "filters.a.between", "two values"),
        ({"a": {"lt": None}}, "filters.a.lt", "isNull"),
        ({"a": {"prefix": ""}}, "filters.a.prefix", "at least one character"),
        ({"a": {"isNull": 1}}, "filters.a.isNull", "true or false"),
        ({"or": {}}, "filters.or", "`or`"),
        ({"or": []}, "filters.or", "at least one"),
        ({"or": [{}]}, "filters.or[0]", "empty"),
        ({"or": [{"a": {"lt": []}}]}, "filters.or[0].a.lt", "text, a number"),
        ({"not": []}, "filters.not", "`not`"),
        ({"a": "\0"}, "filters.a", "NUL"),
        ({"": 1}, "filters.", "names of 1 to 64"),
        ({"`a": 1}, "filters.`a", "backtick"),
        ({"a": "x" * 2001}, "filters.a", "2000 characters"),
        ({"a": [0] * 501}, "filters.a", "500 values"),
        ({"or": [{"a": 1}] * (MOST_CONDITIONS + 1)}, "filters", "100 conditions"),
        ({f"a{number}": [0] * 500 for number in range(5)}, "filters", "2000 values"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(written: Any, field: str, words: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_filters(written)
    assert any(one["field"] == field and words in one["message"] for one in caught.value.details), caught.value.details


def test_depth_is_bounded() -> None:
    deep: Any = {"a": 1}
    for _ in range(7):
        deep = {"not": deep}
    read_filters(deep)
    with pytest.raises(ValidationFailed, match="deeper than 8"):
        read_filters({"not": deep})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["a", "or", "and", "not", "in", "eq", "lt", "`", "", "a.b"]), inner, max_size=4
            )
        ),
    )
)
def test_any_json_is_read_or_refused(written: Any) -> None:
    places: list[str] = []
    try:
        read_filters(written)
    except ValidationFailed as refusal:
        places = [one["field"] for one in refusal.details]
    assert all(place.startswith("filters") for place in places)


@given(st.text("ab`.%😀 ", min_size=1, max_size=10), st.none() | st.text("ab`.", min_size=1, max_size=5))
def test_every_name_can_be_written(column: str, table: str | None) -> None:
    quoted = "`" + column.replace("`", "``") + "`"
    written = quoted if table is None else "`" + table.replace("`", "``") + "`." + quoted
    assert read_column(written) == ColumnName(column, table)


def test_orders() -> None:
    assert read_sort(["relevance", "a", "t.b:desc", "`c:d`:asc", "relevance:asc"]) == (
        SortKey("relevance", True),
        SortKey("a"),
        SortKey("b", True, "t"),
        SortKey("c:d"),
        SortKey("relevance", False),
    )
    with pytest.raises(ValidationFailed, match=r"sort\[1\]: must end in :asc or :desc"):
        read_sort(["a", "b:down"])
