import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.settings.lines import key_lines


def test_lines_of_tables_and_keys() -> None:
    lines = key_lines('a = 1\n\n[server]\nport = 2 # c\n"host name" = "x"\n[plugins.api-keys]\nb.c = 3\n')
    assert lines[("a",)] == 1
    assert lines[("server",)] == 3
    assert lines[("server", "port")] == 4
    assert lines[("server", "host name")] == 5
    assert lines[("plugins", "api-keys")] == 6
    assert lines[("plugins",)] == 6
    assert lines[("plugins", "api-keys", "b", "c")] == 7


@pytest.mark.parametrize(
    "value",
    [
        '"""one\n# two = 3\n[x]\n"""',
        "'''\n'q' = \"\n'''",
        '[\n  "a]", # ]\n  { b = "}" },\n]',
        '"[a]"',
        '"a\\"\\n"',
        '"""a\\"""\nb"""',
        '"""a""""',
    ],
)
def test_values_do_not_confuse_the_scanner(value: str) -> None:
    text = f"first = {value}\nsecond = 2\n[t]\nthird = 3\n"
    tomllib.loads(text)
    lines = key_lines(text)
    after = 2 + value.count("\n")
    assert (lines["second",], lines["t", "third"]) == (after, after + 2)


def test_arrays_have_an_index() -> None:
    lines = key_lines("[[rules]]\na = 1\n[[rules]]\na = 2\n[rules.deep]\nb = 3\n[[rules.more]]\nc = 4\n")
    assert lines["rules", 0, "a"] == 2
    assert lines["rules", 1, "a"] == 4
    assert lines["rules", 1, "deep", "b"] == 6
    assert lines["rules", 1, "more", 0, "c"] == 8


def test_inside_inline_tables_and_lists() -> None:
    lines = key_lines("a = [\n 1,\n {b = 2, c.d = 3},\n]\r\ne = 4")
    assert lines["a", 0] == 2
    assert lines["a", 1, "b"] == 3
    assert lines["a", 1, "c", "d"] == 3
    assert lines["e",] == 5


names = st.text("ab-_9", min_size=1, max_size=4)
strings = st.text(max_size=12).filter(lambda text: all(c.isprintable() or c == "\n" for c in text))
scalars = st.one_of(st.integers(-9, 9), st.booleans(), strings)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))


def write(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return (
            f'"""{escaped}"""' if "\n" in value and not value.startswith("\n") else f'"{escaped}"'.replace("\n", "\\n")
        )
    if isinstance(value, list):
        return "[\n" + ",\n".join(write(item) for item in value) + "\n]"
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}" = {write(item)}' for name, item in value.items()) + "}"
    return str(value)


@given(st.dictionaries(names, values, max_size=4), st.dictionaries(names, st.dictionaries(names, values), max_size=3))
def test_every_key_is_found_on_its_line(top: dict[str, Any], tables: dict[str, dict[str, Any]]) -> None:
    text, expected = "", {}
    for table, members in [("", top), *((name, members) for name, members in tables.items() if name not in top)]:
        if table:
            text += f'# a comment\n["{table}"]\n'
        for name, value in members.items():
            expected[(table, name) if table else (name,)] = text.count("\n") + 1
            text += f'"{name}" = {write(value)}\n'
    tomllib.loads(text)
    lines = key_lines(text)
    assert {key: lines[key] for key in expected} == expected
