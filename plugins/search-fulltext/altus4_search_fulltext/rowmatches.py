"""What of a row's texts matches, for those who mark it; looked for only when somebody asks."""

from collections.abc import Mapping, Sequence

import attrs

from altus4_core.clusters import cut_before
from altus4_core.matches import Matches
from altus4_search_fulltext.matching import Matcher
from altus4_search_fulltext.needles import Needle


@attrs.frozen(eq=False)
class Piece:
    """A piece of a text from beyond the place where it was cut.

    Attributes:
        text: The piece.
        ends: Whether the column's value ends with it.
    """

    text: str
    ends: bool


@attrs.frozen(eq=False)
class RowMatches:
    """Gives the matches of one row.

    Attributes:
        texts: Of the searched columns, by name, one character more than `longest` where they are cut.
        marked: Names of those to mark; None: all.
        matcher: Of the query.
        longest: Characters after which texts are cut.
        beyond: Pieces with matches of columns that show none.
    """

    texts: Sequence[tuple[str, str]]
    marked: frozenset[str] | None
    matcher: Matcher
    longest: int
    beyond: Mapping[str, Piece] = attrs.field(factory=dict)

    def __call__(self) -> Mapping[str, Matches]:
        """Look for them."""
        among = None
        if all(len(text) <= self.longest for _, text in self.texts):  # else nobody knows what the row has
            among = self.matcher.counting([text for _, text in self.texts])
        found: dict[str, Matches] = {}
        for name, text in self.texts:
            if self.marked is not None and name not in self.marked:
                continue
            matches = self._in_text(text, among)
            if matches is None and name in self.beyond:
                matches = self._in_piece(self.beyond[name])
            if matches is not None:
                found[name] = matches
        return found

    def _in_text(self, text: str, among: frozenset[Needle] | None) -> Matches | None:
        spans = self.matcher.spans(text, among)
        if len(text) <= self.longest:
            return Matches(text, spans) if spans else None
        end = cut_before(text, self.longest)
        spans = [span for span in spans if span[1] <= end]  # what goes beyond the cut may be another word
        return Matches(text[:end], spans, after=True) if spans else None

    def _in_piece(self, piece: Piece) -> Matches | None:
        """Leave out what touches the edges, where the piece may begin or end inside a word."""
        last = len(piece.text) + piece.ends
        spans = [(begin, end) for begin, end in self.matcher.spans(piece.text) if begin > 0 and end < last]
        return Matches(piece.text, spans, before=True, after=not piece.ends) if spans else None
