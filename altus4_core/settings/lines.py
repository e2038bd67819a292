"""Where the keys of a TOML text stand. `tomllib` gives values without positions, and a problem needs its line."""

import tomllib
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

_OPEN, _CLOSE = "[{", "]}"


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Map each key's path to the line (from 1) where it stands.

    Tables of an array have their index in the path: `("rules", 0, "name")`. The text must be valid TOML: this
    scanner follows positions only and trusts `tomllib` for everything else.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        self._line = 1
        self._lines: dict[KeyPath, int] = {}
        self._arrays: dict[KeyPath, int] = {}

    def scan(self) -> Mapping[KeyPath, int]:
        table: KeyPath = ()
        while self._skip_blank():
            if self._peek("["):
                table = self._header()
            else:
                self._assignment(table)
        return self._lines

    def _peek(self, wanted: str) -> bool:
        return self._text.startswith(wanted, self._at)

    def _advance(self, count: int = 1) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def _skip_blank(self) -> bool:
        """Skip white space, separators and comments; tell whether anything is left."""
        while self._at < len(self._text):
            if self._peek("#"):
                end = self._text.find("\n", self._at)
                self._advance((end if end >= 0 else len(self._text)) - self._at)
            elif self._text[self._at] in " \t\n,":
                self._advance()
            else:
                return True
        return False

    def _note(self, path: KeyPath) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], self._line)

    def _header(self) -> KeyPath:
        array = self._peek("[[")
        self._advance(2 if array else 1)
        path = self._located(self._key("]"))
        self._advance(2 if array else 1)
        if array:
            self._arrays[path] = self._arrays.get(path, -1) + 1
            path = (*path, self._arrays[path])
        self._note(path)
        return path

    def _located(self, key: KeyPath) -> KeyPath:
        """Put the index of the latest table after each array of tables on the way, except at the end."""
        path: KeyPath = ()
        for part in key:
            path = (*path, self._arrays[path], part) if path in self._arrays else (*path, part)
        return path

    def _key(self, end: str) -> KeyPath:
        """Read a dotted key up to (not including) `end`."""
        start = self._at
        while not self._peek(end):
            if self._text[self._at] in "\"'":
                self._string()
            else:
                self._advance()
        table = tomllib.loads(f"{self._text[start : self._at].strip()} = 0")
        path: list[str] = []
        node: object = table
        while isinstance(node, dict):
            name = next(iter(node))
            path.append(name)
            node = node[name]
        return tuple(path)

    def _assignment(self, table: KeyPath) -> None:
        line = self._line
        path = (*table, *self._key("="))
        for length in range(len(table) + 1, len(path) + 1):
            self._lines.setdefault(path[:length], line)
        self._advance()
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        while self._text[self._at] in " \t\n":
            self._advance()
        self._lines.setdefault(path, self._line)
        character = self._text[self._at]
        if character in "\"'":
            self._string()
        elif character in _OPEN:
            self._advance()
            self._members(path, array=character == "[")
            self._advance()
        else:
            while self._at < len(self._text) and self._text[self._at] not in ",\n#" + _CLOSE:
                self._advance()

    def _members(self, path: KeyPath, *, array: bool) -> None:
        index = 0
        while self._skip_blank() and self._text[self._at] not in _CLOSE:
            if array:
                self._value((*path, index))
                index += 1
            else:
                self._assignment(path)

    def _string(self) -> None:
        quote = self._text[self._at]
        fence = quote * 3 if self._peek(quote * 3) else quote
        self._advance(len(fence))
        while not self._peek(fence):
            self._advance(2 if quote == '"' and self._peek("\\") else 1)
        self._advance(len(fence))
        # A multi-line string may end in up to two quotes of its own before the fence.
        while len(fence) == 3 and self._peek(quote):
            self._advance()
