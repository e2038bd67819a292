"""Sums over days: percentiles against the plain ones, queries and what may be missing of them."""

import math
import random
from collections import Counter

import pytest
from altus4_analytics.sums import added, percentiles, query_sums, volume

from altus4_core.searchlog import bucket_of


def buckets(times):
    found = {}
    for ms in times:
        found[str(bucket_of(ms))] = found.get(str(bucket_of(ms)), 0) + 1
    return found


def plain(times, percent):
    return sorted(times)[max(1, math.ceil(percent / 100 * len(times))) - 1]


@pytest.mark.parametrize("number", [1, 2, 99, 100, 101, 5000])
def test_percentiles_of_days_are_those_of_all_their_searches(number):
    chance = random.Random(number)
    times = [int(chance.lognormvariate(4, 2)) for _ in range(number)]
    days = [buckets(times[start::3]) for start in range(3)]
    for percent, found in zip((50, 95, 99), percentiles(days, (50, 95, 99)), strict=True):
        true = plain(times, percent)
        assert found == true if true < 256 else abs(found - true) <= true * 0.004


def test_short_times_are_exact():
    assert all(bucket_of(ms) == ms for ms in range(256))
    assert percentiles([buckets(range(1, 101))], (1, 50, 95, 100)) == [1, 50, 95, 100]
    assert percentiles([], (50,)) == [None]


def test_means_are_weighted_by_volume():
    days = [
        {"searches": 1, "noResults": 1, "totalMs": 100, "minMs": 100, "maxMs": 100, "totalResults": 0},
        {"searches": 9, "noResults": 0, "totalMs": 90, "minMs": 5, "maxMs": 20, "totalResults": 18},
    ]
    total = volume(days)
    assert (total.mean_ms, total.mean_results, total.no_result_rate) == (19.0, 1.8, 0.1)
    assert (total.min_ms, total.max_ms, total.successful) == (5, 100, 9)
    assert volume([]).mean_ms is None


def test_nothing_found_while_a_database_was_away_is_neither():
    times = {"totalMs": 100, "minMs": 1, "maxMs": 100, "totalResults": 9}
    total = volume([{"searches": 9, "noResults": 1, "unsettled": 4, **times}])
    assert (total.answered, total.settled, total.successful, total.no_result_rate) == (9, 5, 4, 0.2)
    assert volume([{"searches": 4, "noResults": 0, "unsettled": 4, **times}]).no_result_rate is None


def test_failed_searches_are_in_no_mean():
    """The first day was rolled up before failed searches were logged; on the last one none was answered."""
    days = [
        {"searches": 4, "noResults": 1, "totalMs": 40, "minMs": 5, "maxMs": 20, "totalResults": 8},
        {"searches": 8, "failed": 2, "errors": {"TIMEOUT": 2}, "noResults": 0, "totalMs": 60, "minMs": 9, "maxMs": 12,
         "totalResults": 12},
        {"searches": 3, "failed": 3, "errors": {"SEARCH_FAILED": 3}, "noResults": 0, "totalMs": 0, "minMs": None,
         "maxMs": None, "totalResults": 0},
    ]  # fmt: skip
    total = volume(days)
    assert (total.searches, total.failed, total.answered, total.successful) == (15, 5, 10, 9)
    assert (total.mean_ms, total.mean_results, total.no_result_rate, total.failure_rate) == (10.0, 2.0, 0.1, 0.3333)
    assert (total.min_ms, total.max_ms) == (5, 20)
    assert list(total.errors.items()) == [("SEARCH_FAILED", 3), ("TIMEOUT", 2)]
    (use,) = added([{"natural": [4, 40]}, {"natural": [8, 60, 2]}, {"natural": [3, 0, 3]}])
    assert (use.searches, use.failed, use.mean_ms) == (15, 5, 10.0)
    (lost,) = added([{"natural": [3, 0, 3]}])
    assert lost.mean_ms is None


def test_searches_whose_texts_are_left_out_are_no_query():
    day = {"queries": [["", 900, 9, 0, 1], ["a", 1, 1, 1, 1]], "below": 0}
    assert [entry.text for entry in query_sums([day]).queries] == ["a"]


def test_queries_say_what_may_be_missing():
    full = {"queries": [["a", 5, 50, 5, 1], ["b", 4, 4, 4, 2]], "below": 3}
    whole = {"queries": [["c", 6, 6, 6, 9], ["a", 1, 1, 1, 7]], "below": 0}
    found = {entry.text: (entry.searches, entry.missed, entry.last) for entry in query_sums([full, whole]).queries}
    assert found == {"a": (6, 0, 7), "c": (6, 3, 9), "b": (4, 0, 2)}
    assert [entry.text for entry in query_sums([full, whole]).queries] == ["a", "c", "b"]
    assert query_sums([full, whole, full]).unlisted_at_most == 6
    assert all(entry.missed == 0 for entry in query_sums([whole]).queries)


@pytest.mark.parametrize("kept", [10, 40, 1000])
def test_bounds_hold(kept):
    """Whatever a day leaves out, the true count lies between what a row says, or below what is said of the unlisted."""
    chance = random.Random(kept)
    true, parts = Counter(), []
    for _ in range(12):
        day = Counter(f"q{int(chance.paretovariate(0.7)) % 500}" for _ in range(900))
        true += day
        ordered = sorted(day.items(), key=lambda item: (-item[1], item[0]))
        below = ordered[kept][1] if len(ordered) > kept else 0
        parts.append({"queries": [[text, count, count, 0, 1] for text, count in ordered[:kept]], "below": below})
    merged = query_sums(parts)
    for entry in merged.queries:
        assert entry.searches <= true[entry.text] <= entry.searches + entry.missed
    listed = {entry.text for entry in merged.queries}
    assert max((count for text, count in true.items() if text not in listed), default=0) <= merged.unlisted_at_most
    assert (merged.unlisted_at_most == 0) == (kept == 1000)
