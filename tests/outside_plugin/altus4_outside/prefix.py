"""A search mode: rows that hold a word beginning with the query."""

import re
from typing import Protocol, runtime_checkable

import attrs

from altus4_core.errors import TargetFailed, Unsearchable
from altus4_core.records import Hit, SearchRequest, TableHits
from altus4_core.schema.decode import field
from altus4_core.seams import OpenTarget

WORD = re.compile(r"\w+")


@runtime_checkable
class Lines(Protocol):
    """What the mode needs of a target beyond the core's Protocol."""

    async def lines(self) -> dict[str, list[str]]:
        """Give all lines by the name of their table."""
        ...


@attrs.frozen
class PrefixOptions:
    """Options of the mode."""

    case: bool = field(False, doc="Whether capitals matter.")


class PrefixSearch:
    """The shorter the word that begins with the query, the better."""

    name = "prefix"
    kinds = frozenset({"text-files"})
    options = PrefixOptions

    async def search(self, request: SearchRequest, target: OpenTarget) -> list[TableHits]:
        """Search all tables; a query of several words is refused."""
        if not isinstance(target, Lines):
            message = "This database cannot be read line by line."
            raise TargetFailed(message)
        begin = request.query.lower()
        if not WORD.fullmatch(begin):
            message = "A prefix is one word."
            raise Unsearchable(message, code="NOT_A_PREFIX")
        tables = []
        for name, lines in sorted((await target.lines()).items()):
            found = [hit for number, line in enumerate(lines, 1) if (hit := _hit(begin, number, line)) is not None]
            found.sort(key=lambda hit: -hit.score)
            shown = found[: request.depth]
            tables.append(TableHits(name, "words", shown, len(found), "eq", exhausted=len(shown) == len(found)))
        return tables


def _hit(begin: str, number: int, line: str) -> Hit | None:
    lengths = [len(word) for word in WORD.findall(line.lower()) if word.startswith(begin)]
    if not lengths:
        return None
    return Hit((number,), round(len(begin) / min(lengths), 6), {"line": line}, ("line",), line[:200])
