"""Redis killed, frozen, started again, full, or wrong: nobody waits, the setting decides, and it comes back."""

import asyncio
import logging
import time

import pytest

from altus4_core.errors import LimitsUnknown
from altus4_core.records import Subject

KEY = Subject("key", "k")


@pytest.fixture
def server(private_redis):
    return private_redis()


async def timed(awaitable):
    started = time.monotonic()
    result = await awaitable
    return result, time.monotonic() - started


async def until_shared(limiter, counters, within=5.0):
    deadline = time.monotonic() + within
    while True:
        before = counters.total("limits_not_shared")
        await limiter.admit(Subject("key", "probe"), "x", 0)
        if counters.total("limits_not_shared") == before:
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("way", ["kill", "pause"])
async def test_gone_and_back(server, link_to, limiter_on, counters, drain, caplog, way):
    caplog.set_level(logging.INFO)
    limiter = limiter_on(link_to(server.url, pause=3), free_per_hour=1, free_burst=20)
    for _ in range(5):
        assert (await limiter.admit(KEY, "x", 1)).allowed
    await asyncio.to_thread(getattr(server, way))

    # As many at once as a busy node has: all answered within the deadline, by what memory knows.
    verdicts, took = await timed(asyncio.gather(*(limiter.admit(KEY, "x", 1) for _ in range(100))))
    assert took < 1  # the deadline is 0.4 s; one after the other would make it 40 s
    assert sum(verdict.allowed for verdict in verdicts) == 15
    assert counters.total("limits_not_shared") == 100
    _, took = await timed(limiter.admit(KEY, "x", 1))
    assert took < 0.1

    await asyncio.to_thread(server.restart if way == "kill" else server.resume)
    await until_shared(limiter, counters)
    assert (await drain(limiter, Subject("key", "new")))[0] == 20
    said = [record.getMessage() for record in caplog.records if record.name == "altus4.redis"]
    assert len(said) == 2
    assert said[0].startswith("Redis does not answer (")
    assert said[1] == "Redis answers again"


async def test_denied_while_gone(server, link_to, limiter_on, counters):
    limiter = limiter_on(link_to(server.url), deny=True)
    assert (await limiter.admit(KEY, "x", 1)).allowed
    await asyncio.to_thread(server.pause)
    for _ in range(3):
        with pytest.raises(LimitsUnknown) as caught:
            await limiter.admit(KEY, "x", 1)
        assert caught.value.retry_after == 0.3
    assert (await limiter.admit(KEY, "x", -1)).allowed
    assert (await limiter.admit(KEY, "x", 0)).allowed
    assert counters.total("limits_refused") == 3
    await asyncio.to_thread(server.resume)
    await asyncio.sleep(0.35)
    assert (await limiter.admit(KEY, "x", 1)).allowed


async def test_only_one_asks_a_redis_that_is_gone(server, link_to, limiter_on):
    link = link_to(server.url, pause=0.2)
    limiter = limiter_on(link)
    await asyncio.to_thread(server.pause)
    await limiter.admit(KEY, "x", 1)
    await asyncio.sleep(0.25)
    times = [took for _, took in await asyncio.gather(*(timed(limiter.admit(KEY, "x", 1)) for _ in range(20)))]
    assert sum(took > 0.15 for took in times) == 1


async def test_a_cancelled_probe_lets_the_next_one_find_out(server, link_to, limiter_on, counters):
    limiter = limiter_on(link_to(server.url, pause=0.1))
    await asyncio.to_thread(server.pause)
    await limiter.admit(KEY, "x", 1)
    await asyncio.sleep(0.15)
    probe = asyncio.create_task(limiter.admit(KEY, "x", 1))
    await asyncio.sleep(0.01)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    await asyncio.to_thread(server.resume)
    await until_shared(limiter, counters)


async def test_cancelled_calls_leave_no_answer_behind(server, link_to, limiter_on):
    """A cut-off call's answer must not reach the next one on the same connection."""
    limiter = limiter_on(link_to(server.url, timeout=0.5), free_per_hour=1, free_burst=100)
    for number in range(60):
        task = asyncio.create_task(limiter.admit(Subject("key", f"cut{number}"), "x", 50))
        for _ in range(number % 12):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await limiter.admit(Subject("key", f"own{number}"), "x", 1)).remaining == 99


@pytest.mark.parametrize("wrong", ["password", "full", "read-only", "database"])
async def test_a_redis_that_refuses(server, link_to, limiter_on, counters, caplog, wrong):
    url = server.url
    if wrong == "password":
        url = url.replace(server.password, "hush")
    elif wrong == "database":
        url = url.removesuffix("0") + "99"
    else:
        setter = link_to(server.url)._client
        if wrong == "full":
            await setter.config_set("maxmemory", "1")
        else:
            await setter.config_set("min-replicas-to-write", "1")
    limiter = limiter_on(link_to(url))
    assert (await limiter.admit(KEY, "x", 1)).allowed
    assert counters.total("limits_not_shared") == 1
    assert "hush" not in caplog.text
    assert server.password not in caplog.text


async def test_a_start_with_an_empty_redis_knows_the_scripts_again(server, link_to, limiter_on, counters):
    link = link_to(server.url, timeout=0.5)
    limiter = limiter_on(link)
    await limiter.admit(KEY, "x", 1)
    await link._client.script_flush()
    assert (await limiter.admit(KEY, "x", 1)).remaining == 48
    assert counters.total("limits_not_shared") == 0
