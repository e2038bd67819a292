from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal

import attrs
import pytest
from attrs.validators import matches_re
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.errors import ValidationFailed
from altus4_core.schema.decode import UNSET, Decoder, Unset, field
from altus4_core.schema.encode import to_json


class Colour(StrEnum):
    RED = "red"


@attrs.frozen
class Highlight:
    pre_tag: str = "<mark>"
    crop_length: int | None = field(None, min=1)


@attrs.frozen
class Body:
    query: str = field(doc="What to find.", min_length=2, max_length=10)
    databases: tuple[str, ...] | None = field(None, min_length=1, max_length=3, pattern="[a-z]+", form="lower case")
    limit: int = field(20, min=1, max=100)
    min_score: float | None = field(None, min=0, max=1)
    totals: Literal["exact", "estimated", 3] = "exact"
    colour: Colour = Colour.RED
    deep: bool = False
    highlight: bool | Highlight = False
    parts: tuple[Highlight, ...] = ()
    tags: frozenset[str] = frozenset()
    numbers: list[int] = attrs.field(factory=list)
    words: Sequence[str] = ()
    filters: Mapping[str, Any] | None = None
    weights: dict[str, float] = attrs.field(factory=dict)
    sort: str = field("a", choices=("a", "b"))
    kind: str = field("k", name="type")
    expires_at: datetime | Unset | None = UNSET
    day: date | None = None
    legacy: str = attrs.field(default="a", validator=matches_re("[a-z]+"))


decode = Decoder(Body, unknown="refuse")


def problems(value: Any, decoder: Decoder[Any] = decode) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationFailed) as caught:
        decoder(value)
    return [(one["field"], one["message"], one["code"]) for one in caught.value.details]


@pytest.mark.parametrize(
    ("name", "value", "attribute", "result"),
    [
        ("databases", ["a", "b"], "databases", ("a", "b")),
        ("databases", None, "databases", None),
        ("limit", 100, "limit", 100),
        ("minScore", 1, "min_score", 1.0),
        ("minScore", 0.5, "min_score", 0.5),
        ("totals", 3, "totals", 3),
        ("colour", "red", "colour", Colour.RED),
        ("deep", True, "deep", True),
        ("highlight", True, "highlight", True),
        ("highlight", {"preTag": "<b>"}, "highlight", Highlight("<b>")),
        ("parts", [{}, {"cropLength": 5}], "parts", (Highlight(), Highlight(crop_length=5))),
        ("tags", ["b", "a", "b"], "tags", frozenset({"a", "b"})),
        ("numbers", [1, 2], "numbers", [1, 2]),
        ("words", ["x"], "words", ("x",)),
        ("filters", {"a": {"b": [1, None]}}, "filters", {"a": {"b": [1, None]}}),
        ("weights", {"a": 1}, "weights", {"a": 1.0}),
        ("sort", "b", "sort", "b"),
        ("type", "x", "kind", "x"),
        ("expiresAt", None, "expires_at", None),
        ("expiresAt", "2026-01-31T12:00:00.5+01:00", "expires_at", datetime(2026, 1, 31, 11, 0, 0, 500000, UTC)),
        ("day", "2026-02-28", "day", date(2026, 2, 28)),
        ("legacy", "abc", "legacy", "abc"),
    ],
)
def test_what_fits(name: str, value: Any, attribute: str, result: Any) -> None:
    body = decode({"query": "xyz", name: value})
    assert body.query == "xyz"
    assert getattr(body, attribute) == result
    assert type(getattr(body, attribute)) is type(result)


def test_absent_is_not_null() -> None:
    assert decode({"query": "xyz"}).expires_at is UNSET


