"""What the ranking of one query asks of a table's sample, small enough to go into a cursor.

A list is ranked by frequencies in the whole table, of which every process reads a sample of its own, at its own time.
Further pages must be ranked as the first one was, wherever they are asked for and however the table has changed since:
so the few figures that a query needs are noted while they are asked for, and travel with the cursor.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from altus4_core.errors import CursorExpired
from altus4_search_fulltext.ranking.statistics import TableStatistics
from altus4_search_fulltext.ranking.stems import Stem, english, unchanged
from altus4_search_fulltext.ranking.terms import Term

_SHORTEST_PREFIX = 4  # letters
_MOST_FORMS = 24  # of one term
_LOOKED_AT = 1000  # words of the sample that begin alike


@attrs.frozen
class Forms:
    """The forms of a term that a sample has.

    Attributes:
        words: The commonest first.
        prefix: Whether most of what begins like the stem has it, so that it may stand for all of them.
    """

    words: Sequence[str]
    prefix: bool


class Excerpt:
    """The statistics of one table for one query.

    Attributes:
        sampled: Rows of the sample.
        rows: Of the whole table, estimated.
        average_length: Characters of a sampled row.
        stem: Gives the stem of a word, in the table's language.
    """

    def __init__(
        self,
        figures: tuple[int, int, float],
        stem: Stem,
        sample: TableStatistics | None,
        frequencies: Mapping[str, int],
        forms: Mapping[str, Forms],
    ) -> None:
        self.sampled, self.rows, self.average_length = figures
        self.stem = stem
        self._sample = sample
        self._frequencies = dict(frequencies)
        self._forms = dict(forms)

    @classmethod
    def of(cls, sample: TableStatistics) -> "Excerpt":
        """Begin an excerpt of a sample."""
        return cls((sample.sampled, sample.rows, sample.average_length), sample.stem, sample, {}, {})

    @classmethod
    def read(cls, pin: Any) -> "Excerpt":
        """Give the excerpt that `pin` wrote.

        Raises:
            CursorExpired: this is none; another version may have written it.
        """
        try:
            sampled, rows, average_length, is_english, frequencies, forms = pin
            return cls(
                (int(sampled), int(rows), float(average_length)),
                english() if is_english else unchanged,
                None,
                {str(name): int(count) for name, count in frequencies.items()},
                {str(name): Forms([str(word) for word in words], bool(safe)) for name, (safe, *words) in forms.items()},
            )
        except (TypeError, ValueError, AttributeError):
            raise _expired() from None

    def pin(self) -> Any:
        """Write what was asked so far, JSON-ready."""
        return (
            self.sampled,
            self.rows,
            self.average_length,
            int(self.stem is not unchanged),
            self._frequencies,
            {name: (int(forms.prefix), *forms.words) for name, forms in self._forms.items()},
        )

    def frequency(self, term: Term) -> int:
        """Give how many sampled rows have a term; of a prefix at most so many.

        Raises:
            CursorExpired: it is an excerpt for another query.
        """
        known = self._frequencies.get(term.name)
        if known is None:
            known = self._frequencies[term.name] = self._counted(term, self._source())
        return known

    def forms(self, term: Term) -> Forms:
        """Give the forms of a term that has a stem.

        Raises:
            CursorExpired: it is an excerpt for another query.
        """
        name = term.name if term.head == term.name else f"{term.name}/{term.head}"
        known = self._forms.get(name)
        if known is None:
            known = self._forms[name] = _forms(term, self._source())
        return known

    def _source(self) -> TableStatistics:
        if self._sample is None:
            raise _expired()
        return self._sample

    def _counted(self, term: Term, sample: TableStatistics) -> int:
        if term.name.endswith("*"):
            found = sum(count for _, count in sample.starting(term.head, _LOOKED_AT))
            return min(found, sample.sampled)
        return sample.stem_count(term.name) if term.stemmer is self.stem else sample.count(term.name)


def _forms(term: Term, sample: TableStatistics) -> Forms:
    stem = term.name
    beginning = sample.starting(term.head, _LOOKED_AT)
    same = {form: count for form, count in beginning if term.accepts(form)}
    prefix = False
    if len(stem) >= _SHORTEST_PREFIX and stem.isascii() and stem.isalpha() and len(beginning) < _LOOKED_AT:
        found = sum(count for form, count in beginning if form.startswith(stem))
        meant = sum(count for form, count in same.items() if form.startswith(stem))
        prefix = 2 * meant >= found
    return Forms(sorted(same, key=lambda form: (-same[form], form))[:_MOST_FORMS], prefix)


def _expired() -> CursorExpired:
    return CursorExpired("This cursor cannot be used any more; begin the search again without it.")
