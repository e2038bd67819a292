"""Table `api_keys`."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from altus4_mysql import Lease

from altus4_core.records import RateLimit
from altus4_core.store import KeyHour, KeyUse
from altus4_core.stored import ApiKey
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import (
    from_json,
    from_time,
    from_time_needed,
    is_key,
    key_value,
    table_of,
    to_json,
    to_second,
    to_time,
)

LARGEST_INT = 2**31 - 1
MOST_ROWS = 1000  # in one statement

COLUMNS = (
    "id, user_id, key_prefix, key_hash, name, environment, permissions, rate_limit_tier, rate_limit_custom, expires_at,"
    " last_used, last_used_ip, usage_count, is_active, created_at, updated_at, allowed_ips, confined_to, retired_at"
)
ADD = (
    "INSERT INTO api_keys (id, user_id, key_prefix, key_hash, environment, name, permissions, rate_limit_tier,"
    " rate_limit_custom, expires_at, is_active, allowed_ips, confined_to, retired_at, usage_count, created_at,"
    " updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
    " COALESCE(%s, NOW()), COALESCE(%s, NOW()))"
)


class ApiKeys:
    """API keys in MySQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add(self, key: ApiKey) -> None:
        """Insert."""
        await self._link.write(ADD, _added(key))

    async def add_first(self, key: ApiKey, now: datetime) -> bool:
        """Insert unless the user has a key that works.

        Whoever comes at the same time locks the same gap of the index: neither inserts before one of them has lost the
        deadlock, begins anew, and finds the other's key.
        """
        sql = (
            "SELECT id FROM api_keys WHERE user_id = %s AND is_active AND (expires_at IS NULL OR expires_at > %s)"
            " AND (retired_at IS NULL OR retired_at > %s) FOR UPDATE"
        )

        async def work(lease: Lease) -> bool:
            if (await lease.fetch(sql, (key.user_id, to_time(now), to_time(now)))).first() is not None:
                return False
            await lease.fetch(ADD, _added(key))
            return True

        return await self._link.within(work)

    async def by_hash(self, key_hash: str) -> ApiKey | None:
        """Read the key with this digest, whoever owns it."""
        if not is_key(key_hash):
            return None
        sql = f"SELECT {COLUMNS} FROM api_keys WHERE key_hash = %s"
        return _key((await self._link.fetch(sql, (key_hash,))).first())

    async def list(self, user_id: str) -> Sequence[ApiKey]:
        """List a user's active keys, newest first."""
        sql = f"SELECT {COLUMNS} FROM api_keys WHERE user_id = %s AND is_active ORDER BY created_at DESC, serial DESC"
        return [key for row in await self._link.fetch(sql, (user_id,)) if (key := _key(row))]

    async def get(self, user_id: str, key_id: str) -> ApiKey | None:
        """Read one of the user's keys, active or not."""
        if not is_key(key_id):
            return None
        sql = f"SELECT {COLUMNS} FROM api_keys WHERE id = %s AND user_id = %s"
        return _key((await self._link.fetch(sql, (key_id, user_id))).first())

    async def update(self, key: ApiKey) -> bool:
        """Write everything an owner may change; a key that has ended stays so.

        The environment is none of it: it is part of the key's text.
        """
        sql = (
            "UPDATE api_keys SET name = %s, permissions = %s, rate_limit_tier = %s,"
            " rate_limit_custom = %s, expires_at = %s, is_active = is_active AND %s, allowed_ips = %s,"
            " confined_to = %s, retired_at = COALESCE(retired_at, %s), updated_at = NOW()"
            " WHERE id = %s AND user_id = %s"
        )
        limits, end = _changeable(key)
        changed = await self._link.write(sql, (*limits, end, key.id, key.user_id))
        return changed > 0 or await self.get(key.user_id, key.id) is not None

    async def retire(self, user_id: str, key_id: str, until: datetime) -> bool:
        """Set when a key ends, if it has no end yet."""
        sql = (
            "UPDATE api_keys SET retired_at = %s, updated_at = NOW()"
            " WHERE id = %s AND user_id = %s AND is_active AND retired_at IS NULL"
        )
        return await self._link.write(sql, (to_time(until), key_id, user_id)) > 0

    async def record_use(self, uses: Sequence[KeyUse]) -> None:
        """Add to the totals and to the hours of many keys at once: all of it or, when it fails, nothing."""
        known = [use for use in uses if is_key(use.key_id)]
        for start in range(0, len(known), MOST_ROWS):
            part = known[start : start + MOST_ROWS]
            await self._link.write_all([_totals(part), _hours(part)])

    async def hours(self, user_id: str, key_id: str, since: datetime) -> Sequence[KeyHour]:
        """Read how often one of the user's keys was used in each hour from `since` on."""
        sql = (
            "SELECT u.used_hour, u.requests FROM api_key_usage u JOIN api_keys k ON k.id = u.key_id"
            " WHERE u.key_id = %s AND k.user_id = %s AND u.used_hour >= %s ORDER BY u.used_hour"
        )
        rows = await self._link.fetch(sql, (key_id, user_id, to_time(since)))
        return [KeyHour(from_time_needed(hour), count) for hour, count in rows]