@pytest.mark.parametrize(
    ("name", "value", "message", "code"),
    [
        ("query", 1, "must be text", "type"),
        ("query", None, "must be text", "type"),
        ("query", "a\0b", "must not contain NUL characters", "characters"),
        ("query", "a\ud800", "must not contain lone surrogates", "characters"),
        ("query", "a", "must have at least 2 characters", "min_length"),
        ("query", "a" * 11, "must have at most 10 characters", "max_length"),
        ("databases", [], "must have at least 1 item", "min_length"),
        ("databases", ["a"] * 4, "must have at most 3 items", "max_length"),
        ("databases", "a", "must be a list", "type"),
        ("databases", {"0": "a"}, "must be a list", "type"),
        ("limit", "20", "must be a whole number", "type"),
        ("limit", True, "must be a whole number", "type"),
        ("limit", 1.0, "must be a whole number", "type"),
        ("limit", None, "must be a whole number", "type"),
        ("limit", 0, "must be at least 1", "min"),
        ("limit", 101, "must be at most 100", "max"),
        ("minScore", "0.5", "must be a number", "type"),
        ("minScore", True, "must be a number", "type"),
        ("minScore", 1.5, "must be at most 1", "max"),
        ("minScore", float("inf"), "must be a finite number", "type"),
        ("minScore", 10**400, "must be a finite number", "type"),
        ("totals", "exat", "must be one of exact, estimated, 3; did you mean 'exact'?", "choice"),
        ("totals", "3", "must be one of exact, estimated, 3", "choice"),
        ("totals", [], "must be one of exact, estimated, 3", "choice"),
        ("colour", "green", "must be one of red", "choice"),
        ("deep", 1, "must be true or false", "type"),
        ("deep", "true", "must be true or false", "type"),
        ("highlight", "x", "must be true or false or an object", "type"),
        ("highlight", None, "must be true or false or an object", "type"),
        ("filters", [], "must be an object", "type"),
        ("filters", {"a\0": 1}, "has a name with characters that are not allowed", "characters"),
        ("sort", "c", "must be one of a, b", "choice"),
        ("expiresAt", "2026-01-31", "must be a time such as 2026-01-31T12:00:00Z", "time"),
        ("expiresAt", "2026-01-31T12:00:00", "must be a time such as 2026-01-31T12:00:00Z", "time"),
        ("expiresAt", "2026-02-31T12:00:00Z", "must be a time such as 2026-01-31T12:00:00Z", "time"),
        ("day", "2026-02-29", "must be a date such as 2026-01-31", "date"),
        ("legacy", "A", "must match regex '[a-z]+' ('A' doesn't)", "invalid"),
    ],
)
def test_what_does_not(name: str, value: Any, message: str, code: str) -> None:
    assert problems({"query": "xyz", name: value}) == [(name, message, code)]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"databases": ["a", "B", 3]}, "databases[2]"),
        ({"databases": ["a", "B"]}, "databases[1]"),
        ({"parts": [{}, {"cropLength": 0}]}, "parts[1].cropLength"),
        ({"highlight": {"preTag": 1}}, "highlight.preTag"),
        ({"weights": {"a b": "x"}}, "weights.a b"),
        ({"highlight": {"pretag": "x"}}, "highlight.pretag"),
    ],
)
def test_places_inside(value: dict[str, Any], place: str) -> None:
    assert [found for found, *_ in problems({"query": "xyz", **value})] == [place]


def test_all_problems_at_once() -> None:
    found = problems({"limitt": 1, "limit": "x", "deep": 1, "parts": [1, {"cropLength": 0}]})
    assert [place for place, *_ in found] == ["limitt", "query", "limit", "deep", "parts[0]", "parts[1].cropLength"]
    assert found[0][1:] == ("is not known; did you mean 'limit'?", "unknown")
    assert found[1][1:] == ("is required", "required")


def test_the_message_names_the_first_and_counts_the_rest() -> None:
    with pytest.raises(ValidationFailed, match=r"^query: is required \(and 1 more\)$"):
        decode({"limit": "x"})


