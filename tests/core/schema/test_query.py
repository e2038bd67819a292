from typing import Any, Literal
from urllib.parse import parse_qsl

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from yarl import URL

from altus4_core.errors import ValidationFailed
from altus4_core.schema.decode import QueryDecoder, field


@attrs.frozen
class Query:
    q: str = field("", max_length=20)
    databases: tuple[str, ...] | None = None
    numbers: tuple[int, ...] = ()
    search_mode: str | None = None
    limit: int = field(20, min=1, max=100)
    ratio: float | None = None
    deep: bool = False
    period: Literal["day", "week"] = "week"


decode = QueryDecoder(Query)


def parsed(text: str) -> Query:
    return decode(URL(f"http://h/?{text}", encoded=True).query)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Query()),
        ("q=a+b%26&limit=7", Query("a b&", limit=7)),
        ("databases=x", Query(databases=("x",))),
        ("databases=x&databases=y", Query(databases=("x", "y"))),
        ("databases[]=x&databases[]=y", Query(databases=("x", "y"))),
        ("databases%5B%5D=x", Query(databases=("x",))),
        ("databases[1]=y&databases[0]=x", Query(databases=("x", "y"))),
        ("databases[10]=z&databases[9]=y&databases=x", Query(databases=("x", "y", "z"))),
        ("databases=", Query(databases=())),
        ("databases=a,b", Query(databases=("a,b",))),
        ("numbers=1&numbers=-2", Query(numbers=(1, -2))),
        ("searchMode=natural", Query(search_mode="natural")),
        ("ratio=1e-2", Query(ratio=0.01)),
        ("ratio=3", Query(ratio=3.0)),
        ("deep=true&period=day", Query(deep=True, period="day")),
        ("deep=0", Query()),
        ("unknown=1&limit[]=5&databases[x]=1&utm_source=x&[0]=1", Query()),
    ],
)
def test_what_fits(text: str, expected: Query) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("limit=abc", "limit", "must be a whole number"),
        ("limit=", "limit", "must be a whole number"),
        ("limit=1.0", "limit", "must be a whole number"),
        ("limit=+1", "limit", "must be a whole number"),
        ("limit=%D9%A3", "limit", "must be a whole number"),
        ("limit=0", "limit", "must be at least 1"),
        ("limit=" + "9" * 5000, "limit", "must be a whole number"),
        ("limit=1&limit=2", "limit", "must be given only once"),
        ("ratio=nan", "ratio", "must be a number"),
        ("ratio=1e999", "ratio", "must be a finite number"),
        ("deep=yes", "deep", "must be true or false"),
        ("period=dya", "period", "must be one of day, week; did you mean 'day'?"),
        ("q=%00", "q", "must not contain NUL characters"),
        ("numbers=1&numbers=x", "numbers[1]", "must be a whole number"),
        ("q=" + "a" * 21, "q", "must have at most 20 characters"),
    ],
)
def test_what_does_not(text: str, place: str, message: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        parsed(text)
    assert [(one["field"], one["message"]) for one in caught.value.details] == [(place, message)]


def test_all_problems_at_once() -> None:
    with pytest.raises(ValidationFailed) as caught:
        parsed("limit=x&deep=x&ratio=1&ratio=2")
    assert {one["field"] for one in caught.value.details} == {"limit", "deep", "ratio"}


@pytest.mark.parametrize("kind", [dict[str, str], Query, tuple[Query, ...], int | str])
def test_types_that_a_query_string_cannot_carry(kind: Any) -> None:
    with pytest.raises(TypeError, match="query string"):
        QueryDecoder(attrs.make_class("Cls", {"a": attrs.field(type=kind)}))


@given(st.text())
def test_whatever_comes_it_decodes_or_names_the_fault(text: str) -> None:
    try:
        outcome: Any = decode(MultiDict(parse_qsl(text, keep_blank_values=True)))
    except ValidationFailed as error:
        outcome = error.details
    assert isinstance(outcome, Query) or outcome
