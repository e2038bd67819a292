"""Tables of real text: passages of the Python sources of this machine, and how many rows have which word."""

import os
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from altus4_mysql import Pool, literal

SCHEMA = "bench"
WORD = "quetzalcoatl"
HITS = 20
_BATCH = 2000  # rows of one statement: about 500 KB
_LENGTH = 20  # words of a passage: about 170 characters
_SAMPLE = 20_000
_LONGEST = 3600.0  # seconds to make the index of a million rows on a machine that does other things, too
# Letters alone, and none of InnoDB's stop words that have four letters or more.
_WORD = re.compile(r"(?<![\w'])(?!about|from|that|this|what|when|where|will|with)[a-z]{4,12}(?![\w'])")


def text() -> Sequence[str]:
    """Give the words of the standard library's sources, in the order in which they stand there."""
    files = sorted(path for path in Path(os.__file__).parent.rglob("*.py") if "site-packages" not in path.parts)
    # A backslash would turn the whole literal into a hexadecimal one, twice as long.
    return " ".join(path.read_text("utf-8", "ignore") for path in files).replace("\\", " ").replace("\0", " ").split()


def passages(words: Sequence[str], rows: int) -> Iterator[str]:
    """Give passages, the same ones each time; exactly `HITS` of them have the rare word."""
    chance = random.Random(4)
    rare = set(chance.sample(range(rows), HITS))
    for number in range(rows):
        start = chance.randrange(len(words) - _LENGTH)
        passage = words[start : start + _LENGTH]
        if number in rare:
            passage[7] = WORD
        yield " ".join(passage)


def frequencies(words: Sequence[str]) -> Counter[str]:
    """Count in how many of `_SAMPLE` passages each word is."""
    return Counter(
        word for passage in passages(words, _SAMPLE) for word in set(_WORD.findall(_stored(passage)[1].lower()))
    )


def nearest(counts: Counter[str], share: float) -> str:
    """Give the word that is in about this share of all passages."""
    return min(counts, key=lambda word: (abs(counts[word] - share * _SAMPLE), word))


async def fill(admin: Pool, words: Sequence[str], rows: int, schema: str = SCHEMA) -> None:
    """Make the table `articles` in a new schema; the index comes last, which is quicker."""
    await admin.fetch(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
    await admin.fetch(
        f"CREATE TABLE {schema}.articles (id INT PRIMARY KEY, title VARCHAR(200), body TEXT, published DATE)"
        " ENGINE = InnoDB"
    )
    lines: list[str] = []
    for number, passage in enumerate(passages(words, rows), 1):
        title, body = _stored(passage)
        lines.append(f"({number},{literal(title)},{literal(body)},'2024-01-{number % 28 + 1:02d}')")
        if len(lines) == _BATCH or number == rows:
            await admin.fetch(f"INSERT INTO {schema}.articles VALUES {','.join(lines)}".replace("%", "%%"))
            lines = []
    await admin.fetch(f"CREATE FULLTEXT INDEX ft ON {schema}.articles (title, body)", deadline=_LONGEST)


def _stored(passage: str) -> tuple[str, str]:
    return " ".join(passage.split(" ", 5)[:5])[:200], passage[:300]
