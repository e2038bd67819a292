"""The core's contract of search modes, on both servers."""

from collections.abc import AsyncIterator

import pytest
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.mode import FulltextMode

from altus4_core.records import SearchRequest
from altus4_core.testing.contracts.search import SearchModeContract

from .support import Target, boolean, natural, opened, request

pytestmark = pytest.mark.mysql


async def _notes(pool: Pool) -> None:
    for name in ("notes", "letters"):
        await pool.fetch(
            f"CREATE TABLE {name} (id INT PRIMARY KEY AUTO_INCREMENT, body TEXT, FULLTEXT KEY ft (body)) ENGINE=InnoDB"
        )
        for number in range(6):
            await pool.fetch(f"INSERT INTO {name} (body) VALUES (%s)", (f"apple number {'pie ' * number}",))


class FulltextContract(SearchModeContract):
    @pytest.fixture
    async def valid(self, any_server: ServerAddress) -> AsyncIterator[tuple[SearchRequest, Target]]:
        async with opened(any_server, _notes) as target:
            yield request("apple"), target


class TestNatural(FulltextContract):
    @pytest.fixture
    def provider(self) -> FulltextMode:
        return natural()


class TestBoolean(FulltextContract):
    @pytest.fixture
    def provider(self) -> FulltextMode:
        return boolean()
