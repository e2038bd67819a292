import asyncio
import time

import attrs
import pytest
from altus4_databases_mysql.breaker import State
from altus4_databases_mysql.faults import TEXTS
from altus4_mysql import AsideTarget, MySQLTarget

from altus4_core.errors import TargetFailed
from altus4_core.seams import OpenTarget

pytestmark = pytest.mark.mysql

TABLE = "CREATE TABLE t (id INT PRIMARY KEY, x TEXT, FULLTEXT KEY f (x))"


async def failure_of(awaitable):
    with pytest.raises(TargetFailed) as caught:
        await awaitable
    assert caught.value.message == TEXTS.get(caught.value.error_code, caught.value.message)
    return caught.value


async def test_it_satisfies_both_protocols(customer, opened):
    target = await opened(customer)
    assert isinstance(target, OpenTarget)
    assert isinstance(target, MySQLTarget)
    assert isinstance(target, AsideTarget)
    assert (target.id, target.name, target.kind) == ("db-1", "shop", "mysql")


async def test_it_connects_on_first_use_and_keeps_the_connection(customer, opened):
    target = await opened(customer)
    assert target.stats.total == 0
    for _ in range(3):
        assert (await target.fetch("SELECT %s, %s", (1, "ü"), deadline=2)).rows == [(1, "ü")]
    assert (target.stats.total, target.stats.idle) == (1, 1)


async def test_work_in_the_background_takes_no_connection_from_callers(customer, opened):
    target = await opened(customer, config={"pool": {"size": 1}})
    slow = asyncio.create_task(target.fetch_aside("SELECT SLEEP(0.6)", deadline=5))
    await asyncio.sleep(0.2)
    started = time.monotonic()
    assert (await target.fetch("SELECT 1", deadline=2)).scalar() == 1
    assert time.monotonic() - started < 0.4
    assert not slow.done()
    assert (await slow).scalar() == 0
    assert (target.stats.total, target.stats.idle) == (1, 1)
    assert (await failure_of(target.fetch_aside("INSERT INTO mysql.user VALUES ()", deadline=2))).error_code
    await target.aclose()
    assert (await failure_of(target.fetch_aside("SELECT 1", deadline=2))).error_code == "UNREACHABLE"


async def test_sessions_cannot_write_whatever_the_account_may(customer, opened):
    await customer.run(TABLE, f"GRANT ALL ON `{customer.schema}`.* TO '{customer.username}'@'localhost'")
    await customer.run(f"GRANT ALL ON `{customer.schema}`.* TO '{customer.username}'@'%'")
    target = await opened(customer)
    for statement in ("INSERT INTO t VALUES (1, 'a')", "CREATE TABLE u (id INT)", "DROP TABLE t"):
        assert (await failure_of(target.fetch(statement, deadline=2))).error_code == "QUERY_FAILED"
    assert (await target.fetch("SELECT COUNT(*) FROM t", deadline=2)).scalar() == 0


async def test_a_wrong_password(customer, opened, caplog):
    caplog.set_level("INFO")
    failure = await failure_of((await opened(customer, password="wrong")).fetch("SELECT 1", deadline=2))
    assert failure.error_code == "ACCESS_DENIED"
    assert customer.username not in failure.message
    assert "Access denied" in caplog.text
    assert "wrong" not in caplog.text


async def test_an_empty_password_is_sent_as_such(customer, opened):
    failure = await failure_of((await opened(customer, password="")).fetch("SELECT 1", deadline=2))
    assert failure.error_code == "ACCESS_DENIED"


async def test_an_unknown_schema(customer, opened):
    await customer.run(f"GRANT SELECT ON *.* TO '{customer.username}'@'localhost'")
    await customer.run(f"GRANT SELECT ON *.* TO '{customer.username}'@'%'")
    failure = await failure_of((await opened(customer, database_name="no_such")).fetch("SELECT 1", deadline=2))
    assert failure.error_code == "UNKNOWN_DATABASE"


@pytest.mark.parametrize("mode", ["verify-ca", "verify-identity"])
async def test_a_certificate_nobody_vouches_for(mysql_customer, opened, mode):
    target = await opened(mysql_customer, config={"tlsMode": mode})
    assert (await failure_of(target.fetch("SELECT 1", deadline=2))).error_code == "TLS"


async def test_tls_is_demanded_not_hoped_for(mariadb_server, private_customer, opened):
    if mariadb_server.tls:
        pytest.skip("this MariaDB offers TLS")
    async with private_customer(mariadb_server) as customer:
        target = await opened(customer, config={"tlsMode": "required"})
        assert (await failure_of(target.fetch("SELECT 1", deadline=2))).error_code == "TLS"


async def test_ssl_enabled_without_a_mode_verifies(mysql_customer, opened):
    target = await opened(mysql_customer, config={}, ssl_enabled=True)
    assert (await failure_of(target.fetch("SELECT 1", deadline=2))).error_code == "TLS"


async def test_nobody_listens(customer, opened, unused_tcp_port):
    target = await opened(attrs.evolve(customer, server=attrs.evolve(customer.server, port=unused_tcp_port)))
    assert (await failure_of(target.fetch("SELECT 1", deadline=2))).error_code == "UNREACHABLE"


async def test_a_refused_port_and_a_refused_address(customer, connect, row):
    other_port = connect(1).open(row(customer))
    assert (await failure_of(other_port.fetch("SELECT 1", deadline=2))).error_code == "NOT_ALLOWED"
    private = connect(customer.server.port).open(row(customer, host="10.0.0.1"))
    for _ in range(7):
        assert (await failure_of(private.fetch("SELECT 1", deadline=2))).error_code == "NOT_ALLOWED"
    assert private.breaker_state is State.CLOSED


