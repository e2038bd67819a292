"""Counting the rows of a dump as it passes, and reading what its comments say."""

import re
from typing import Final

INSERT: Final = re.compile(rb"(?:INSERT|REPLACE) INTO `(?P<table>(?:[^`]|``)+)`")
VALUES: Final = re.compile(rb"\bVALUES\b", re.IGNORECASE)
# Line ends inside of texts are written as \n: a text never goes beyond its line.
QUOTED: Final = re.compile(rb"'(?:[^'\\]|\\.|'')*+'|`(?:[^`]|``)*+`", re.DOTALL)
SERVER: Final = re.compile(rb"-- Server version\s+(?P<version>\S+)")
POSITION: Final = re.compile(
    rb"(?:-- )?CHANGE (?:MASTER|REPLICATION SOURCE) TO (?:MASTER|SOURCE)_LOG_FILE='(?P<file>[^']+)',"
    rb" (?:MASTER|SOURCE)_LOG_POS=(?P<position>\d+)"
)
LEAVES: Final = re.compile(rb"(?:USE\s|CREATE\s+(?:DATABASE|SCHEMA)\b)", re.IGNORECASE)
COMPLETED: Final = b"-- Dump completed"


class DumpReader:
    """Fed with lines, whole ones. The dump programs end each statement at the end of a line.

    Attributes:
        rows: Rows by table; of every table that has a definition, also where it is 0.
        server_version: What the dump says of its server, or "".
        position: File and position in the binary log at the moment of the dump, or None.
        completed: The dump program came to its end.
        leaves: The first statement that would leave the schema, or "".
    """

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.server_version = ""
        self.position: tuple[str, int] | None = None
        self.completed = False
        self.leaves = ""
        self._table: str | None = None
        self._routine = False

    @property
    def open(self) -> bool:
        """Whether the next line goes on with a statement."""
        return self._table is not None or self._routine

    def line(self, line: bytes) -> None:
        """Take the next line."""
        if self._table is not None:
            self._count(line)
        elif line.startswith(b"DELIMITER "):
            self._routine = line.strip() != b"DELIMITER ;"
        elif self._routine:
            return
        elif match := INSERT.match(line):
            self._table = match["table"].replace(b"``", b"`").decode("utf-8", "replace")
            self._count(line[match.end() :])
        else:
            self._remark(line)

    def _count(self, text: bytes) -> None:
        bare = QUOTED.sub(b"", text)
        if values := VALUES.search(bare):  # before it stands the list of columns
            bare = bare[values.end() :]
        table = self._table or ""
        self.rows[table] = self.rows.get(table, 0) + bare.count(b"(")
        if bare.rstrip().endswith(b";"):
            self._table = None

    def _remark(self, line: bytes) -> None:
        if line.startswith(COMPLETED):
            self.completed = True
        elif match := SERVER.match(line):
            self.server_version = match["version"].decode("ascii", "replace")
        elif match := POSITION.match(line):
            self.position = (match["file"].decode("utf-8", "replace"), int(match["position"]))
        elif line.startswith(b"CREATE TABLE `"):
            name = line[len(b"CREATE TABLE `") :].rpartition(b"`")[0].replace(b"``", b"`")
            self.rows.setdefault(name.decode("utf-8", "replace"), 0)
        elif LEAVES.match(line) and not self.leaves:
            self.leaves = line.decode("utf-8", "replace").strip()[:80]
