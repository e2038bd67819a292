"""The words of a query, and what the samples of the databases meant know of them."""

import re
from collections.abc import Callable, Sequence

from altus4_core.errors import Unavailable
from altus4_core.records import SuggestRequest
from altus4_core.vocabulary import Vocabularies, Vocabulary

MOST = 2000  # words of one sample that begin so: of two letters nearly always all, the frequent ones among them
WORD = re.compile(r"[^\W_]+")
_OPERATORS = frozenset({"AND", "OR", "NOT"})


def samples_for(vocabularies: Callable[[], Vocabularies], request: SuggestRequest) -> Sequence[Vocabulary]:
    """Give the samples of the databases that the request means; none while nothing samples them."""
    try:
        known = vocabularies()
    except Unavailable:
        return []
    return [sample for database in request.databases or () for sample in known.of(database, request.tables)]


def plain(text: str) -> bool:
    """Say whether a query is nothing but words: no sign or operator that a mode might read in its own way."""
    return all(WORD.fullmatch(word) is not None and word not in _OPERATORS for word in text.split())


def share_of(samples: Sequence[Vocabulary], word: str) -> float:
    """Give the largest share of sampled rows that have a word in any table: 0..1."""
    return max((sample.count(word) / sample.sampled for sample in samples if sample.sampled), default=0.0)