@pytest.mark.parametrize("change", [{"user_id": "user-2"}, {"id": "db-2"}, {"password_encrypted": ""}])
async def test_credentials_moved_to_another_row_do_not_open(customer, connect, row, change):
    with pytest.raises(TargetFailed) as caught:
        connect(customer.server.port).open(row(customer, **change))
    assert caught.value.error_code == "CREDENTIALS_UNREADABLE"


@pytest.mark.parametrize("schema", ["mysql", "information_schema", "Performance_Schema", "sys"])
async def test_system_schemas_are_no_customers_database(customer, connect, row, schema):
    with pytest.raises(TargetFailed) as caught:
        connect(customer.server.port).open(row(customer, database_name=schema))
    assert caught.value.error_code == "NOT_ALLOWED"


@pytest.mark.parametrize("config", [{"tlsMode": "prefer"}, {"clientCert": "x"}, {"pool": {"size": "many"}}])
async def test_a_row_with_unusable_options(customer, connect, row, config):
    with pytest.raises(TargetFailed) as caught:
        connect(customer.server.port).open(row(customer, config=config))
    assert caught.value.error_code == "INVALID_OPTIONS"


async def test_what_the_server_says_goes_to_the_log_only(customer, opened, caplog):
    caplog.set_level("INFO")
    target = await opened(customer)
    failure = await failure_of(target.fetch("SELECT nonsense FROM FROM", deadline=2))
    assert failure.error_code == "QUERY_FAILED"
    assert "syntax" in caplog.text
    assert "syntax" not in failure.message


async def test_a_late_answer(customer, opened):
    target = await opened(customer)
    await target.ping()
    started = time.monotonic()
    failure = await failure_of(target.fetch("SELECT SLEEP(5)", deadline=0.3))
    assert failure.error_code == "TIMEOUT"
    assert time.monotonic() - started < 0.5
    assert (await target.fetch("SELECT 1", deadline=2)).scalar() == 1


async def test_slots_and_waiters_are_bounded(customer, opened):
    target = await opened(customer, settings={"pool_size": 1, "max_waiters": 1})
    await target.ping()
    running = asyncio.create_task(target.fetch("SELECT SLEEP(0.5)", deadline=3))
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(target.fetch("SELECT 2", deadline=3))
    await asyncio.sleep(0.05)
    assert target.stats.queued == 1
    assert (await failure_of(target.fetch("SELECT 3", deadline=3))).error_code == "BUSY"
    assert (await waiting).scalar() == 2
    await running


async def test_a_tenant_may_have_fewer_connections_but_not_more_than_allowed(customer, opened):
    target = await opened(
        customer, config={"tlsMode": "required" if customer.server.tls else "disabled", "pool": {"size": 64}}
    )
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(target.fetch("SELECT SLEEP(0.02)", deadline=5))
    assert target.stats.total <= 8


async def test_an_unknown_table_makes_the_schema_be_read_again(customer, opened):
    await customer.run(TABLE)
    target = await opened(customer)
    assert [table.name for table in (await target.schema()).tables] == ["t"]
    target._schema._options = attrs.evolve(target._schema._options, shortest_pause=0.0)
    await customer.run("RENAME TABLE t TO renamed")
    failure = await failure_of(target.fetch("SELECT id FROM t", deadline=5))
    assert failure.error_code == "SCHEMA_CHANGED"
    assert [table.name for table in (await target.schema()).tables] == ["renamed"]


@pytest.mark.parametrize(
    "statement", ["SELECT gone FROM t", "SELECT id FROM gone", "SELECT id FROM t WHERE MATCH (id, x) AGAINST ('a')"]
)
async def test_unknown_columns_and_indexes_are_a_changed_schema(customer, opened, statement):
    await customer.run(TABLE)
    target = await opened(customer)
    assert (await failure_of(target.fetch(statement, deadline=5))).error_code == "SCHEMA_CHANGED"


async def test_a_statement_that_fits_the_new_schema_is_repeated(customer, opened):
    await customer.run(TABLE)
    target = await opened(customer)
    await target.schema()
    read = target._schema._read

    async def appearing(remembered):
        await customer.run("CREATE TABLE late (id INT PRIMARY KEY)", "INSERT INTO late VALUES (7)")
        return await read(remembered)

    target._schema._read = appearing
    target._schema._options = attrs.evolve(target._schema._options, shortest_pause=0.0)
    assert (await target.fetch("SELECT id FROM late", deadline=5)).scalar() == 7


async def test_closing_twice_and_using_it_after(customer, opened):
    target = await opened(customer)
    await target.ping()
    await target.aclose()
    await target.aclose()
    assert (await failure_of(target.fetch("SELECT 1", deadline=2))).error_code == "UNREACHABLE"
    assert (await failure_of(target.schema())).error_code == "UNREACHABLE"
    assert target.stats.total == 0


async def test_a_lost_connection_is_replaced_within_the_same_read(customer, opened):
    target = await opened(customer)
    thread = (await target.fetch("SELECT CONNECTION_ID()", deadline=2)).scalar()
    await customer.run(f"KILL {thread}")
    await asyncio.sleep(0.1)
    assert (await target.fetch("SELECT CONNECTION_ID()", deadline=2)).scalar() != thread
