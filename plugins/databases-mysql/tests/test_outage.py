"""A customer's server that dies, hangs and returns."""

import asyncio
import time

import pytest
from altus4_databases_mysql.breaker import State

from altus4_core.errors import TargetFailed

pytestmark = pytest.mark.mysql

FLAVOURS = ["mysql", "mariadb"]


async def ask(target, deadline=1.0):
    """Give (code or "ok", seconds)."""
    started = time.monotonic()
    try:
        await target.fetch("SELECT 1", deadline=deadline)
    except TargetFailed as failure:
        return failure.error_code, time.monotonic() - started
    return "ok", time.monotonic() - started


async def until(target, wanted, seconds, deadline=1.0):
    """Ask until this is the answer; give the seconds it took."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if (await ask(target, deadline))[0] == wanted:
            return time.monotonic() - started
        await asyncio.sleep(0.1)
    pytest.fail(f"no {wanted} within {seconds} s")


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_killed_and_restarted(private_server, private_customer, opened, flavour):
    server = await asyncio.to_thread(private_server, flavour)
    async with private_customer(server) as customer:
        target = await opened(customer)
        assert (await ask(target))[0] == "ok"
        await asyncio.to_thread(server.kill)
        codes = [await ask(target) for _ in range(6)]
        assert [code for code, _ in codes[:5]] == ["UNREACHABLE"] * 5
        assert target.breaker_state is State.OPEN
        quick = [await ask(target) for _ in range(50)]
        assert {code for code, _ in quick} == {"CIRCUIT_OPEN"}
        assert max(took for _, took in quick) < 0.02
        with pytest.raises(TargetFailed) as caught:
            await target.fetch("SELECT 1", deadline=1)
        assert 0 < caught.value.retry_after <= 5
        # Long enough for the pause to have doubled: its return is noticed all the same.
        await asyncio.sleep(5.5)
        assert (await ask(target))[0] in ("UNREACHABLE", "CIRCUIT_OPEN")
        await asyncio.to_thread(server.restart)
        assert await until(target, "ok", 6) < 6
        assert target.breaker_state is State.CLOSED


async def test_stopped_and_resumed_while_another_does_not_notice(
    private_server, private_customer, opened, mysql_customer
):
    server = await asyncio.to_thread(private_server, "mysql")
    async with private_customer(server) as customer:
        target, other = await opened(customer), await opened(mysql_customer)
        assert (await ask(target))[0] == (await ask(other))[0] == "ok"
        baseline = max([(await ask(other))[1] for _ in range(50)])
        server.pause()
        await asyncio.sleep(0.2)  # the signal is under way: threads may still finish what they are at
        try:
            stop = time.monotonic() + 12
            seen = []

            async def client():
                while time.monotonic() < stop:
                    seen.append(await ask(target, 0.5))
                    await asyncio.sleep(0.05)

            others = []

            async def neighbour():
                while time.monotonic() < stop:
                    others.append(await ask(other))
                    await asyncio.sleep(0.02)

            await asyncio.gather(*(client() for _ in range(8)), neighbour())
        finally:
            server.resume()
        assert max(took for _, took in seen) < 0.7
        assert {code for code, _ in seen} <= {"TIMEOUT", "UNREACHABLE", "BUSY", "CIRCUIT_OPEN"}
        assert "CIRCUIT_OPEN" in {code for code, _ in seen}
        assert {code for code, _ in others} == {"ok"}
        assert sorted(took for _, took in others)[len(others) // 2] < max(0.05, 5 * baseline)
        assert await until(target, "ok", 6) < 6


async def test_a_request_that_is_given_up_counts_by_its_time(private_server, private_customer, opened):
    """The core cancels a search at its deadline; a silent server must open the circuit all the same."""
    server = await asyncio.to_thread(private_server, "mysql")
    async with private_customer(server) as customer:
        target = await opened(customer)
        server.pause()
        try:
            for _ in range(5):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(1.1):
                        await target.fetch("SELECT 1", deadline=30)
            assert target.breaker_state is State.OPEN
        finally:
            server.resume()
        assert await until(target, "ok", 6) < 6


async def test_clients_that_go_away_open_no_circuit(private_server, private_customer, opened):
    server = await asyncio.to_thread(private_server, "mysql")
    async with private_customer(server) as customer:
        target = await opened(customer)
        server.pause()
        try:
            for _ in range(20):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await target.fetch("SELECT 1", deadline=30)
            assert target.breaker_state is State.CLOSED
        finally:
            server.resume()
        assert (await ask(target, 5))[0] == "ok"
