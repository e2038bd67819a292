"""A query: as a caller wrote it, and as one index gets it."""

from typing import Protocol

import attrs

from altus4_core.records import Notice
from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.tokens import TokenRules


@attrs.frozen
class IndexQuery:
    """What is sent for one index, what shows in the rows, and what was left out on the way.

    Attributes:
        text: For AGAINST; empty when there is nothing to send.
        needles: What a row has that matches.
        notices: Steps taken.
    """

    text: str
    needles: tuple[Needle, ...] = ()
    notices: tuple[Notice, ...] = ()


class Reading(Protocol):
    """A query that has been understood."""

    def for_index(self, rules: TokenRules) -> IndexQuery:
        """Give what an index with these rules gets."""
        ...


class Language(Protocol):
    """A language of queries."""

    def read(self, query: str) -> Reading:
        """Understand a query.

        Raises:
            Unsearchable: it makes no sense, or would cost too much.
        """
        ...