@pytest.mark.parametrize("value", [[], "x", 1, True])
def test_a_body_that_is_no_object(value: Any) -> None:
    assert problems(value) == [("", "the body must be an object", "type")]


def test_no_body_is_an_empty_object() -> None:
    assert Decoder(Highlight)(None) == Highlight()
    assert problems(None) == [("query", "is required", "required")]


def test_unknown_members_may_be_ignored() -> None:
    lenient = Decoder(Body)
    assert lenient({"query": "xyz", "x": 1, "highlight": {"x": 1}}) == Body("xyz", highlight=Highlight())


def test_a_field_name_is_not_a_member_name() -> None:
    assert problems({"query": "xyz", "min_score": 1}) == [
        ("min_score", "is not known; did you mean 'minScore'?", "unknown")
    ]


def test_hostile_names_and_amounts_stay_small() -> None:
    found = problems({"query": "xyz", "\r\n" + "a" * 1000: 1, **{f"x{number}": 1 for number in range(1000)}})
    assert len(found) == 50
    assert all(len(place) <= 60 and place.isprintable() for place, *_ in found)
    assert len(problems({"query": "xyz", "parts": [1] * 100_000})) == 50


def test_values_are_never_quoted() -> None:
    sent = {"query": 1, "limit": "hunter2", "deep": "hunter2", "totals": "hunter2", "databases": ["HUNTER2"]}
    assert "hunter2" not in str(problems(sent)).lower()


@attrs.frozen
class Node:
    name: str
    children: "tuple[Node, ...]" = ()


def test_a_record_may_contain_itself() -> None:
    nodes = Decoder(Node)
    assert nodes({"name": "a", "children": [{"name": "b"}]}) == Node("a", (Node("b"),))
    assert problems({"name": "a", "children": [{}]}, nodes) == [("children[0].name", "is required", "required")]


@attrs.frozen
class Range:
    low: int
    high: int

    def __attrs_post_init__(self) -> None:
        if self.high < self.low:
            message = "high must not be below low"
            raise ValueError(message)


def test_a_rule_over_several_members() -> None:
    assert problems({"low": 2, "high": 1}, Decoder(Range)) == [("", "the body high must not be below low", "invalid")]


def test_our_own_faults_are_not_the_callers() -> None:
    def broken(_: Any, __: Any, value: int) -> None:
        raise KeyError(value)

    @attrs.frozen
    class Broken:
        a: int = attrs.field(default=1, validator=broken)

    with pytest.raises(KeyError):
        Decoder(Broken)({"a": 2})


@pytest.mark.parametrize("kind", [complex, tuple[int, str], bytes, type])
def test_types_that_do_not_travel(kind: Any) -> None:
    cls = attrs.make_class("Cls", {"a": attrs.field(type=kind)}, frozen=True)
    with pytest.raises(TypeError):
        Decoder(cls)


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=2, max_size=10)
bodies = st.builds(
    Body,
    query=text,
    databases=st.none() | st.lists(st.text("abc", min_size=1), min_size=1, max_size=3).map(tuple),
    limit=st.integers(1, 100),
    min_score=st.none() | st.floats(0, 1),
    deep=st.booleans(),
    highlight=st.booleans() | st.builds(Highlight, pre_tag=text),
    tags=st.frozensets(text),
    numbers=st.lists(st.integers(-(2**53), 2**53)),
    weights=st.dictionaries(text, st.floats(allow_nan=False, allow_infinity=False)),
    expires_at=st.just(UNSET) | st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
)


@given(bodies)
def test_what_is_encoded_is_decoded_again(body: Body) -> None:
    assert decode(to_json(body)) == body


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from([field.name for field in attrs.fields(Body)]) | st.text(max_size=3), anything))
def test_whatever_comes_it_decodes_or_names_the_fault(value: Any) -> None:
    try:
        outcome: Any = decode(value)
    except ValidationFailed as error:
        outcome = error.details
    assert isinstance(outcome, Body) or outcome
