"""The slowest database is asked first."""

from altus4_core.records import DatabaseOutcome, DatabaseStatus
from altus4_core.search import paces
from altus4_core.search.paces import Paces


def outcome(name: str, took_ms: float, status: DatabaseStatus = DatabaseStatus.OK) -> DatabaseOutcome:
    return DatabaseOutcome(name, name, status, took_ms, ())


def test_unknown_databases_come_first_and_then_the_slowest():
    learned = Paces()
    learned.note([outcome("near", 1.0), outcome("far", 20.0), outcome("middle", 5.0)])
    assert learned.slowest_first(["near", "middle", "new", "far", "other"]) == [2, 4, 3, 1, 0]


def test_equals_keep_their_order():
    assert Paces().slowest_first(["a", "b", "c"]) == [0, 1, 2]


def test_one_slow_answer_does_not_outweigh_many_quick_ones_and_is_forgotten():
    learned = Paces()
    for _ in range(10):
        learned.note([outcome("steady", 10.0), outcome("usually quick", 1.0)])
    learned.note([outcome("usually quick", 30.0)])
    assert learned.slowest_first(["usually quick", "steady"]) == [1, 0]
    for _ in range(20):
        learned.note([outcome("usually quick", 30.0)])
    assert learned.slowest_first(["steady", "usually quick"]) == [1, 0]


def test_a_database_that_times_out_counts_as_slow():
    learned = Paces()
    learned.note([outcome("well", 10.0), outcome("ill", 5000.0, DatabaseStatus.TIMEOUT)])
    assert learned.slowest_first(["well", "ill"]) == [1, 0]


def test_memory_is_bounded_and_the_longest_unsearched_is_forgotten(monkeypatch):
    monkeypatch.setattr(paces, "MOST", 3)
    learned = Paces()
    for name in ("a", "b", "c"):
        learned.note([outcome(name, 1.0)])
    learned.note([outcome("a", 1.0)])
    learned.note([outcome("d", 1.0)])
    assert learned.slowest_first(["a", "b", "c", "d"]) == [1, 0, 2, 3]
