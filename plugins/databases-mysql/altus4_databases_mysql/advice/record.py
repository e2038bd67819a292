"""One piece of advice."""

from typing import Literal

import attrs

AdviceType = Literal["missing", "incomplete", "duplicate", "overlapping", "unused", "cjkParser", "collation"]
Impact = Literal["high", "medium", "low"]


@attrs.frozen
class Estimate:
    """What carrying the advice out takes, in orders of magnitude; `basis` says how it was worked out.

    Attributes:
        rows: The server's estimate of the table's rows.
        seconds: Of the server's work.
        bytes: Of disk: positive is taken, negative given back.
        basis: The arithmetic.
    """

    rows: int
    seconds: float
    bytes: int
    basis: str


@attrs.frozen
class Advice:
    """What could be better about one table.

    Attributes:
        type: What kind of thing it is.
        table: The table.
        columns: The columns concerned.
        description: What is so, and why it matters.
        impact: How much.
        ddl: Statements to run, in this order, by whoever may change the table; empty where none helps.
        index: The index concerned, if there is one already.
        estimate: What running them takes.
    """

    type: AdviceType
    table: str
    columns: tuple[str, ...]
    description: str
    impact: Impact
    ddl: tuple[str, ...] = ()
    index: str | None = None
    estimate: Estimate | None = None
