"""Limits on a real Redis: exact, shared, by Redis' clock."""

import asyncio
import json
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from altus4_redis.limiter import key_part

from altus4_core.records import RateLimit, Subject
from altus4_core.testing.contracts import LimiterContract


class TestOnRedis(LimiterContract):
    """The contract again, with Redis."""

    exhausted_after = 55

    @pytest.fixture
    def provider(self, private_redis, link_to, limiter_on):
        return limiter_on(link_to(private_redis().url, timeout=0.4))

    @pytest.fixture
    def valid(self):
        return Subject("key", "a-key")


class TestLoginOnRedis(TestOnRedis):
    action = "login"
    exhausted_after = 10

    @pytest.fixture
    def valid(self):
        return Subject("account", "ann@example.org")


@pytest.fixture
def server(private_redis):
    return private_redis()


@pytest.fixture
def link(server, link_to):
    return link_to(server.url, timeout=0.4)


@pytest.mark.parametrize(("tier", "per_hour", "burst"), [("free", 60, 7), ("pro", 120, 9), ("unknown", 60, 7)])
async def test_tiers_and_their_figures(link, limiter_on, drain, tier, per_hour, burst):
    limiter = limiter_on(link, free_per_hour=60, free_burst=7, pro_per_hour=120, pro_burst=9)
    granted, verdict = await drain(limiter, Subject("key", "k", tier))
    assert granted == burst
    assert (verdict.limit, verdict.remaining, verdict.window, verdict.tier) == (per_hour, 0, 3600, tier)
    assert 0 < 3600 / per_hour - verdict.retry_after < 2
    assert 0 < 3600 / per_hour * burst - verdict.reset_after < 2


async def test_waiting_as_told_is_enough_and_less_is_not(link, limiter_on, drain):
    limiter, subject = limiter_on(link), Subject("key", "k", custom=RateLimit(7200, 3))
    granted, verdict = await drain(limiter, subject)
    told = time.monotonic() + verdict.retry_after
    assert (granted, verdict.policy) == (3, "custom")
    assert 0.3 < verdict.retry_after <= 0.5
    await asyncio.sleep(told - time.monotonic() - 0.05)
    assert not (await limiter.admit(subject, "x", 1)).allowed
    await asyncio.sleep(max(0, told - time.monotonic()) + 0.002)
    assert (await limiter.admit(subject, "x", 1)).allowed


@pytest.mark.parametrize(
    ("subject", "action", "most", "seconds"),
    [
        (Subject("account", "ada@example.org"), "login", 10, 900),
        (Subject("address", "192.0.2.1"), "login", 30, 900),
        (Subject("address", "192.0.2.1"), "register", 20, 3600),
    ],
)
async def test_windows(link, limiter_on, drain, subject, action, most, seconds):
    limiter = limiter_on(link)
    granted, verdict = await drain(limiter, subject, action)
    assert (granted, verdict.limit, verdict.window, verdict.policy) == (most, most, seconds, action)
    assert 0 < seconds - verdict.retry_after < 2
    assert not (await limiter.admit(subject, action, 0)).allowed
    assert (await limiter.admit(subject, action, -1)).allowed
    assert (await drain(limiter, subject, action))[0] == 1


async def test_a_window_slides(link, limiter_on, drain):
    limiter, subject = limiter_on(link, login_failures_per_account=2, login_window=1), Subject("account", "a")
    await limiter.admit(subject, "login", 1)
    await asyncio.sleep(0.5)
    await limiter.admit(subject, "login", 1)
    refused = await limiter.admit(subject, "login", 1)
    assert 0.3 < refused.retry_after <= 0.5
    await asyncio.sleep(refused.retry_after + 0.002)
    assert (await drain(limiter, subject, "login"))[0] == 1


