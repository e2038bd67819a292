"""What samples of customers' tables tell about their words: the service that suggestions, categories and other search
modes share, so that a table is read once for all of them.

A plugin that searches offers a `Vocabularies`; others ask `ctx.service(Vocabularies)` for it and must do without while
it does not run. What it holds is of the databases' owners: ask only for ids that the caller may see.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class Vocabulary(Protocol):
    """The words of one table's sample. Never changes; a newer sample is another object.

    Attributes:
        table: Its name.
        index: The index whose columns were read.
        generation: Names the sample; equal samples have equal generations.
        rows: Of the whole table, estimated.
        sampled: Rows read.
        average_length: Characters of a sampled row, on average.
    """

    table: str
    index: str
    generation: int
    rows: int
    sampled: int
    average_length: float

    def count(self, word: str) -> int:
        """Give how many sampled rows have a word, in the form in which the table's collation compares."""
        ...

    def starting(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        """Give words that begin so and how many sampled rows have each, in order of code points."""
        ...

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Give all words and how many sampled rows have each, in order of code points."""
        ...

    def __len__(self) -> int:
        """Give the number of different words."""
        ...


@runtime_checkable
class Vocabularies(Protocol):
    """The samples at hand. Never asks a server: what is not there yet is missing, and comes when it is searched."""

    def of(self, database_id: str, tables: Sequence[str] | None = None) -> Sequence[Vocabulary]:
        """Give the newest sample of each table's index of a database, in order of table and index.

        Args:
            database_id: The registered database.
            tables: Names; None: all.
        """
        ...
