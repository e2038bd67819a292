"""Splitting an SQL script into statements, as the `mysql` client does: strings, comments, `DELIMITER`, routines."""

import re
from collections.abc import Iterator

import attrs

DELIMITER = re.compile(r"[ \t]*delimiter[ \t]+(\S+)[ \t]*(?:\r?\n|\Z)", re.IGNORECASE)
LINE_COMMENT = re.compile(r"(?:--(?=\s|\Z)|#)[^\n]*")


@attrs.frozen
class Statement:
    """One statement without its delimiter; `line` is where it begins, from 1."""

    sql: str
    line: int


class SplitError(ValueError):
    """A string, a quoted name or a comment is not closed; the text names the line."""


def split_statements(text: str) -> list[Statement]:
    """Split a script. Comments before and between statements are dropped, executable ones (`/*! */`) are kept.

    Raises:
        SplitError: something is not closed.
    """
    return list(_Splitter(text.removeprefix("\ufeff").replace("\r\n", "\n")).statements())


class _Splitter:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._delimiter = ";"

    def statements(self) -> Iterator[Statement]:
        parts: list[str] = []
        begun: int | None = None
        while self._at < len(self._text):
            if not "".join(parts).strip():
                match = DELIMITER.match(self._text, self._at) if self._line_begins() else None
                if match:
                    self._delimiter = match[1]
                    self._at = match.end()
                    continue
            if self._text.startswith(self._delimiter, self._at):
                self._at += len(self._delimiter)
                if begun is not None:
                    yield Statement("".join(parts).strip(), begun)
                parts, begun = [], None
                continue
            line = self._line()
            piece, matters = self._piece()
            if matters and begun is None and piece.strip():
                begun = line
            if matters or begun is not None:
                parts.append(piece if matters else " ")
        if begun is not None:
            yield Statement("".join(parts).strip(), begun)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _line_begins(self) -> bool:
        return self._at == 0 or self._text[self._at - 1] == "\n"

    def _piece(self) -> tuple[str, bool]:
        """Take the next indivisible piece; say whether it is more than a comment."""
        text, at = self._text, self._at
        comment = LINE_COMMENT.match(text, at)
        if comment:
            self._at = comment.end()
            return comment[0], False
        if text.startswith("/*", at):
            end = text.find("*/", at + 2)
            if end < 0:
                message = f"line {self._line()}: a comment is not closed"
                raise SplitError(message)
            self._at = end + 2
            return text[at : self._at], text.startswith(("/*!", "/*+", "/*M!"), at)
        if text[at] in "'\"`":
            self._at = self._after_quoted(text[at])
            return text[at : self._at], True
        self._at += 1
        return text[at], True

    def _after_quoted(self, quote: str) -> int:
        text, at = self._text, self._at + 1
        while at < len(text):
            if text[at] == "\\" and quote != "`":
                at += 2
            elif text[at] == quote:
                if text.startswith(quote, at + 1):
                    at += 2
                else:
                    return at + 1
            else:
                at += 1
        message = f"line {self._line()}: {quote} is not closed"
        raise SplitError(message)
