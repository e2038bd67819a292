"""Vocabularies of texts in memory."""

import bisect
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from altus4_core.vocabulary import Vocabulary

WORD = re.compile(r"\w+")


class MemoryVocabulary:
    """The words of some texts."""

    index = "memory"

    def __init__(self, table: str, texts: Sequence[str]) -> None:
        counts = Counter(word for text in texts for word in set(WORD.findall(text.casefold())))
        self.table = table
        self.generation = zlib.crc32("\0".join(texts).encode())
        self.rows = self.sampled = len(texts)
        self.average_length = sum(map(len, texts)) / len(texts) if texts else 0.0
        self._words = sorted(counts)
        self._counts = counts

    def count(self, word: str) -> int:
        """Give how many texts have a word."""
        return self._counts[word]

    def starting(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        """Give words that begin so."""
        found: list[tuple[str, int]] = []
        for word in self._words[bisect.bisect_left(self._words, prefix) :]:
            if not word.startswith(prefix) or len(found) == limit:
                break
            found.append((word, self._counts[word]))
        return found

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Give all words."""
        return ((word, self._counts[word]) for word in self._words)

    def __len__(self) -> int:
        """Give the number of words."""
        return len(self._words)


class MemoryVocabularies:
    """Satisfies `Vocabularies`.

    Args:
        databases: By id the tables, by name their texts.
    """

    def __init__(self, databases: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._databases = {
            database: [MemoryVocabulary(name, texts) for name, texts in sorted(tables.items())]
            for database, tables in databases.items()
        }

    def of(self, database_id: str, tables: Sequence[str] | None = None) -> Sequence[Vocabulary]:
        """Give the samples of a database."""
        found = self._databases.get(database_id, ())
        return [each for each in found if tables is None or each.table in tables]