async def test_same_verdicts_as_in_memory(link, limiter_on, held_clock):
    """One limit, two ways to count: within one moment both say the same, whatever is asked."""
    shared = limiter_on(link, free_per_hour=1, free_burst=5, login_window=86400)
    memory = limiter_on(None, clock=held_clock, free_per_hour=1, free_burst=5, login_window=86400)._memory
    for subject, action in [(Subject("key", "k"), "x"), (Subject("account", "a"), "login")]:
        for cost in (0, 1, 2, 0, 3, 1, -2, 1, 4, 0, -9, 5, 1, 9, 1, 1, 0, -1, 1, 7, 1, 1, 1, 1, 1, 0):
            left, right = await shared.admit(subject, action, cost), await memory.admit(subject, action, cost)
            assert (left.allowed, left.limit, left.remaining) == (right.allowed, right.limit, right.remaining), cost
            assert left.retry_after == pytest.approx(right.retry_after, abs=3), cost
            assert left.reset_after == pytest.approx(right.reset_after, abs=3), cost


PROCESS = """
import asyncio, json, logging, sys, time
from altus4_redis.client import Reach, open_client
from altus4_redis.limiter import RedisLimiter
from altus4_redis.link import RedisLink
from altus4_redis.plugin import RedisSettings
from altus4_core.clock import SystemClock
from altus4_core.counters import Counters
from altus4_core.limits import MemoryLimiter
from altus4_core.records import Subject

class Skewed(SystemClock):
    def monotonic(self):
        return time.monotonic() + float(sys.argv[1])

async def main():
    limits = RedisSettings(free_per_hour=1, free_burst=500, login_attempts_per_address=150).limits()
    link = RedisLink(open_client(Reach(sys.stdin.readline().strip(), 2, 2)), deadline=4, pause=1,
                     monotonic=Skewed().monotonic, logger=logging.getLogger("t"))
    counters = Counters().of("redis")
    limiter = RedisLimiter(limits, lambda: link, MemoryLimiter(limits, Skewed()), prefix="altus4:", deny=False,
                           retry_after=1, counters=counters)
    await limiter.admit(Subject("key", "warm"), "x", 0)
    print("ready", flush=True)
    sys.stdin.readline()
    rates = await asyncio.gather(*(limiter.admit(Subject("key", "k"), "x", 1) for _ in range(300)))
    logins = await asyncio.gather(*(limiter.admit(Subject("address", "192.0.2.9"), "login", 1) for _ in range(100)))
    print(json.dumps([sum(v.allowed for v in rates), sum(v.allowed for v in logins),
                      counters.total("limits_not_shared")]), flush=True)
    await link.aclose()

asyncio.run(main())
"""


async def test_two_processes_share_exactly_one_quota_even_with_skewed_clocks(server):
    command = [sys.executable, "-c", textwrap.dedent(PROCESS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "0"], **pipes) as one, subprocess.Popen([*command, "-86400"], **pipes) as two:
        for process in (one, two):
            process.stdin.write(f"{server.url}\n")
            process.stdin.flush()
        assert [process.stdout.readline() for process in (one, two)] == ["ready\n"] * 2
        for process in (one, two):
            process.stdin.write("go\n")
            process.stdin.flush()
        results = [json.loads(process.communicate(timeout=60)[0]) for process in (one, two)]
    assert [sum(figures) for figures in zip(*results, strict=True)] == [500, 150, 0]


async def test_keys_expire_and_hold_no_address(link, limiter_on, server):
    limiter = limiter_on(link, prefix="p:")
    await limiter.admit(Subject("key", "0af2-id"), "x", 1)
    await limiter.admit(Subject("account", "ann@example.org"), "login", 1)
    await limiter.admit(Subject("address", "192.0.2.1"), "register", 1)
    await limiter.admit(Subject("address", "192.0.2.1"), "x", 1)
    client = link._client
    keys = sorted([key.decode() async for key in client.scan_iter()])
    assert [key.rpartition(":")[0] for key in keys] == [
        "p:rate:address",
        "p:rate:key",
        "p:window:login:account",
        "p:window:register:address",
    ]
    assert "p:rate:key:0af2-id" in keys
    assert not any("ann" in key or "192" in key for key in keys)
    lives = {key: await client.pttl(key) for key in keys}
    assert all(0 < life <= 3_600_001 for life in lives.values()), lives
    assert lives["p:rate:key:0af2-id"] <= 3602
    await limiter.admit(Subject("key", "0af2-id"), "x", -1)
    assert await client.exists("p:rate:key:0af2-id") == 0


