"""Sums over the figures of several days: volumes, means weighted by volume, percentiles, queries."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from altus4_core.searchlog import FINE_BITS


@attrs.frozen
class Volume:
    """What days of searches add up to; times in milliseconds, of those answered. Means are None where none was.

    `unsettled` found nothing while a database did not answer: nobody knows whether there was something.
    `errors` says how many searches failed with which code.
    """

    searches: int = 0
    failed: int = 0
    no_results: int = 0
    unsettled: int = 0
    total_ms: int = 0
    total_results: int = 0
    min_ms: int | None = None
    max_ms: int | None = None
    errors: Mapping[str, int] = attrs.field(factory=dict)

    @property
    def mean_ms(self) -> float | None:
        """Give the mean time of a search that was answered."""
        return mean(self.total_ms, self.answered)

    @property
    def mean_results(self) -> float | None:
        """Give the mean number of matches of a search that was answered."""
        return mean(self.total_results, self.answered)

    @property
    def answered(self) -> int:
        """Give how many searches did not fail."""
        return self.searches - self.failed

    @property
    def settled(self) -> int:
        """Give of how many searches it is known whether there was something to find."""
        return self.answered - self.unsettled

    @property
    def successful(self) -> int:
        """Give how many searches found something."""
        return self.settled - self.no_results

    @property
    def no_result_rate(self) -> float | None:
        """Give the share of settled searches that found nothing, 0..1."""
        return mean(self.no_results, self.settled, 4)

    @property
    def failure_rate(self) -> float | None:
        """Give the share of searches that failed, 0..1."""
        return mean(self.failed, self.searches, 4)


def volume(parts: Iterable[Mapping[str, Any]]) -> Volume:
    """Add up `daily_searches`; days rolled up before failed searches were logged say nothing of them."""
    days = list(parts)
    return Volume(
        searches=sum(day["searches"] for day in days),
        failed=sum(day.get("failed", 0) for day in days),
        no_results=sum(day["noResults"] for day in days),
        unsettled=sum(day.get("unsettled", 0) for day in days),
        total_ms=sum(day["totalMs"] for day in days),
        total_results=sum(day["totalResults"] for day in days),
        min_ms=min((day["minMs"] for day in days if day["minMs"] is not None), default=None),
        max_ms=max((day["maxMs"] for day in days if day["maxMs"] is not None), default=None),
        errors=dict(counted(day.get("errors", {}) for day in days)),
    )


def mean(total: float, count: float, digits: int = 2) -> float | None:
    """Divide; None where there is nothing to divide by."""
    return round(total / count, digits) if count else None


def confidence(searches: int) -> float:
    """Say how far figures of so many searches can be trusted: 1 - 1/sqrt(searches), 0..1."""
    return round(1 - 1 / math.sqrt(searches), 2) if searches else 0.0


def percentiles(parts: Iterable[Mapping[str, int]], wanted: Sequence[float]) -> list[float | None]:
    """Read percentiles (nearest rank) from the added buckets of `latency`.

    Exact below 256 ms; above, the middle of a bucket that is at most 1/128 of its floor wide: at most 0.4 % off.
    """
    counts: Counter[int] = Counter()
    for buckets in parts:
        for floor, count in buckets.items():
            counts[int(floor)] += count
    total = sum(counts.values())
    if not total:
        return [None] * len(wanted)
    ordered = sorted(counts)
    found: list[float | None] = []
    for each in wanted:
        rank = max(1, math.ceil(each / 100 * total))
        passed = 0
        for bucket in ordered:
            passed += counts[bucket]
            if passed >= rank:
                found.append(_middle(bucket))
                break
    return found


def _middle(floor: int) -> float:
    shift = max(floor.bit_length() - FINE_BITS, 0)
    return floor + ((1 << shift) - 1) / 2 if shift else float(floor)


@attrs.define
class QuerySum:
    """One text over several days. `missed` is the most that days may hold of it whose lists it is not in."""

    text: str
    searches: int = 0
    total_ms: int = 0
    total_results: int = 0
    last: int = 0
    missed: int = 0


@attrs.frozen
class QueryList:
    """Texts over several days, the most frequent first: a top-k summary merged with a bound.

    A day keeps its `MOST_QUERIES` most frequent texts and the most that any other can have. So of a text that some day
    left out the sum is a lower bound (`QuerySum.missed` says by how much), and a text that every day left out is not
    here at all: it was searched at most `unlisted_at_most` times. With 0 everything is exact.
    """

    queries: Sequence[QuerySum]
    unlisted_at_most: int = 0


def query_sums(parts: Iterable[Mapping[str, Any]]) -> QueryList:
    """Add up lists of queries."""
    found: dict[str, QuerySum] = {}
    seen_below: Counter[str] = Counter()
    below = 0
    for part in parts:
        below += part["below"]
        for text, count, ms, results, last in part["queries"]:
            if not text:  # left out of the log: many queries, not one that is popular
                continue
            entry = found.get(text)
            if entry is None:
                entry = found[text] = QuerySum(text)
            entry.searches += count
            entry.total_ms += ms
            entry.total_results += results
            entry.last = max(entry.last, last)
            if part["below"]:
                seen_below[text] += part["below"]
    if below:
        for text, entry in found.items():
            entry.missed = below - seen_below[text]
    return QueryList(sorted(found.values(), key=lambda entry: (-entry.searches, entry.text)), below)


@attrs.define
class Use:
    """How often a mode, key or database was searched with, or in; `total_ms` of searches that were answered."""

    key: str
    searches: int = 0
    total_ms: int = 0
    failed: int = 0

    @property
    def mean_ms(self) -> float | None:
        """Give the mean time of a search that was answered."""
        return mean(self.total_ms, self.searches - self.failed)


def added(parts: Iterable[Mapping[str, Sequence[int]]]) -> list[Use]:
    """Add up `{key: [searches, totalMs, failed]}`, the last perhaps missing; gives the most frequent first."""
    found: dict[str, Use] = {}
    for part in parts:
        for key, (searches, total_ms, *failed) in part.items():
            entry = found.setdefault(key, Use(key))
            entry.searches += searches
            entry.total_ms += total_ms
            entry.failed += sum(failed)
    return sorted(found.values(), key=lambda use: (-use.searches, use.key))


def counted(parts: Iterable[Mapping[str, int]]) -> list[tuple[str, int]]:
    """Add up `{name: number}`, the largest first."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def growth(now: float, before: float) -> float | None:
    """Give how much more this is than it was, in percent; None where there was nothing."""
    return round((now - before) / before * 100, 1) if before else None
