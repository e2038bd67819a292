import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.errors import InvalidJSON
from altus4_core.schema.json_body import MOST_LEVELS, parse_json


@pytest.mark.parametrize("raw", [b"", b"  \r\n", b"null", b" null "])
def test_nothing(raw: bytes) -> None:
    assert parse_json(raw) is None


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"a":1', "is not complete JSON: it ends at line 1, column 7"),
        (b'{"a":\n tru}', "is not valid JSON at line 2, column"),
        (b"{'a':1}", "is not valid JSON at line 1, column 2"),
        (b'{"a":1}{', "is not valid JSON at line 1, column 8"),
        (b'{"a":1,}', "is not valid JSON"),
        (b'{"a":NaN}', "has NaN or Infinity at line 1"),
        (b"[-Infinity]", "has NaN or Infinity at line 1"),
        (b"[Infinity]", "has NaN or Infinity at line 1"),
        (b'{"a":1e999}', "is not valid JSON"),
        (b'{"a":"\\ud800"}', "has a lone surrogate escape"),
        (b'{"a":"\\udc00"}', "has a lone surrogate escape"),
        (b'{"\\ud800x":1}', "has a lone surrogate escape"),
        (b'{"a":"\xff"}', "is not valid UTF-8 (byte 7)"),
        (b'{"a":"\xed\xa0\x80"}', "is not valid UTF-8"),
        (b'\xef\xbb\xbf{"a":1}', "begins with a byte order mark"),
        ("{}".encode("utf-16"), "is not valid UTF-8"),
        (b'{"a":1,"a":2}', "has the member 'a' twice"),
        (b'{"x":[{"a":1,"b":":","a":1}]}', "has the member 'a' twice"),
        (b'{"a":1,"\\u0061":2}', "has the member 'a' twice"),
        (b'{"a":1,"a":' + b"9" * 300 + b"}", "has the member 'a' twice"),
        (b'{"\\n":1,"\\n":2}', "has the member '\\\\n' twice"),
    ],
)
def test_what_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(InvalidJSON) as caught:
        parse_json(raw)
    assert said in caught.value.message
    assert caught.value.message.startswith("The body ")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(("start", "end"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
def test_depth(start: bytes, end: bytes) -> None:
    levels = MOST_LEVELS // (2 if len(end) == 2 else 1)
    parse_json(start * levels + b"1" + end * levels)
    for deeper in (levels + 1, levels + 600, 100_000):
        with pytest.raises(InvalidJSON, match="deeper than 64 levels"):
            parse_json(start * deeper + b"1" + end * deeper)


def test_brackets_and_colons_in_texts_do_not_count() -> None:
    text = "[{:" * 1000
    assert parse_json(json.dumps({"a": text, "b": [text]}).encode()) == {"a": text, "b": [text]}
    assert parse_json(json.dumps("{" * 100).encode()) == "{" * 100


def test_equal_names_in_different_objects_are_fine() -> None:
    assert parse_json(b'[{"a":{"a":1}},{"a":":"}]') == [{"a": {"a": 1}}, {"a": ":"}]


def test_a_huge_number_beside_a_colon_is_no_crash() -> None:
    value: Any = parse_json(b'{"b":"x:y","a":' + b"9" * 300 + b"}")
    assert value["a"] == float("9" * 300)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab:{", max_size=3), inner, max_size=4),
)  # fmt: skip


@given(values)
def test_all_json_is_read_as_it_is(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except InvalidJSON as error:
        refused = error.message
        value = None
    else:
        refused = ""
    assert refused.startswith("The body ") or value == (json.loads(raw) if raw.strip() else None)
