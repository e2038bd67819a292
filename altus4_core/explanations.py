"""What search modes say about their own work: why a row stands where it does, why one is missing, what a search costs.

All of it is optional: see `ExplainingMode`, `DiagnosingMode` and `AnalyzingMode`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from altus4_core.records import Notice


@attrs.frozen
class TermScore:
    """One term's part of a row's score.

    Attributes:
        term: As the index looks it up.
        score: Its part.
        tf: How often the row has it; None where the server's number does not tell.
        df: How many rows of the table have it.
        n: Rows of the table, as the server counts them for this; None where its numbers do not tell.
    """

    term: str
    score: float
    tf: float | None
    df: int
    n: int | None


@attrs.frozen
class SourceExplanation:
    """Why a row stands where it stands in its table's list.

    Attributes:
        index: That found it.
        rank: Its place in the list, from 1; None when it is not in it.
        raw_score: The server's own number; 0.0: the server does not find the row.
        terms: Its parts.
        dropped: Words of the query that the index cannot find.
        agrees: Whether the parts, computed from tf, df and n, and `signs` add up to the server's number; None: the
            server's formula is not known, so that nothing was computed.
        signs: What operators of the query add that make a word count more (1 each) or less (-1).
        ranking: How the list was put in order where that is not by `raw_score`, JSON-ready.
        beside: Where the table is searched by several indexes: the row's scores by the others, which are not higher.
    """

    index: str
    rank: int | None
    raw_score: float
    terms: Sequence[TermScore]
    dropped: Sequence[str] = ()
    agrees: bool | None = True
    signs: int = 0
    ranking: Mapping[str, Any] | None = None
    beside: Sequence["SourceExplanation"] = ()


@attrs.frozen
class Diagnosis:
    """What a mode knows about one row that somebody misses.

    Attributes:
        reason: Stable: `MATCHES`, `ROW_NOT_FOUND`, `TABLE_NOT_SEARCHED`, `NOTHING_SEARCHABLE`, `WORDS_NOT_IN_ROW`,
            `EXCLUDED`, `FILTERED_OUT`, or one of the mode's own.
        message: One sentence for the caller.
        details: JSON-ready, whatever else helps.
    """

    reason: str
    message: str
    details: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class TableAnalysis:
    """How a query would be run on one table. Nothing of it was run but its words counted.

    Attributes:
        table: Its name.
        index: That would be used.
        statement: That would be sent, with every value masked.
        plan: The server's own plan of it, JSON-ready.
        terms: How many rows have each word.
        rows: Of the table, estimated.
        seconds: Predicted work of the server.
        dropped: Words of the query that the index cannot find.
        notices: What the caller should know, with `sqlSuggestion` among the details where a statement would help.
    """

    table: str
    index: str
    statement: str
    plan: Sequence[Mapping[str, Any]]
    terms: Mapping[str, int]
    rows: int
    seconds: float
    dropped: Sequence[str] = ()
    notices: Sequence[Notice] = ()
