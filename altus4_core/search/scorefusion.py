"""Merging ranked lists by their scores: pure functions, for lists whose scores say more than ranks do.

Both depend on the beginnings of lists alone, never on how deep a list is, so that pages concatenate.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import attrs

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

    def explain(
        self, hits: Sequence[FusedHit], lists: Sequence[RankedList], options: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Show the arithmetic."""
        return [_relative_arithmetic(hit, lists) for hit in hits]


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
        top = _top(lists)
        _, raw, best = _pooled(lists)
        scores = [
            _shares(ranked, top)
            if sums is None
            else [ranked.weight * each / best if best > 0 else 0.0 for each in sums]
            for ranked, sums in zip(lists, raw, strict=True)
        ]
        return _merged(lists, scores)

    def explain(
        self, hits: Sequence[FusedHit], lists: Sequence[RankedList], options: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Show the arithmetic: each term's weight in the row, and its rarity in all tables together."""
        rarity, raw, best = _pooled(lists)
        places = {
            (ranked.database_id, ranked.table, hit.key): (ranked, sums, position)
            for ranked, sums in zip(lists, raw, strict=True)
            for position, hit in enumerate(ranked.hits)
        }
        found: list[Mapping[str, Any]] = []
        for hit in hits:
            ranked, sums, position = places[hit.database_id, hit.table, hit.hit.key]
            if ranked.evidence is None or sums is None:
                found.append(_relative_arithmetic(hit, lists))
                continue
            weights = ranked.evidence.weights[position] if position < len(ranked.evidence.weights) else {}
            terms = [
                {**rarity[term].json(term), "weight": weight, "score": weight * rarity[term].idf}
                for term, weight in weights.items()
                if term in rarity
            ]
            whole = sum(term["score"] for term in terms)
            capped = {"ceiling": sums[position]} if sums[position] < whole else {}
            found.append(
                {
                    "formula": "listWeight * min(sum of weight * idf of the terms, ceiling) / best; "
                    "weight = tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average)), "
                    "idf = ln(1 + (n - df + 0.5) / (df + 0.5))",
                    "listWeight": ranked.weight,
                    "terms": terms,
                    **capped,
                    "best": best,
                }
            )
        return found


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


def _relative_arithmetic(hit: FusedHit, lists: Sequence[RankedList]) -> dict[str, Any]:
    ranked = next(each for each in lists if (each.database_id, each.table) == (hit.database_id, hit.table))
    return {
        "formula": "weight / largestWeight * listScore / bestOfList",
        "largestWeight": _top(lists),
        "listScore": hit.hit.score,
        "bestOfList": ranked.hits[0].score,
    }


@attrs.frozen
class _Rarity:
    """How rare a term is in all tables together: `n` rows, `df` of them have it."""

    n: float
    df: float
    idf: float

    def json(self, term: str) -> dict[str, Any]:
        return {"term": term, "n": self.n, "df": self.df, "idf": self.idf}


def _pooled(lists: Sequence[RankedList]) -> tuple[Mapping[str, _Rarity], Sequence[list[float] | None], float]:
    """Give how rare terms are, the hits' scores for each list that has evidence, and the best weighted one."""
    rarity = _rarity([ranked.evidence for ranked in lists if ranked.evidence is not None])
    raw = [_sums(ranked, ranked.evidence, rarity) if ranked.evidence is not None else None for ranked in lists]
    weighted = (ranked.weight * max(sums, default=0.0) for ranked, sums in zip(lists, raw, strict=True) if sums)
    return rarity, raw, max(weighted, default=0.0)


def _rarity(evidence: Sequence[TermEvidence]) -> Mapping[str, _Rarity]:
    rows = sum(each.rows for each in evidence)
    found: dict[str, _Rarity] = {}
    for term in sorted({term for each in evidence for term in each.frequencies}):
        frequency = min(sum(each.frequencies.get(term, 0.0) for each in evidence), rows)
        found[term] = _Rarity(rows, frequency, math.log(1 + (rows - frequency + 0.5) / (frequency + 0.5)))
    return found


def _sums(ranked: RankedList, evidence: TermEvidence, rarity: Mapping[str, _Rarity]) -> list[float]:
    """Give the hits' scores; none above the smallest of the windows before."""
    sums = [
        sum(weight * rarity[term].idf for term, weight in weights.items() if term in rarity)
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
