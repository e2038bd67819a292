"""What a sample of a table's rows tells: how many have each word and each stem, and how long they are."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from altus4_search_fulltext.ranking.languages import is_english
from altus4_search_fulltext.ranking.packed import PackedCounts
from altus4_search_fulltext.ranking.stems import Stem, english, unchanged
from altus4_search_fulltext.tokens import TokenRules

LONGEST_WORD = 64  # characters; longer ones are not kept
MOST_BYTES = 256 << 10  # of the words, and as many of the stems
_BYTES_BESIDES = 6  # of a word: where it ends, and its number


class TableStatistics:
    """The statistics of one sample. Never changes; satisfies `Vocabulary`.

    At most 512 KiB; 300 abstracts of 150 words have 6,000 words and take 150 KB.

    Args:
        table: Its name.
        index: The index whose columns were read.
        rows: Of the whole table, estimated.
        collected: The sample.
    """

    def __init__(self, table: str, index: str, rows: int, collected: "Collector") -> None:
        self.table = table
        self.index = index
        self.sampled = collected.rows
        self.rows = max(rows, collected.rows)
        self.average_length = collected.characters / collected.rows if collected.rows else 0.0
        self._words = PackedCounts(_fitting(collected.words))
        self.stem: Stem = english() if is_english(lambda word: self._words.get(collected.fold(word))) else unchanged
        self._stems = PackedCounts(_fitting(collected.stems)) if self.stem is not unchanged else self._words
        self.generation = self._digest()

    @property
    def size(self) -> int:
        """Memory taken."""
        return self._words.size + (self._stems.size if self._stems is not self._words else 0)

    def count(self, word: str) -> int:
        """Give how many sampled rows have a word."""
        return self._words.get(word)

    def stem_count(self, stem: str) -> int:
        """Give how many sampled rows have a word with this stem."""
        return self._stems.get(stem)

    def starting(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        """Give words that begin so and how many sampled rows have each."""
        return [pair for pair, _ in zip(self._words.starting(prefix), range(limit), strict=False)]

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Give all words and how many sampled rows have each."""
        return iter(self._words)

    def __len__(self) -> int:
        """Give the number of different words."""
        return len(self._words)

    def _digest(self) -> int:
        """Name the sample by what is in it, so that nodes that read the same rows agree.

        An unchanged table keeps its generation. Without the estimated rows, which change from reading to reading.
        """
        digest = hashlib.blake2b(digest_size=8)
        digest.update(f"{self.table}\0{self.index}\0{self.sampled}\0{self.average_length!r}".encode())
        for word, count in self._words:
            digest.update(f"\0{word}\0{count}".encode())
        return (int.from_bytes(digest.digest()) >> 12) | 1  # JSON keeps 53 bits; 0 means that there is no sample


class Collector:
    """Counts the words of a sample's rows.

    Args:
        rules: Of the index.
    """

    def __init__(self, rules: TokenRules) -> None:
        self.rows = 0
        self.characters = 0
        self.words: Counter[str] = Counter()
        self.stems: Counter[str] = Counter()
        self.fold = rules.folding.fold
        self._pattern = rules.words
        self._stem = english()

    def add(self, texts: Sequence[str]) -> None:
        """Count one row, given as the texts of the index's columns."""
        self.rows += 1
        words: set[str] = set()
        for text in texts:
            self.characters += len(text)
            words.update(self._pattern.findall(self.fold(text)))
        words = {word for word in words if len(word) <= LONGEST_WORD}
        self.words.update(words)
        self.stems.update(set(map(self._stem, words)))


def _fitting(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Leave out the rarest of too many words."""
    size = sum(len(word.encode("utf-8", "replace")) + _BYTES_BESIDES for word in counts)
    if size <= MOST_BYTES:
        return counts
    kept: dict[str, int] = {}
    left = MOST_BYTES
    for word, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        left -= len(word.encode("utf-8", "replace")) + _BYTES_BESIDES
        if left < 0:
            break
        kept[word] = count
    return kept
