"""Rows that were found are not lost when there is no time left to count them."""

import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from altus4_mysql import ConnectionLost, Pool, PoolExhausted
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.mode import FulltextMode, Ranking
from altus4_search_fulltext.natural import NaturalLanguage
from altus4_search_fulltext.ranking.sampler import Sampler
from altus4_search_fulltext.ranking.samples import Samples

from altus4_core.errors import TargetFailed
from altus4_core.records import TableHits

from .support import Target, opened, request
from .waiting import sampled

pytestmark = pytest.mark.mysql


class Hurried:
    """A target whose counts take longer than they may, or fail in another way."""

    def __init__(self, target: Target, error: Exception | None = None) -> None:
        self._target = target
        self._error = error
        self.database = target.database
        self.id, self.name, self.kind = target.id, target.name, target.kind

    async def schema(self) -> Any:
        return await self._target.schema()

    async def fetch(self, sql: str, params: Any = (), **more: Any) -> Any:
        if "COUNT(" in sql:
            if self._error is not None:
                raise self._error
            sql = sql.replace("SELECT ", "SELECT SLEEP(1), ", 1)
            more["deadline"] = 0.05
        return await self._target.fetch(sql, params, **more)


@pytest.fixture
async def target(any_server: ServerAddress) -> AsyncIterator[Target]:
    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE t (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body)) ENGINE=InnoDB")
        values = ", ".join(f"({number}, 'whale {'whales' if number % 2 else 'x'} {number}')" for number in range(300))
        await pool.fetch(f"INSERT INTO t VALUES {values}")
        await pool.fetch("INSERT INTO t VALUES " + ", ".join(f"({number}, 'other')" for number in range(300, 700)))

    async with opened(any_server, fill) as opened_target:
        yield opened_target


@pytest.fixture
async def mode() -> AsyncIterator[FulltextMode]:
    sampler = Sampler(Samples(8 << 20, time.monotonic), time.monotonic, logging.getLogger("test"))
    sampler.start()
    ranking = Ranking(sampler, time.monotonic)
    yield FulltextMode("natural", NaturalLanguage(32), longest=2000, concurrency=4, ranking=ranking)
    await sampler.aclose()


async def search(mode: FulltextMode, target: Any, ranking: str, **changes: Any) -> TableHits:
    (found,) = await mode.search(request("whale", ranking=ranking, limit=5, **changes), target)
    return found


@pytest.mark.parametrize("ranking", ["mysql", "bm25"])
async def test_rows_come_without_a_total(mode: FulltextMode, target: Target, ranking: str) -> None:
    await sampled(mode, target, "t")
    for error, reason in ((None, "outOfTime"), (PoolExhausted("busy"), "busy")):
        began = time.monotonic()
        hurried = await search(mode, Hurried(target, error), ranking)
        assert time.monotonic() - began < 0.9
        plain = await search(mode, target, ranking)
        assert [hit.key for hit in hurried.hits] == [hit.key for hit in plain.hits] != []
        assert (plain.total, plain.notices) == (300, ())
        assert [(notice.code, notice.details) for notice in hurried.notices] == [("TOTAL_MISSING", {"reason": reason})]
        assert hurried.relation in {"gte", "unknown"}
        assert (hurried.total is None) == (hurried.relation == "unknown")
        assert (hurried.total or 0) < 300
        assert not hurried.exhausted


async def test_a_lost_server_is_not_a_missing_total(mode: FulltextMode, target: Target) -> None:
    await sampled(mode, target, "t")
    with pytest.raises(TargetFailed) as failed:
        await search(mode, Hurried(target, ConnectionLost(before_first_row=True)), "mysql")
    assert failed.value.error_code == "UNREACHABLE"
