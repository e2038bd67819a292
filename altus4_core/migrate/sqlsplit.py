"""Splitting an SQL script into statements, as the `mysql` client does: strings, comments, `DELIMITER`, routines."""

import re
from collections.abc import Iterable, Iterator

import attrs

BLANKS = re.compile(r"\s+")
LINE_COMMENT = re.compile(r"(?:--(?=\s|\Z)|#)[^\n]*")
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Possessive: a quote that is not closed must fail, and not be taken for two shorter strings.
QUOTED = {
    "'": re.compile(r"'(?:[^'\\]|\\.|'')*+'", re.DOTALL),
    '"': re.compile(r'"(?:[^"\\]|\\.|"")*+"', re.DOTALL),
    "`": re.compile(r"`(?:[^`]|``)*+`"),
}
DELIMITER = re.compile(r"delimiter(?![\w$])(?:[ \t]+(?P<value>\S+))?[^\n]*(?:\n|\Z)", re.IGNORECASE)
EXECUTABLE_COMMENTS = ("/*!", "/*M!")
DELIMITERS = (";", "//", "$$", ";;", "@@", "|||")


@attrs.frozen
class Statement:
    """One statement without its delimiter; `line` is where it begins, from 1."""

    sql: str
    line: int


class SplitError(ValueError):
    """A string, a quoted name or a comment is not closed, or DELIMITER names none; the text says the line."""


def split_statements(text: str) -> list[Statement]:
    """Split a script. Comments before and between statements are dropped, unless they are executable (`/*! */`).

    A byte order mark and the way lines end make no difference. Takes time in proportion to the script.

    Raises:
        SplitError: something is not closed, or DELIMITER has no value.
    """
    return list(_Splitter(text.removeprefix("\ufeff").replace("\r\n", "\n")).statements())


def join_statements(statements: Iterable[Statement]) -> str:
    """Write statements as a script that splits into the same statements again: where one holds its delimiter
    (routines do), `DELIMITER` sets another one.
    """
    lines = []
    for statement in statements:
        sql = statement.sql
        # The end of the statement must not run into the delimiter either.
        delimiter = next((each for each in DELIMITERS if _alone(sql, each)), None)
        if delimiter is None:
            delimiter = "|||" + "|" * max((len(run) for run in re.findall(r"\|+", sql)), default=0)
        ended = _ended(sql, delimiter)
        lines.append(ended if delimiter == ";" else f"DELIMITER {delimiter}\n{ended}DELIMITER ;\n")
    return "".join(lines)


def _ended(sql: str, delimiter: str) -> str:
    return f"{sql};\n" if delimiter == ";" else f"{sql}\n{delimiter}\n"


def _alone(sql: str, delimiter: str) -> bool:
    try:
        return [each.sql for each in _Splitter(_ended(sql, delimiter), delimiter).statements()] == [sql]
    except SplitError:
        return False


class _Splitter:
    def __init__(self, text: str, delimiter: str = ";") -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._set_delimiter(delimiter)

    def statements(self) -> Iterator[Statement]:
        while self._to_statement():
            line = self._line
            sql = self._read_statement()
            yield Statement(sql, line)

    def _set_delimiter(self, value: str) -> None:
        self._delimiter = value
        # What ends plain text: the delimiter, and whatever may hide one.
        self._edge = re.compile(rf"{re.escape(value)}|--(?=\s|\Z)|/\*|[#'\"`]")

    def _go(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _to_statement(self) -> bool:
        """Pass blanks, comments, empty statements and DELIMITER lines; False at the end of the script."""
        text = self._text
        while self._at < len(text):
            at = self._at
            passed = BLANKS.match(text, at) or LINE_COMMENT.match(text, at)
            if passed:
                self._go(passed.end())
            elif text.startswith(self._delimiter, at):
                self._go(at + len(self._delimiter))
            elif text.startswith("/*", at) and not text.startswith(EXECUTABLE_COMMENTS, at):
                self._comment()
            elif command := DELIMITER.match(text, at):
                if command["value"] is None:
                    message = f"line {self._line}: DELIMITER names none"
                    raise SplitError(message)
                self._set_delimiter(command["value"])
                self._go(command.end())
            else:
                return True
        return False

    def _read_statement(self) -> str:
        """Read up to the delimiter or the end, and pass the delimiter. Comments inside stay: taken out, they could
        leave something else than was written (`----` before one).
        """
        text, begun = self._text, self._at
        while edge := self._edge.search(text, self._at):
            self._go(edge.start())
            if text.startswith(self._delimiter, self._at):
                sql = text[begun : self._at].strip()
                self._go(self._at + len(self._delimiter))
                return sql
            self._piece()
        self._go(len(text))
        return text[begun:].strip()

    def _piece(self) -> None:
        """Pass a comment or something quoted."""
        text, at = self._text, self._at
        if text.startswith("/*", at):
            self._comment()
            return
        quoted = QUOTED.get(text[at])
        if quoted is None:
            end = text.find("\n", at)
            self._go(end if end >= 0 else len(text))
            return
        match = quoted.match(text, at)
        if match is None:
            message = f"line {self._line}: {text[at]} is not closed"
            raise SplitError(message)
        self._go(match.end())

    def _comment(self) -> None:
        match = BLOCK_COMMENT.match(self._text, self._at)
        if match is None:
            message = f"line {self._line}: a comment is not closed"
            raise SplitError(message)
        self._go(match.end())
