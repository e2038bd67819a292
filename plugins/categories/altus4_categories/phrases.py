"""Categories by phrases: the label comes first, then the results that have it; none rather than noise.

A phrase of one to three words that some of the results share is a candidate. How well it groups them is how much more
alike their texts are among themselves than to the rest, the label's own words left out: confidence = 1 - outside /
inside, where both are mean Jaccard similarities of word sets, and `inside` is taken two standard errors lower, since a
few results look alike by chance. Labels first, because a group that cannot be named helps nobody (Osinski, Weiss, "A
Concept-Driven Algorithm for Clustering Search Results", IEEE Intelligent Systems 20(3), 2005).
"""

import asyncio
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import attrs

from altus4_categories.functionwords import FUNCTION_WORDS
from altus4_core.records import Category, FusedHit, SearchRequest

_WORD = re.compile(r"[^\W\d_]{3,}")
_ADDRESS = re.compile(r"\b(?:https?|ftp)://\S+|\bwww\.\S+|(?<!\S)\S+@\S+")
_MOST_RESULTS = 60  # the best ones; the rest is too weak a match to say anything
_TEXT = 400  # characters of a result that are read
_LONGEST_PHRASE = 3  # words
_MOST_CANDIDATES = 20  # phrases whose confidence is worked out
_FEWEST = 3  # results of a group
_TOO_COMMON = 0.6  # share of the results beyond which a phrase tells nothing apart
_ALIKE = 0.5  # share of results that two groups may have in common
_COMPARED = 12  # members that are compared with each other
_LONGER = 0.5  # what each further word of a phrase is worth


@attrs.frozen
class Text:
    """One result: its id, its words in order, and as a set, a bit for each word."""

    id: str
    words: tuple[str, ...]
    bag: int


class Phrases:
    """Groups results by phrases.

    Args:
        least: Results below which nothing is grouped.
        most: Groups.
        least_confidence: Of a group.
    """

    name = "phrases"

    def __init__(self, least: int, most: int, least_confidence: float) -> None:
        self._least = least
        self._most = most
        self._least_confidence = least_confidence

    async def categorize(self, request: SearchRequest, hits: Sequence[FusedHit]) -> Sequence[Category]:
        """Group, in a thread: it is some milliseconds of pure computation."""
        if len(hits) < self._least:
            return []
        return await asyncio.to_thread(self.group, request.query, hits[:_MOST_RESULTS])

    def group(self, query: str, hits: Sequence[FusedHit]) -> list[Category]:
        """Give the groups, the largest first. Pure."""
        asked = {word.casefold() for word in _WORD.findall(query)}
        bits: dict[str, int] = {}
        texts = [_text(fused, bits) for fused in hits]
        chosen: list[tuple[float, str, frozenset[int]]] = []
        for phrase, members in _candidates(texts, asked):
            if any(_overlap(members, others) > _ALIKE for _, _, others in chosen):
                continue
            # That they share the label is how they were found: what else they share is what counts.
            label = sum(bits.get(word, 0) for word in set(phrase.split()))
            confidence = _confidence([text.bag & ~label for text in texts], members)
            if confidence >= self._least_confidence:
                chosen.append((confidence, phrase, members))
                if len(chosen) == self._most:
                    break
        chosen.sort(key=lambda group: (-len(group[2]), group[1]))
        return [
            Category(
                phrase, len(members), round(confidence, 3), self.name, None, frozenset(texts[at].id for at in members)
            )
            for confidence, phrase, members in chosen
        ]


def _text(fused: FusedHit, bits: dict[str, int]) -> Text:
    read = " . ".join(value for value in fused.hit.data.values() if isinstance(value, str))[: 2 * _TEXT]
    words = tuple(word.casefold() for word in _WORD.findall(_ADDRESS.sub(" ", read)[:_TEXT]))
    bag = 0
    for word in words:
        if word not in FUNCTION_WORDS:
            bag |= bits.setdefault(word, 1 << len(bits))
    return Text(fused.id, words, bag)


def _candidates(texts: Sequence[Text], asked: Iterable[str]) -> list[tuple[str, frozenset[int]]]:
    """Give phrases and the places of the texts that have them, the most telling first."""
    places: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    avoided = FUNCTION_WORDS | set(asked)
    for at, text in enumerate(texts):
        for start, first in enumerate(text.words):
            if first in avoided:
                continue
            for end in range(start + 1, min(start + _LONGEST_PHRASE, len(text.words)) + 1):
                if text.words[end - 1] in avoided:
                    break
                places[text.words[start:end]].add(at)
    least = max(_FEWEST, round(len(texts) * 0.05))
    most = _TOO_COMMON * len(texts)
    fitting = {phrase: frozenset(found) for phrase, found in places.items() if least <= len(found) <= most}
    # Of phrases that mean the same results, the longest says most.
    by_results: dict[frozenset[int], tuple[str, ...]] = {}
    for phrase, found in fitting.items():
        known = by_results.get(found)
        if known is None or (len(phrase), phrase) > (len(known), known):
            by_results[found] = phrase
    ordered = sorted(by_results.items(), key=lambda item: (-_worth(item[1], item[0]), item[1]))
    return [(" ".join(phrase), found) for found, phrase in ordered[:_MOST_CANDIDATES]]


def _worth(phrase: tuple[str, ...], found: frozenset[int]) -> float:
    return len(found) * (1 + _LONGER * (len(phrase) - 1))


def _confidence(bags: Sequence[int], members: frozenset[int]) -> float:
    """Compare some members with each other and with some of the rest: a mean needs no more."""
    inner = [bags[at] for at in sorted(members)[:_COMPARED]]
    outer = [bag for at, bag in enumerate(bags) if at not in members][: 2 * _COMPARED]
    alike = [_jaccard(one, other) for place, one in enumerate(inner) for other in inner[:place]]
    outside = _mean([_jaccard(one, other) for one in inner for other in outer])
    mean = _mean(alike)
    # Pairs share results, so that there are only as many independent ones as results.
    inside = mean - 2 * math.sqrt(_mean([(value - mean) ** 2 for value in alike]) / len(inner))
    return max(0.0, 1 - outside / inside) if inside > 0 else 0.0


def _jaccard(one: int, other: int) -> float:
    together = (one | other).bit_count()
    return (one & other).bit_count() / together if together else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _overlap(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / min(len(one), len(other))
