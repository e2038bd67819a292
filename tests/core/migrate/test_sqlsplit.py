"""Scripts are split as the mysql client splits them."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.migrate.sqlsplit import SplitError, Statement, join_statements, split_statements


def sql_of(text: str) -> list[str]:
    return [statement.sql for statement in split_statements(text)]


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("", []),
        (" \n\t ", []),
        (";;;", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;SELECT 2 ;\n SELECT 3\n", ["SELECT 1", "SELECT 2", "SELECT 3"]),
        ("SELECT ';'; SELECT \";\"; SELECT `;`", ["SELECT ';'", 'SELECT ";"', "SELECT `;`"]),
        ("SELECT 'it''s;'; SELECT 2", ["SELECT 'it''s;'", "SELECT 2"]),
        (r"SELECT 'it\'s;'; SELECT '\\'; SELECT 2", [r"SELECT 'it\'s;'", r"SELECT '\\'", "SELECT 2"]),
        ("SELECT `a``;b`, `c\\`; SELECT 2", ["SELECT `a``;b`, `c\\`", "SELECT 2"]),
        ("SELECT '\n;\n'; SELECT 2", ["SELECT '\n;\n'", "SELECT 2"]),
        ("-- a; comment\nSELECT 1; # another; one\nSELECT 2; --", ["SELECT 1", "SELECT 2"]),
        ("---- c;\nSELECT 1; SELECT 2", ["---- c;\nSELECT 1", "SELECT 2"]),
        ("SELECT 1 -- the end;", ["SELECT 1 -- the end;"]),
        ("SELECT 1--1; SELECT 2", ["SELECT 1--1", "SELECT 2"]),
        ("SELECT 1 -- one;\n + 2; SELECT 3", ["SELECT 1 -- one;\n + 2", "SELECT 3"]),
        ("SELECT 1 # it's\n + 2", ["SELECT 1 # it's\n + 2"]),
        ("/* a; ' */ SELECT /* ; */ 1; /* ' */", ["SELECT /* ; */ 1"]),
        ("SELECT '/*', '--'; SELECT '#'", ["SELECT '/*', '--'", "SELECT '#'"]),
        ("/*!40101 SET NAMES utf8mb4; */; SELECT 1", ["/*!40101 SET NAMES utf8mb4; */", "SELECT 1"]),
        ("/*M!100100 SELECT ';' */;", ["/*M!100100 SELECT ';' */"]),
        ("SELECT /*+ MAX_EXECUTION_TIME(5) */ 1", ["SELECT /*+ MAX_EXECUTION_TIME(5) */ 1"]),
        ("CREATE TABLE t (/*! a INT */);", ["CREATE TABLE t (/*! a INT */)"]),
        (
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END //\nDELIMITER ;\nSELECT 3;",
            ["CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END", "SELECT 3"],
        ),
        (
            "  delimiter $$ -- from here\nSELECT 1; SELECT 2 $$\n\tDelimiter ;\nSELECT 3",
            ["SELECT 1; SELECT 2", "SELECT 3"],
        ),
        ("/* on the line */ DELIMITER ;;\nSELECT 1", ["SELECT 1"]),
        ("SELECT 1\nAS delimiter ;\nSELECT 2", ["SELECT 1\nAS delimiter", "SELECT 2"]),
        ("SELECT 1\nDELIMITER //\n;SELECT 2", ["SELECT 1\nDELIMITER //", "SELECT 2"]),
        ("\ufeffSELECT 1;\r\nSELECT\r\n2;\r\n", ["SELECT 1", "SELECT\n2"]),
        ("\ufeff-- comment\r\nDELIMITER //\r\nSELECT 1; //\r\n", ["SELECT 1;"]),
        ("SELECT '\U0001f600;', 'ü'; SELECT 2", ["SELECT '\U0001f600;', 'ü'", "SELECT 2"]),
    ],
)
def test_split(script, statements):
    assert sql_of(script) == statements


@pytest.mark.parametrize(
    ("script", "line", "what"),
    [
        ("SELECT 'a", 1, "' is not closed"),
        ("SELECT 1;\nSELECT\n 'a''b", 3, "' is not closed"),
        ("SELECT 'a\\'", 1, "' is not closed"),
        ('SELECT "a\n;\n', 1, '" is not closed'),
        ("SELECT 1;\n\nSELECT `a", 3, "` is not closed"),
        ("-- one\n/* two\n", 2, "a comment is not closed"),
        ("SELECT 1 /* two\n", 1, "a comment is not closed"),
        ("/*! two", 1, "a comment is not closed"),
        ("SELECT 1;\nDELIMITER\nSELECT 2", 2, "DELIMITER names none"),
    ],
)
def test_what_is_not_closed_is_named_with_its_line(script, line, what):
    with pytest.raises(SplitError, match=re.escape(f"line {line}: {what}")):
        split_statements(script)


def test_lines():
    script = "-- head\n\nSELECT\n 1;\nSELECT '\n\n'; SELECT 3;\nDELIMITER //\n/* x\n*/ SELECT 4 //\n"
    assert [(each.line, each.sql[-1]) for each in split_statements(script)] == [(3, "1"), (5, "'"), (7, "3"), (10, "4")]


def test_half_a_file_is_one_shorter_statement():
    whole = "CREATE TABLE a (id INT);\nCREATE TABLE b (id INT);\n"
    assert sql_of(whole[:40]) == ["CREATE TABLE a (id INT)", whole[25:40].strip()]


piece = st.sampled_from(
    ["SELECT", " ", "\n", "x", "1", ";", "'a;b'", "'it''s'", r"'\''", '"q"', "`b``t`", "-- c\n", "# c\n", "/* c */",
     "/*!1 x; */", "$$", "//", "|||", "-", "/", "*", "\\", "ü", "\U0001f600", "@@", "delimiter"]
)  # fmt: skip


@given(st.lists(st.lists(piece, max_size=12).map("".join), max_size=6).map(";\n".join))
def test_join_and_split_are_inverse(script):
    try:
        statements = split_statements(script)
    except SplitError:
        return
    again = split_statements(join_statements(statements))
    assert [each.sql for each in again] == [each.sql for each in statements]


@given(st.text(alphabet="abc ;'\"`-#/*!\\\n\r$", max_size=80))
def test_any_text_is_split_or_refused(script):
    try:
        statements = split_statements(script)
    except SplitError:
        return
    for statement in statements:
        assert statement.sql
        assert statement.sql == statement.sql.strip()
        assert 1 <= statement.line <= script.count("\n") + 1


@given(st.text(max_size=30), st.sampled_from("'\"`"))
def test_quoted_text_survives(content, quote):
    content = content.replace("\r", "").replace("\\", "\\\\" if quote != "`" else "\\").replace(quote, quote * 2)
    sql = f"SELECT {quote}{content}{quote}"
    assert sql_of(f"{sql}; SELECT 2") == [sql, "SELECT 2"]


@pytest.mark.parametrize(
    "unit", ["INSERT INTO t VALUES ('a;b'); ", "(1,'x'),", "'", "/* c */ ", "-- c\n", " ", "a''", "`", "\n;"]
)
def test_time_grows_with_the_script_and_no_faster(unit):
    def took(times: int) -> float:
        best = 9.0
        for _ in range(3):
            begun = time.process_time()
            try:
                split_statements("SELECT 1 " + unit * times)
            except SplitError:
                pass
            best = min(best, time.process_time() - begun)
        return best

    small, large = took(4_000), took(32_000)
    assert large < 30 * small + 0.02, f"8 times as long a script took {large / small:.0f} times as long"


def test_joined_routines_keep_their_delimiter():
    routine = Statement("CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @x = 1; SET @y = '//'; END", 1)
    script = join_statements([Statement("SELECT 1", 1), routine])
    assert script.startswith("SELECT 1;\nDELIMITER //\n")
    assert sql_of(script) == ["SELECT 1", routine.sql]
