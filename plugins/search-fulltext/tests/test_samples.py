"""Samples stay within their memory, and tables do not push each other's out all the time."""

import re

import pytest
from altus4_search_fulltext.folding import folding_of
from altus4_search_fulltext.ranking.samples import Place, Samples
from altus4_search_fulltext.ranking.statistics import MOST_BYTES, Collector, TableStatistics
from altus4_search_fulltext.ranking.stems import english, unchanged
from altus4_search_fulltext.tokens import TokenRules
from altus4_search_fulltext.wordchars import word_pattern

from altus4_core.testing.clock import HeldClock
from altus4_core.testing.contracts import VocabulariesContract

TEXTS = [
    "Tuning the buffer pool of a database",
    "How to tune an index, and how not to",
    "Libraries of indexes and other wonders: café, naïve, 数据库",
]


def rules(pattern: re.Pattern[str] | None = None) -> TokenRules:
    return TokenRules(folding_of(None), 3, 84, frozenset(), None, pattern or word_pattern(), innodb=True)


def statistics(texts: list[str], table: str = "t") -> TableStatistics:
    collector = Collector(rules())
    for text in texts:
        collector.add([text])
    return TableStatistics(table, "ft", 1000, collector)


def place(table: str = "t", *, database: str = "d", version: int = 1, columns: tuple[str, ...] = ("a",)) -> Place:
    return Place(database, version, table, "ft", columns)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


class TestContract(VocabulariesContract):
    @pytest.fixture
    def provider(self, clock: HeldClock) -> Samples:
        samples = Samples(1 << 20, clock.monotonic)
        for table in ("t", "s"):
            samples.keep(place(table), statistics(TEXTS, table))
        return samples

    @pytest.fixture
    def valid(self) -> str:
        return "d"


def test_figures() -> None:
    found = statistics(TEXTS)
    assert (found.rows, found.sampled) == (1000, 3)
    assert found.average_length == sum(map(len, TEXTS)) / 3
    assert found.stem is english()
    assert (found.count("tuning"), found.stem_count("tune")) == (1, 2)
    assert found.count("cafe") == 1
    assert found.count("a") == 1
    assert statistics(["Der Hund und die Katze sind nicht das"]).stem is unchanged


def test_a_huge_vocabulary_keeps_its_commonest_words() -> None:
    collector = Collector(rules())
    for number in range(300):
        collector.add([" ".join(f"{number:x}word{other:x}" for other in range(200)) + " everywhere"])
    found = TableStatistics("t", "ft", 300, collector)
    assert found.size <= 2 * MOST_BYTES
    assert found.count("everywhere") == 300
    assert 0 < len(found) < 60_001


def test_memory_is_bounded_after_many_tables(clock: HeldClock) -> None:
    samples = Samples(100_000, clock.monotonic)
    for number in range(1000):
        clock.advance(10)
        samples.keep(place(f"t{number}"), statistics([f"word{number}{'x' * other}" for other in range(40)]))
        assert samples.size <= 100_000
    assert 10 < len(samples) < 60
    assert samples.current(place("t999")) is not None
    assert samples.current(place("t0")) is None


def test_what_is_used_is_kept(clock: HeldClock) -> None:
    samples = Samples(20_000, clock.monotonic)
    samples.keep(place("used"), statistics(TEXTS))
    for number in range(50):
        clock.advance(61)
        assert samples.current(place("used")) is not None
        assert samples.keep(place(f"t{number}"), statistics(TEXTS))


def test_a_sample_in_use_is_not_pushed_out_by_other_tables(clock: HeldClock) -> None:
    samples = Samples(8_000, clock.monotonic)
    samples.keep(place(), statistics(TEXTS))
    clock.advance(1000)
    assert samples.current(place()) is not None  # handed out
    refused = 0
    for number in range(59):
        clock.advance(1)
        refused += not samples.keep(place(f"t{number}"), statistics(TEXTS))
        assert samples.size <= 8_000
    assert refused > 50, "there was no room, and nothing was taken for it"
    assert [each.table for each in samples.of("d", ["t"])] == ["t"]
    clock.advance(61)
    assert samples.keep(place("late"), statistics(TEXTS))


def test_a_newer_sample_takes_the_place_of_the_older_one(clock: HeldClock) -> None:
    samples = Samples(1 << 20, clock.monotonic)
    samples.keep(place(), statistics(TEXTS))
    new = statistics(TEXTS[:2])
    assert samples.keep(place(), new)
    assert samples.current(place()) is new
    alone = Samples(1 << 20, clock.monotonic)
    alone.keep(place(), new)
    assert samples.size == alone.size


def test_an_unchanged_table_keeps_its_generation(clock: HeldClock) -> None:
    samples = Samples(1 << 20, clock.monotonic)
    samples.keep(place(), statistics(TEXTS))
    size = samples.size
    clock.advance(900)
    assert samples.age(place()) == 900
    samples.keep(place(), statistics(TEXTS))
    assert samples.age(place()) == 0
    assert samples.size == size
    assert samples.age(place("other")) == float("inf")


def test_another_address_or_other_columns_are_another_table(clock: HeldClock) -> None:
    samples = Samples(1 << 20, clock.monotonic)
    samples.keep(place("t"), statistics(TEXTS))
    samples.keep(place("s"), statistics(TEXTS, "s"))
    samples.keep(place("t", columns=("a", "b")), statistics(TEXTS[:2]))
    assert samples.current(place("t")) is None
    assert samples.current(place("s")) is not None
    samples.keep(place("t", version=2), statistics(TEXTS))
    assert [each.table for each in samples.of("d")] == ["t"]
    assert samples.current(place("s")) is None


def test_rows_with_a_word_are_estimated(clock: HeldClock) -> None:
    samples = Samples(1 << 20, clock.monotonic)
    samples.keep(place(), statistics(TEXTS))  # 3 of 1,000 rows
    assert samples.rows_with("d", "t", "ft", "tuning") == 333
    assert samples.rows_with("d", "t", "ft", "tun*") == 667
    assert samples.rows_with("d", "t", "ft", "absent") == 167
    assert samples.rows_with("d", "t", "ft", "*") == 1000
    assert samples.rows_with("d", "t", "other", "tuning") is None
    samples.keep(place(version=2, columns=("b",)), statistics([]))
    assert samples.rows_with("d", "t", "ft", "tuning") is None


def test_what_nobody_uses_is_forgotten(clock: HeldClock) -> None:
    samples = Samples(1 << 20, clock.monotonic)
    for table in ("used", "left"):
        samples.keep(place(table), statistics(TEXTS, table))
    clock.advance(1000)
    assert samples.current(place("used")) is not None
    clock.advance(900)
    samples.drop_unused(1800)
    assert [each.table for each in samples.of("d")] == ["used"]
    assert samples.rows_with("d", "left", "ft", "tuning") is None
