"""Which FULLTEXT indexes searches really use, counted by the statements that this process sent.

The server cannot be asked: its index statistics do not count FULLTEXT reads, and a reading account may not see them.
"""

import re
from collections import Counter
from datetime import datetime

import attrs
from altus4_mysql import Table

_MOST_TEMPLATES = 2048
_FROM = re.compile(r"\bFROM (?:`(?:[^`]|``)*`\.)?`((?:[^`]|``)*)`")
_MATCH = re.compile(r"\bMATCH ?\(((?:`(?:[^`]|``)*`(?:, ?)?)+)\)")
_NAME = re.compile(r"`((?:[^`]|``)*)`")


@attrs.define
class IndexUsage:
    """Counts statements by their template. `since` is when counting began."""

    since: datetime
    _templates: Counter[str] = attrs.field(factory=Counter)

    def note(self, template: str) -> None:
        """Count one statement; only those that MATCH matter, and there are few different ones."""
        if "MATCH" in template and (template in self._templates or len(self._templates) < _MOST_TEMPLATES):
            self._templates[template] += 1

    def of(self, table: Table) -> Counter[tuple[str, ...]]:
        """Give how often each list of columns of a table was matched."""
        found: Counter[tuple[str, ...]] = Counter()
        for template, count in self._templates.items():
            source = _FROM.search(template)
            if source is None or _plain(source[1]) != table.name:
                continue
            for columns in {match[1] for match in _MATCH.finditer(template)}:
                found[tuple(_plain(name) for name in _NAME.findall(columns))] += count
        return found


def _plain(quoted: str) -> str:
    return quoted.replace("``", "`").replace("%%", "%")
