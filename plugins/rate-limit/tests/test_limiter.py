"""The limiter as the core uses it."""

from datetime import UTC, datetime

import pytest
from altus4_rate_limit.plugin import RateLimitPlugin, RateLimitSettings

from altus4_core.limits.memory import MemoryLimiter
from altus4_core.records import RateLimit, Subject


class HeldClock:
    """Time that moves when told to."""

    seconds = 1000.0

    def now(self):
        return datetime(2030, 1, 1, tzinfo=UTC)

    def monotonic(self):
        return self.seconds


@pytest.fixture
def clock():
    return HeldClock()


def make(clock, **settings):
    return MemoryLimiter(RateLimitSettings(**settings).limits(), clock)


async def drain(limiter, subject, action="search.run"):
    granted = 0
    while True:
        verdict = await limiter.admit(subject, action, 1)
        if not verdict.allowed:
            return granted, verdict
        granted += 1


@pytest.mark.parametrize(
    ("tier", "per_hour", "burst"),
    [("free", 1000, 50), ("pro", 10_000, 200), ("enterprise", 100_000, 500), ("unknown", 1000, 50)],
)
async def test_tiers(clock, tier, per_hour, burst):
    granted, verdict = await drain(make(clock), Subject("key", "k", tier))
    assert granted == burst
    assert (verdict.limit, verdict.remaining, verdict.window, verdict.tier) == (per_hour, 0, 3600, tier)
    assert verdict.retry_after == pytest.approx(3600 / per_hour)
    assert verdict.reset_after == pytest.approx(3600 / per_hour * burst)


async def test_waiting_as_told_is_enough(clock):
    limiter, subject = make(clock), Subject("key", "k")
    _, verdict = await drain(limiter, subject)
    clock.seconds += verdict.retry_after - 0.001
    assert not (await limiter.admit(subject, "search.run", 1)).allowed
    clock.seconds += 0.001001
    assert (await limiter.admit(subject, "search.run", 1)).allowed


async def test_a_custom_limit_overrides_the_tier(clock):
    granted, verdict = await drain(make(clock), Subject("key", "k", "free", RateLimit(36, 3)))
    assert (granted, verdict.limit, verdict.policy, verdict.tier) == (3, 36, "custom", "free")
    assert verdict.retry_after == pytest.approx(100)


async def test_all_actions_of_a_key_share_its_rate_and_keys_are_apart(clock):
    limiter = make(clock)
    await drain(limiter, Subject("key", "a"), "search.run")
    assert not (await limiter.admit(Subject("key", "a"), "keys.list", 1)).allowed
    assert (await limiter.admit(Subject("key", "b"), "keys.list", 1)).allowed
    assert (await limiter.admit(Subject("account", "a"), "keys.list", 1)).allowed


@pytest.mark.parametrize(
    ("subject", "action", "most", "seconds"),
    [
        (Subject("account", "ada@example.org"), "login", 10, 900),
        (Subject("address", "192.0.2.1"), "login", 30, 900),
        (Subject("address", "192.0.2.1"), "register", 20, 3600),
    ],
)
async def test_logging_in_and_registering_have_windows(clock, subject, action, most, seconds):
    limiter = make(clock)
    granted, verdict = await drain(limiter, subject, action)
    assert (granted, verdict.limit, verdict.window, verdict.policy) == (most, most, seconds, action)
    assert verdict.retry_after == seconds
    assert not (await limiter.admit(subject, action, 0)).allowed
    assert (await limiter.admit(subject, action, -1)).allowed
    assert (await limiter.admit(subject, action, 1)).allowed
    clock.seconds += seconds
    assert (await drain(limiter, subject, action))[0] == most


async def test_looking_changes_nothing(clock):
    limiter, subject = make(clock), Subject("key", "k")
    await limiter.admit(subject, "search.run", 1)
    seen = [await limiter.admit(subject, "keys.usage", 0) for _ in range(3)]
    assert {verdict.remaining for verdict in seen} == {49}


async def test_an_ipv6_customer_has_one_limit_and_mapped_addresses_are_ipv4(clock):
    limiter = make(clock)
    await drain(limiter, Subject("address", "2001:db8:1:2::1"), "login")
    assert not (await limiter.admit(Subject("address", "2001:db8:1:2:ffff::9"), "login", 1)).allowed
    assert (await limiter.admit(Subject("address", "2001:db8:1:3::1"), "login", 1)).allowed
    await drain(limiter, Subject("address", "192.0.2.1"), "login")
    assert not (await limiter.admit(Subject("address", "::ffff:192.0.2.1"), "login", 1)).allowed
    assert (await limiter.admit(Subject("address", "no address"), "login", 1)).allowed


async def test_memory_is_bounded_and_kinds_do_not_displace_each_other(clock):
    limiter = make(clock, subjects=100)
    await drain(limiter, Subject("key", "k"))
    for number in range(1000):
        await limiter.admit(Subject("address", f"192.0.{number // 250}.{number % 250}"), "login", 1)
        await limiter.admit(Subject("account", f"{number}"), "search.run", 1)
    assert not (await limiter.admit(Subject("key", "k"), "search.run", 1)).allowed
    assert len(limiter._windows["address", "login"]) == 100
    assert len(limiter._rates["account"]) == 100


async def test_spent_subjects_are_forgotten_before_the_table_is_full(clock):
    limiter = make(clock, subjects=1000)
    for number in range(500):
        await limiter.admit(Subject("key", f"{number}"), "search.run", 1)
    clock.seconds += 3600
    for number in range(500, 800):
        await limiter.admit(Subject("key", f"{number}"), "search.run", 1)
    assert len(limiter._rates["key"]) == 300


async def test_processes_share_every_limit(clock):
    limiter = make(clock, processes=4)
    granted, verdict = await drain(limiter, Subject("key", "k"))
    assert (granted, verdict.limit) == (12, 1000)
    assert verdict.retry_after == pytest.approx(14.4)
    assert (await drain(limiter, Subject("account", "a"), "login"))[0] == 2


@pytest.mark.parametrize(("processes", "workers", "granted"), [(1, 4, 12), (8, 4, 6), (4, 1, 12), (2, 4, 12)])
async def test_workers_share_by_themselves(gateway_factory, processes, workers, granted):
    toml = f"[server]\nworkers = {workers}\n[plugins.rate-limit]\nprocesses = {processes}\n"
    gateway = gateway_factory(RateLimitPlugin, toml=toml)
    (limiter,) = [entry.provider for entry in gateway.composition.of("limiter") if entry.plugin == "rate-limit"]
    assert (await drain(limiter, Subject("key", "k")))[0] == granted
