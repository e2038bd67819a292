import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.records import RateLimit
from altus4_core.schema.decode import UNSET, field
from altus4_core.schema.encode import dumps, to_json
from altus4_core.settings import Secret


class Colour(StrEnum):
    RED = "red"


class Size(Enum):
    BIG = 5


class Text(str):
    __slots__ = ()


@attrs.frozen
class Row:
    row_id: int
    data: Mapping[str, Any]
    last_used: datetime | None = None
    tags: tuple[str, ...] = ()
    rate_limit: RateLimit | None = None
    odd: str = field("x", name="Odd_Name")
    maybe: Any = UNSET


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (True, True),
        (1.5, 1.5),
        (2**53, 2**53),
        (-(2**53), -(2**53)),
        (2**53 + 1, "9007199254740993"),
        (-(2**63), "-9223372036854775808"),
        (2**80, str(2**80)),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (datetime(2026, 1, 31, 12, 0, 0, 123999, UTC), "2026-01-31T12:00:00.123Z"),
        (datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T10:00:00.000Z"),
        (datetime(2026, 1, 31, 12), "2026-01-31T12:00:00.000Z"),
        (date(2026, 1, 31), "2026-01-31"),
        (b"\x00\xff", base64.b64encode(b"\x00\xff").decode()),
        (UUID(int=5), str(UUID(int=5))),
        (Colour.RED, "red"),
        (Size.BIG, 5),
        (Text("x"), "x"),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({2, 1}, [1, 2]),
        (frozenset({"a", 1}), [1, "a"]),
        (("a", None), ["a", None]),
        (MappingProxyType({"a": None}), {"a": None}),
        ({1: "a", Colour.RED: 2}, {"1": "a", "red": 2}),
        (RateLimit(10, 2), {"requestsPerHour": 10, "burst": 2}),
        (
            Row(1, {"snake_case": None, "big": 2**60, "nested": {"at": date(2026, 1, 1)}}),
            {
                "rowId": 1,
                "data": {"snake_case": None, "big": str(2**60), "nested": {"at": "2026-01-01"}},
                "tags": [],
                "Odd_Name": "x",
            },
        ),
        ([Row(1, {}, rate_limit=RateLimit(1, 1), maybe=None)],
         [{"rowId": 1, "data": {}, "tags": [], "rateLimit": {"requestsPerHour": 1, "burst": 1}, "Odd_Name": "x"}]),
    ],
)  # fmt: skip
def test_both_ways_agree(value: Any, expected: Any) -> None:
    assert to_json(value) == expected
    assert orjson.loads(dumps(value)) == expected
    assert orjson.loads(dumps({"inside": [value]})) == {"inside": [expected]}


@pytest.mark.parametrize("value", [Secret("hunter2"), {"a": [Secret("hunter2")]}, object(), lambda: 1])
def test_what_must_not_be_sent(value: Any) -> None:
    for encode in (to_json, dumps):
        with pytest.raises(TypeError) as caught:
            encode(value)
        assert "hunter2" not in str(caught.value)


ready = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])) | st.decimals(allow_nan=False, allow_infinity=False)
    | st.datetimes(timezones=st.just(UTC)) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), inner, max_size=4),
)  # fmt: skip


@given(ready)
def test_bytes_are_those_of_the_ready_value(value: Any) -> None:
    assert dumps(value) == orjson.dumps(to_json(value))
    assert to_json(to_json(value)) == to_json(value)
