"""The search log."""

import uuid
from datetime import UTC, datetime

import attrs
import pytest
from altus4_analytics.row import search_row
from altus4_analytics.sink import SearchLog

from altus4_core.counters import Counters
from altus4_core.errors import Unavailable
from altus4_core.records import Event

NOW = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


def event(**changes):
    payload = {
        "query": "mysql tuning",
        "mode": "natural",
        "database_ids": ["d1"],
        "result_count": 7,
        "took_ms": 12,
        "params": {"limit": 20, "offset": 0},
        "categories": [{"name": "articles", "count": 7}],
        **changes,
    }
    return Event(str(uuid.uuid4()), "search", NOW, "user-1", "request-1", payload, "key-1", "test")


class Table:
    """Takes rows like the store; can be away, and refuse the rows of one user."""

    def __init__(self) -> None:
        self.batches = []
        self.away = False
        self.gone = None

    @property
    def searches(self):
        return self

    async def add_many(self, rows):
        if self.away:
            message = "away"
            raise Unavailable(message)
        self.batches.append([row for row in rows if row.user_id != self.gone])
        return len(self.batches[-1])

    async def present(self, ids):
        return {row.id for batch in self.batches for row in batch} & set(ids)


def sink_on(table):
    counters = Counters().of("analytics")
    return SearchLog(lambda: table, counters), counters


def test_a_row_has_everything_the_event_says():
    given = event(key_id="key-1")
    row = search_row(given)
    assert (row.id, row.user_id, row.created_at) == (given.id, "user-1", NOW)
    assert (row.query, row.search_mode, row.result_count, row.execution_time_ms) == ("mysql tuning", "natural", 7, 12)
    assert (row.database_id, row.databases) == ("d1", ())
    assert row.categories == [{"name": "articles", "count": 7}]
    assert row.search_params == {"limit": 20, "offset": 0}
    assert (row.api_key_id, row.request_id, row.environment) == ("key-1", "request-1", "test")


def test_a_row_says_how_a_search_failed():
    assert search_row(event(error_code="TIMEOUT", result_count=0, categories=None)).error_code == "TIMEOUT"
    assert search_row(event()).error_code is None, "answered, or from a gateway that did not log failed ones"


@pytest.mark.parametrize(("ids", "expected"), [([], None), (["d1"], "d1"), (["d1", "d2"], None)])
def test_a_database_is_named_only_when_it_was_the_only_one(ids, expected):
    shares = [{"id": one, "status": "ok", "matched": 3, "took_ms": 4} for one in ids]
    row = search_row(event(database_ids=ids, databases=shares))
    assert row.database_id == expected
    assert [one.id for one in row.databases] == (ids if len(ids) > 1 else [])
    assert all((one.result_count, one.execution_time_ms) == (3, 4) for one in row.databases)


def test_values_fit_their_columns():
    row = search_row(event(query="x" * 4000, result_count=10**12, took_ms=-1, categories=[]))
    assert (len(row.query), row.result_count, row.execution_time_ms, row.categories) == (1000, 2**31 - 1, 0, None)


async def test_a_batch_is_one_call_without_other_kinds_and_without_doubles():
    table = Table()
    sink, counters = sink_on(table)
    first, second = event(), event()
    other = attrs.evolve(event(), kind="audit", payload={})
    await sink.write([first, other, second, first])
    assert [[row.id for row in batch] for batch in table.batches] == [[first.id, second.id]]
    await sink.write([other])
    assert len(table.batches) == 1
    assert counters.total("dropped_rows") == 0


async def test_what_is_no_search_does_not_hold_up_its_batch():
    table = Table()
    sink, counters = sink_on(table)
    good = event()
    await sink.write(
        [attrs.evolve(event(), payload={"mode": "natural"}), good, event(databases=[{}], database_ids=[1, 2])]
    )
    assert [row.id for row in table.batches[0]] == [good.id]
    assert counters.total("unreadable_events") == 2


async def test_rows_of_the_gone_are_counted():
    table = Table()
    table.gone = "user-2"
    sink, counters = sink_on(table)
    await sink.write([event(), attrs.evolve(event(), user_id="user-2")])
    assert counters.total("dropped_rows") == 1


async def test_a_store_that_is_away_is_reported_so_that_the_batch_is_kept():
    table = Table()
    table.away = True
    with pytest.raises(Unavailable):
        await sink_on(table)[0].write([event()])
