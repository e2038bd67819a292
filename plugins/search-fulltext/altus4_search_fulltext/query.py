"""A query: as a caller wrote it, and as one index gets it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import attrs

from altus4_core.records import Notice
from altus4_search_fulltext.meaning import Meaning
from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.tokens import TokenRules


@attrs.frozen
class IndexQuery:
    """What is sent for one index, what shows in the rows, and what was left out on the way.

    Attributes:
        text: For AGAINST; empty when there is nothing to send.
        needles: What a row has that matches.
        notices: Steps taken.
        alternatives: Whether every row that has any one of its words matches: nothing is required, excluded, or
            asked for as a phrase.
        meaning: By which of its needles a row matches; None: by each that it has.
    """

    text: str
    needles: tuple[Needle, ...] = ()
    notices: tuple[Notice, ...] = ()
    alternatives: bool = False
    meaning: Meaning | None = None

    @cached_property
    def terms(self) -> list[str]:
        """The words that the index looks up, `stem*` for those that may go on."""
        return list(dict.fromkeys(term for needle in self.needles for term in terms_of(needle)))


def terms_of(needle: Needle) -> list[str]:
    """Give the words of a needle that the index looks up."""
    *lead, last = needle.words
    return [*lead, f"{last}*" if needle.open_end else last]


def phrase_of(needle: Needle) -> str:
    """Write a needle of several words as the server reads it."""
    words = f'"{" ".join(needle.words)}"'
    return words if needle.within is None else f"{words} @{needle.within}"


class Reading(Protocol):
    """A query that has been understood."""

    def for_index(self, rules: TokenRules) -> IndexQuery:
        """Give what an index with these rules gets."""
        ...

    def without_exclusions(self) -> "Reading":
        """Give the query with nothing excluded."""
        ...

    def exclusions(self, rules: TokenRules) -> Sequence[str]:
        """Give what is excluded, each as a query of its own for an index with these rules."""
        ...


class Language(Protocol):
    """A language of queries."""

    def read(self, query: str) -> Reading:
        """Understand a query.

        Raises:
            Unsearchable: it makes no sense, or would cost too much.
        """
        ...
