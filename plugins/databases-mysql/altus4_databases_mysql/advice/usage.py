"""Which FULLTEXT indexes searches really use, counted by the statements that this process sent.

The server cannot be asked: its index statistics do not count FULLTEXT reads, and a reading account may not see them.
"""

import re
from collections import Counter
from datetime import datetime

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
        source = _FROM.search(template) if "MATCH" in template else None
        if source is None:
            return
        name = _plain(source[1])
        counted = self._tables.get(name)
        if counted is None:
            if len(self._tables) >= _MOST_TABLES:
                return
            counted = self._tables[name] = Counter()
        for listed in {match[1] for match in _MATCH.finditer(template)}:
            columns = tuple(_plain(column) for column in _NAME.findall(listed))
            if columns in counted or len(counted) < _MOST_LISTS:
                counted[columns] += 1

    def of(self, table: Table) -> Counter[tuple[str, ...]]:
        """Give how often each list of columns of a table was matched."""
        return self._tables.get(table.name, Counter())


def _plain(quoted: str) -> str:
    return quoted.replace("``", "`").replace("%%", "%")
