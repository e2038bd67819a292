import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.settings.dotenv import parse_dotenv


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("  A = b c  ", "b c"),
        ("export A=b", "b"),
        ("A=", ""),
        ("A= # nothing", ""),
        ("A=b#c", "b#c"),
        ("A=b # c", "b"),
        ("A='b # \\n c' # d", "b # \\n c"),
        ('A="b\\n\\"c\\" # d\\\\"', 'b\n"c" # d\\'),
        ('A="$HOME \\x"', "$HOME \\x"),
        ("A=b=c", "b=c"),
        ("A=mysql://u:p%23@h/s?tls=required", "mysql://u:p%23@h/s?tls=required"),
    ],
)
def test_values(line: str, value: str) -> None:
    values, problems = parse_dotenv(f"# first\n\n{line}\n", ".env")
    assert problems == []
    assert (values["A"].text, values["A"].line) == (value, 3)


@pytest.mark.parametrize("line", ["A", "1A=x", "A-B=x", "A='x", 'A="x', "A='x'y", "=x", "a b=c"])
def test_what_makes_no_sense_is_located_and_not_quoted(line: str) -> None:
    values, problems = parse_dotenv(f"B=1\n{line}hunter2", ".env")
    assert [problem.where for problem in problems] == [".env:2"]
    assert set(values) == {"B"}
    assert not any("hunter2" in problem.line() for problem in problems if problem.who != line + "hunter2")


def test_the_last_one_wins_and_windows_lines_work() -> None:
    values, _ = parse_dotenv("A=1\r\nA=2\r\n", ".env")
    assert values["A"].text == "2"


def test_a_value_is_not_shown_by_repr() -> None:
    values, _ = parse_dotenv("A=hunter2", ".env")
    assert "hunter2" not in repr(values)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_double_quotes_carry_any_printable_text(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    values, problems = parse_dotenv(f'A="{quoted}"', ".env")
    assert problems == []
    assert values["A"].text == text