async def test_looking_keeps_nothing(link, limiter_on):
    limiter = limiter_on(link)
    await limiter.admit(Subject("key", "k"), "x", 0)
    await limiter.admit(Subject("account", "a"), "login", 0)
    assert await link._client.dbsize() == 0


async def test_a_clock_of_redis_that_was_set_back_locks_nobody_out(link, limiter_on):
    limiter, key, account = limiter_on(link), Subject("key", "k"), Subject("account", "a")
    future = int((time.time() + 86400) * 1_000_000)
    await link._client.set("altus4:rate:key:k", future)
    refused = await limiter.admit(key, "x", 1)
    assert (refused.allowed, refused.retry_after) == (False, pytest.approx(3.6))
    name = f"altus4:window:login:account:{key_part(account)}"
    await link._client.rpush(name, *[future] * 10)
    refused = await limiter.admit(account, "login", 1)
    assert not refused.allowed
    assert refused.retry_after == pytest.approx(900, abs=1)


@pytest.mark.parametrize("custom", [RateLimit(1, 1_000_000), RateLimit(1_000_000, 1), RateLimit(10**9, 10**9)])
async def test_extreme_limits(link, limiter_on, custom):
    limiter = limiter_on(link)
    verdict = await limiter.admit(Subject("key", "k", custom=custom), "x", 1)
    assert verdict.allowed
    assert verdict.remaining in {custom.burst - 1, custom.burst}  # one may be earned back before the answer
    assert limiter._counters.total("limits_not_shared") == 0


async def test_the_rights_that_the_readme_names_are_enough(link, link_to, limiter_on, server, counters):
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    rights = re.findall(r"\+[a-z|]+", readme.split("The user needs")[1].split("\n\n")[0])
    granted = ["on", ">hush", "~altus4:*", "&altus4:changes", *rights]
    await link._client.execute_command("ACL", "SETUSER", "altus4", *granted)
    mine = link_to(f"redis://altus4:hush@{server.host}:{server.port}/1", timeout=0.4)
    await mine.ping()
    limiter = limiter_on(mine)
    for cost in (1, 0, -1):
        await limiter.admit(Subject("key", "k"), "x", cost)
        await limiter.admit(Subject("account", "a"), "login", cost)
    assert await mine._client.publish("altus4:changes", "x") == 0
    async with mine._client.pubsub() as channel:
        await channel.subscribe("altus4:changes")
        assert (await channel.get_message(timeout=2))["type"] == "subscribe"
    assert counters.total("limits_not_shared") == 0


async def test_more_callers_than_connections_queue_in_order(server, link_to, limiter_on, counters):
    limiter = limiter_on(link_to(server.url, timeout=0.4))

    async def keep_asking(number):
        for _ in range(100):
            await limiter.admit(Subject("key", f"k{number}"), "x", 0)

    await asyncio.gather(*(keep_asking(number) for number in range(16)))
    assert counters.total("limits_not_shared") == 0


async def test_an_ipv6_customer_has_one_limit():
    assert key_part(Subject("address", "2001:db8::1")) == key_part(Subject("address", "2001:db8::2"))
    assert key_part(Subject("address", "2001:db8::1")) != key_part(Subject("address", "2001:db8:0:1::1"))
    assert key_part(Subject("key", "\ud800")) != key_part(Subject("key", "?"))
