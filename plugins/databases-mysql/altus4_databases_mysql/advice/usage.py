"""Which FULLTEXT indexes searches really use, counted by the statements that this process sent.

The server cannot be asked: its index statistics do not count FULLTEXT reads, and a reading account may not see them.
"""

import re
from collections import Counter
from datetime import datetime
from functools import lru_cache

import attrs
from altus4_mysql import Table

_MOST_TABLES = 4096
_MOST_LISTS = 64  # of columns, for one table: a server allows 64 indexes
_FROM = re.compile(r"\bFROM (?:`(?:[^`]|``)*`\.)?`((?:[^`]|``)*)`")
_MATCH = re.compile(r"\bMATCH ?\(((?:`(?:[^`]|``)*`(?:, ?)?)+)\)")
_NAME = re.compile(r"`((?:[^`]|``)*)`")


@attrs.define
class IndexUsage:
    """Counts statements by the table and the columns they match. `since` is when counting began."""

    since: datetime
    _tables: dict[str, Counter[tuple[str, ...]]] = attrs.field(factory=dict)

    def note(self, template: str) -> None:
        """Count one statement; only those that MATCH matter."""
        matched = _matched(template)
        if matched is None:
            return
        name, lists = matched
        counted = self._tables.get(name)
        if counted is None:
            if len(self._tables) >= _MOST_TABLES:
                return
            counted = self._tables[name] = Counter()
        for columns in lists:
            if columns in counted or len(counted) < _MOST_LISTS:
                counted[columns] += 1

    def of(self, table: Table) -> Counter[tuple[str, ...]]:
        """Give how often each list of columns of a table was matched."""
        return self._tables.get(table.name, Counter())


@lru_cache(maxsize=1024)  # reading one takes 9 us, and nearly all searches send one of a few
def _matched(template: str) -> tuple[str, tuple[tuple[str, ...], ...]] | None:
    """Give the table of a statement and the lists of columns it matches; None when it matches none."""
    source = _FROM.search(template) if "MATCH" in template else None
    if source is None:
        return None
    listed = {match[1] for match in _MATCH.finditer(template)}
    lists = [tuple(_plain(column) for column in _NAME.findall(columns)) for columns in listed]
    return _plain(source[1]), tuple(lists)


def _plain(quoted: str) -> str:
    return quoted.replace("``", "`").replace("%%", "%")