def _totals(uses: Sequence[KeyUse]) -> tuple[str, Sequence[Any]]:
    merged: dict[str, KeyUse] = {}
    for use in uses:
        before = merged.get(use.key_id)
        newest = use if before is None or use.at >= before.at else before
        merged[use.key_id] = attrs.evolve(newest, count=use.count + (before.count if before else 0))
    columns = (key_value("key_id"), "%s AS uses", "CAST(%s AS DATETIME) AS at", "%s AS ip")
    # No order is promised among assignments to a join: `at >= last_used` says the same before and after its own.
    # updated_at stays: it says when the owner changed the key.
    sql = (
        f"UPDATE api_keys k JOIN {table_of(columns, len(merged))} u ON k.id = u.key_id"
        f" SET k.usage_count = LEAST(k.usage_count + u.uses, {LARGEST_INT}),"
        " k.last_used_ip = IF(k.last_used IS NULL OR u.at >= k.last_used, u.ip, k.last_used_ip),"
        " k.last_used = GREATEST(COALESCE(k.last_used, u.at), u.at), k.updated_at = k.updated_at"
    )
    # In the order of keys, so that two nodes that count the same keys rarely wait for each other in a circle.
    ordered = [merged[key_id] for key_id in sorted(merged)]
    return sql, [value for use in ordered for value in (use.key_id, use.count, to_second(use.at), use.ip)]


def _hours(uses: Sequence[KeyUse]) -> tuple[str, Sequence[Any]]:
    merged: Counter[tuple[str, datetime]] = Counter()
    for use in uses:
        hour = use.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        merged[(use.key_id, hour)] += use.count
    columns = (key_value("key_id"), "CAST(%s AS DATETIME) AS used_hour", "%s AS requests")
    # The join leaves out keys that are gone.
    sql = (
        "INSERT INTO api_key_usage (key_id, used_hour, requests) SELECT k.id, u.used_hour, u.requests"
        f" FROM {table_of(columns, len(merged))} u JOIN api_keys k ON k.id = u.key_id"
        " ON DUPLICATE KEY UPDATE requests = api_key_usage.requests + u.requests"
    )
    return sql, [value for (key_id, hour), count in sorted(merged.items()) for value in (key_id, hour, count)]


def _added(key: ApiKey) -> Sequence[Any]:
    limits, end = _changeable(key)
    made = to_second(key.created_at)
    head = (key.id, key.user_id, key.key_prefix, key.key_hash, key.environment)
    return (*head, *limits, end, key.usage_count, made, made)


def _changeable(key: ApiKey) -> tuple[tuple[Any, ...], datetime | None]:
    custom = key.rate_limit_custom
    limit = None if custom is None else {"requestsPerHour": custom.requests_per_hour, "burst": custom.burst}
    limits = (
        key.name,
        to_json(sorted(key.permissions)),
        key.rate_limit_tier,
        to_json(limit),
        to_second(key.expires_at),
        int(key.is_active),
        to_json(None if key.allowed_ips is None else list(key.allowed_ips)),
        to_json(None if key.databases is None else list(key.databases)),
    )
    return limits, to_time(key.retired_at)


def _key(row: Sequence[Any] | None) -> ApiKey | None:
    if row is None:
        return None
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    custom = from_json(values["rate_limit_custom"])
    allowed, confined = from_json(values["allowed_ips"]), from_json(values["confined_to"])
    return ApiKey(
        id=values["id"],
        user_id=values["user_id"],
        key_prefix=values["key_prefix"],
        key_hash=values["key_hash"],
        name=values["name"],
        environment=values["environment"],
        permissions=frozenset(from_json(values["permissions"]) or ()),
        rate_limit_tier=values["rate_limit_tier"],
        rate_limit_custom=RateLimit(custom["requestsPerHour"], custom["burst"]) if custom else None,
        expires_at=from_time(values["expires_at"]),
        last_used=from_time(values["last_used"]),
        last_used_ip=values["last_used_ip"],
        usage_count=values["usage_count"],
        is_active=bool(values["is_active"]),
        created_at=from_time(values["created_at"]),
        updated_at=from_time(values["updated_at"]),
        allowed_ips=None if allowed is None else tuple(allowed),
        databases=None if confined is None else tuple(confined),
        retired_at=from_time(values["retired_at"]),
    )
