"""Merging ranked lists by their scores: pure functions, for lists whose scores say more than ranks do.

Both depend on the beginnings of lists alone, never on how deep a list is, so that pages concatenate.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from altus4_core.records import FusedHit, RankedList, TermEvidence
from altus4_core.seams import Fusion
from altus4_core.search.fusion import ReciprocalRankFusion


class RelativeFusion:
    """The fusion `relative`: scores as shares of the list's best, times the list's weight.

    Score of a hit = weight / largest weight * (score - low) / (high - low), within 0..1. High is the score of the
    list's first hit. Low is 0, what a row that does not match has: the score of the last hit would depend on how deep
    the list is.
    """

    name = "relative"

    def fuse(self, lists: Sequence[RankedList], options: Mapping[str, Any]) -> Sequence[FusedHit]:
        """Merge; there are no options."""
        return _merged(lists, [_shares(ranked, _top(lists)) for ranked in lists])

    def explain(self, hit: FusedHit, weight: float, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Show the arithmetic."""
        return {"formula": "weight / largest weight * score / best score of the list", "listScore": hit.hit.score}


class GlobalIdfFusion:
    """The fusion `globalIdf`: BM25 anew, with one rarity of each term over all tables together.

    Score of a hit = sum over its terms of weight in the row (`TermEvidence.weights`) * ln(1 + (N - df + 0.5) / (df +
    0.5)) with N and df added up over all lists, times the list's weight, divided by the best. So the lists are one
    collection: a word that is common in one table and rare in all counts alike in both. Rows of one list change places
    inside its windows; a row of a later window never scores more than one of an earlier window. For the same rows on
    every page the windows must be whole. A list without evidence takes part with its relative scores.
    """

    name = "global-idf"

    def fuse(self, lists: Sequence[RankedList], options: Mapping[str, Any]) -> Sequence[FusedHit]:
        """Merge; there are no options."""
        rarity = _rarity([ranked.evidence for ranked in lists if ranked.evidence is not None])
        top = _top(lists)
        raw = [_sums(ranked, ranked.evidence, rarity) if ranked.evidence is not None else None for ranked in lists]
        best = max(
            (ranked.weight * max(sums, default=0.0) for ranked, sums in zip(lists, raw, strict=True) if sums),
            default=0.0,
        )
        scores = [
            _shares(ranked, top)
            if sums is None
            else [ranked.weight * each / best if best > 0 else 0.0 for each in sums]
            for ranked, sums in zip(lists, raw, strict=True)
        ]
        return _merged(lists, scores)

    def explain(self, hit: FusedHit, weight: float, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Show the arithmetic."""
        formula = "weight * sum(tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average)) * idf of all tables) / best"
        return {"formula": formula, "listScore": hit.hit.score}


def built_in_fusions() -> Mapping[str, Fusion]:
    """Give the core's own fusions by the names that requests have for them."""
    return {"rrf": ReciprocalRankFusion(), "relative": RelativeFusion(), "globalIdf": GlobalIdfFusion()}


def _top(lists: Sequence[RankedList]) -> float:
    return max((ranked.weight for ranked in lists), default=1.0) or 1.0


def _shares(ranked: RankedList, top: float) -> list[float]:
    high = ranked.hits[0].score if ranked.hits else 0.0
    if high <= 0:  # nothing to compare with: all are as good as the first
        return [ranked.weight / top if hit.score == high else 0.0 for hit in ranked.hits]
    return [ranked.weight / top * max(hit.score / high, 0.0) for hit in ranked.hits]


def _rarity(evidence: Sequence[TermEvidence]) -> Mapping[str, float]:
    rows = sum(each.rows for each in evidence)
    found: dict[str, float] = {}
    for term in sorted({term for each in evidence for term in each.frequencies}):
        frequency = min(sum(each.frequencies.get(term, 0.0) for each in evidence), rows)
        found[term] = math.log(1 + (rows - frequency + 0.5) / (frequency + 0.5))
    return found


def _sums(ranked: RankedList, evidence: TermEvidence, rarity: Mapping[str, float]) -> list[float]:
    """Give the hits' scores; none above the smallest of the windows before."""
    sums = [
        sum(weight * rarity.get(term, 0.0) for term, weight in weights.items())
        for _, weights in zip(ranked.hits, evidence.weights, strict=False)
    ]
    sums += [0.0] * (len(ranked.hits) - len(sums))
    ends = [0]
    for length in evidence.windows:
        ends.append(ends[-1] + length)
    ends.append(len(sums))
    ceiling = math.inf
    for start, end in pairwise(ends):
        window = [min(each, ceiling) for each in sums[start:end]]
        sums[start : start + len(window)] = window
        ceiling = min(window, default=ceiling)
    return sums


def _merged(lists: Sequence[RankedList], scores: Sequence[Sequence[float]]) -> list[FusedHit]:
    """Order by score, then position, then list; the rank is the hit's in its own list, equal scores sharing one."""
    placed: list[tuple[float, int, int]] = []
    ranks: list[list[int]] = []
    for place, (ranked, mine) in enumerate(zip(lists, scores, strict=True)):
        placed += [(-score, position, place) for position, score in enumerate(mine)]
        own: list[int] = []
        previous: float | None = None
        for position, hit in enumerate(ranked.hits):
            own.append(position + 1 if hit.score != previous else own[-1])
            previous = hit.score
        ranks.append(own)
    placed.sort()
    return [
        FusedHit(
            lists[place].database_id,
            lists[place].table,
            lists[place].hits[position],
            round(-score, 6),
            ranks[place][position],
        )
        for score, position, place in placed
    ]
