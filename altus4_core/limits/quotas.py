"""What may be done: quotas by tier, windows by action, whom they concern, and how a judgement is told."""

import ipaddress
from collections.abc import Mapping

import attrs
from attrs.validators import ge

from altus4_core.limits.gcra import SECOND, Judgement
from altus4_core.records import RateLimit, Subject, Verdict
from altus4_core.settings.field import setting

HOUR_SECONDS = 3600


@attrs.frozen
class Limits:
    """All limits.

    Attributes:
        tiers: Quotas by tier; an unknown tier gets the smallest.
        windows: (most, seconds) by kind of subject and action.
        capacity: Subjects remembered per table, where memory is bounded by it.
        processes: Gateway processes that share the load, where each counts apart; each grants its part.
    """

    tiers: Mapping[str, RateLimit]
    windows: Mapping[tuple[str, str], tuple[int, int]] = attrs.field(factory=dict)
    capacity: int = 100_000
    processes: int = 1

    def quota(self, subject: Subject) -> RateLimit:
        """Give the hourly quota of a subject: its own, its tier's, or the smallest."""
        if subject.custom is not None:
            return subject.custom
        known = self.tiers.get(subject.tier)
        return known or min(self.tiers.values(), key=lambda quota: quota.requests_per_hour)


@attrs.frozen
class QuotaSettings:
    """The settings of limits, for a limiter's own settings to derive from."""

    free_per_hour: int = setting(1_000, doc="Requests per hour of tier free.", validator=ge(1))
    free_burst: int = setting(50, doc="Requests of tier free that may come at once.", validator=ge(1))
    pro_per_hour: int = setting(10_000, doc="Requests per hour of tier pro.", validator=ge(1))
    pro_burst: int = setting(200, doc="Requests of tier pro that may come at once.", validator=ge(1))
    enterprise_per_hour: int = setting(100_000, doc="Requests per hour of tier enterprise.", validator=ge(1))
    enterprise_burst: int = setting(500, doc="Requests of tier enterprise that may come at once.", validator=ge(1))
    login_failures_per_account: int = setting(
        10, doc="Failed logins of one account within the login window.", validator=ge(1)
    )
    login_attempts_per_address: int = setting(
        30, doc="Attempts to log in from one address within the login window.", validator=ge(1)
    )
    login_window: int = setting(900, doc="Length of the login window, in seconds.", validator=ge(1))
    registrations_per_address: int = setting(
        20, doc="Registrations from one address within the registration window.", validator=ge(1)
    )
    registration_window: int = setting(3600, doc="Length of the registration window, in seconds.", validator=ge(1))
    subjects: int = setting(
        100_000, doc="Keys, accounts and addresses remembered in memory, of each kind.", validator=ge(1)
    )
    processes: int = setting(
        1,
        doc="Gateway processes that share the load: all workers of all nodes, and never less than `server.workers`."
        " Each grants its part where it counts alone.",
        validator=ge(1),
    )

    def limits(self, workers: int = 1) -> Limits:
        """Give the limits as limiters take them; `workers` share this node's port."""
        return Limits(
            tiers={
                "free": RateLimit(self.free_per_hour, self.free_burst),
                "pro": RateLimit(self.pro_per_hour, self.pro_burst),
                "enterprise": RateLimit(self.enterprise_per_hour, self.enterprise_burst),
            },
            windows={
                ("account", "login"): (self.login_failures_per_account, self.login_window),
                ("address", "login"): (self.login_attempts_per_address, self.login_window),
                ("address", "register"): (self.registrations_per_address, self.registration_window),
            },
            capacity=self.subjects,
            processes=max(self.processes, workers),
        )


def subject_key(subject: Subject) -> str:
    """Give what tells a subject apart: an IPv6 address counts as its /64, which is what one customer gets."""
    if subject.kind != "address":
        return subject.id
    try:
        address = ipaddress.ip_address(subject.id.partition("%")[0])
    except ValueError:
        return subject.id
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def rate_verdict(judgement: Judgement, subject: Subject, quota: RateLimit) -> Verdict:
    """Tell what an hourly quota says."""
    policy = "custom" if subject.custom is not None else subject.tier
    return _verdict(judgement, quota.requests_per_hour, HOUR_SECONDS, subject.tier, policy)


def window_verdict(judgement: Judgement, subject: Subject, action: str, most: int, seconds: int) -> Verdict:
    """Tell what the window of an action says."""
    return _verdict(judgement, most, seconds, subject.tier, action)


def _verdict(judgement: Judgement, limit: int, window: int, tier: str, policy: str) -> Verdict:
    return Verdict(
        allowed=judgement.allowed,
        limit=limit,
        remaining=judgement.remaining if judgement.allowed else 0,
        reset_after=judgement.full_after / SECOND,
        retry_after=judgement.retry_after / SECOND,
        window=window,
        tier=tier,
        policy=policy,
    )
