"""A few rows of a table's texts: enough to see which columns hold prose, and in which script. Bounded and cheap."""

import re
from collections.abc import Mapping, Sequence

import attrs
from altus4_mysql import Column, Limits, Table, quote_identifier

from altus4_core.errors import TargetFailed
from altus4_databases_mysql.target import MySQLOpenTarget

ROWS = 40
CHARACTERS = 200  # read of each value
_COLUMNS = 16  # an index has at most as many
_LIMITS = Limits(max_response_bytes=2 << 20, max_rows=ROWS)
_DEADLINE = 2.0  # seconds for one table

# Han, Hiragana, Katakana, Hangul: written without spaces between words, or with particles glued to them.
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]{2,}")


@attrs.frozen
class ColumnSample:
    """What the sampled values of one column look like.

    Attributes:
        values: How many were not empty.
        prose: The share of values with at least two words.
        words: The share of values that have a word at all.
        cjk: The share of letters that are Chinese, Japanese or Korean.
        characters: The mean length, values cut.
    """

    values: int = 0
    prose: float = 0.0
    words: float = 0.0
    cjk: float = 0.0
    characters: float = 0.0


def candidates(table: Table) -> list[Column]:
    """List the columns that a FULLTEXT index could hold."""
    wanted = [
        column
        for column in table.columns
        if column.is_text and column.data_type not in {"enum", "set", "json"} and not column.generated
    ]
    indexed = {name for index in table.fulltext_indexes for name in index.columns}
    return sorted(wanted, key=lambda column: (column.name not in indexed, column.ordinal))[:_COLUMNS]


async def sample_of(target: MySQLOpenTarget, table: Table) -> Mapping[str, ColumnSample]:
    """Read the first rows of a table; nothing where it cannot be read in time."""
    columns = candidates(table)
    if not columns:
        return {}
    shown = ", ".join(f"LEFT({quote_identifier(column.name)}, {CHARACTERS})" for column in columns)
    source = f"{quote_identifier(table.schema)}.{quote_identifier(table.name)}"
    try:
        rows = await target.fetch(f"SELECT {shown} FROM {source} LIMIT {ROWS}", deadline=_DEADLINE, limits=_LIMITS)
    except TargetFailed:
        return {}
    return {column.name: look([str(row[place]) for row in rows if row[place]]) for place, column in enumerate(columns)}


def look(texts: Sequence[str]) -> ColumnSample:
    """Describe values. Pure."""
    if not texts:
        return ColumnSample()
    counts = [len(_WORD.findall(text)) for text in texts]
    letters = sum(character.isalpha() for text in texts for character in text)
    cjk = sum(len(_CJK.findall(text)) for text in texts)
    size = len(texts)
    return ColumnSample(
        values=size,
        # A text without spaces is still prose where nobody writes any.
        prose=sum(count >= 2 or len(_CJK.findall(text)) >= 4 for count, text in zip(counts, texts, strict=True)) / size,
        words=sum(count >= 1 for count in counts) / size,
        cjk=cjk / letters if letters else 0.0,
        characters=sum(map(len, texts)) / size,
    )
