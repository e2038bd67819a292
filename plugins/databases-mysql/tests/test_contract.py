"""The kit's contracts, run on this plugin's providers."""

import attrs
import pytest
from altus4_databases_mysql.provider import MySQLTargets
from altus4_databases_mysql.sharedtargets import SharedTargets

from altus4_core.testing.contracts.target import TargetContract

pytestmark = pytest.mark.mysql


class TestTargets(TargetContract):
    @pytest.fixture
    async def valid(self, mysql_customer, row):
        await mysql_customer.run("CREATE TABLE t (id INT PRIMARY KEY, x TEXT, FULLTEXT KEY f (x))")
        return row(mysql_customer)

    @pytest.fixture
    async def provider(self, mysql_customer, connect):
        targets = SharedTargets(connect(mysql_customer.server.port))
        yield MySQLTargets(lambda: targets)
        await targets.aclose()


async def test_the_gateway_and_the_resource_share_one_target(mysql_customer, connect, row):
    targets = SharedTargets(connect(mysql_customer.server.port))
    database = row(mysql_customer)
    shown = targets.get(database)
    taken = targets.take(database)
    assert taken is shown
    assert targets.take(database) is not taken
    assert targets.get(database) is taken
    newer = attrs.evolve(database, version=2)
    assert targets.get(newer) is not taken
    await targets.aclose()
    assert taken.closed


async def test_who_waits_for_a_schema_of_a_closed_target_is_told(mysql_customer, opened):
    import asyncio

    from altus4_core.errors import TargetFailed

    target = await opened(mysql_customer)
    waiting = asyncio.create_task(target.schema())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await target.aclose()
    with pytest.raises(TargetFailed) as caught:
        await waiting
    assert caught.value.error_code == "UNREACHABLE"
