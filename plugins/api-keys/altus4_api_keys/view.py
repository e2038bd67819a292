"""How a key is shown to its owner: everything but the secret."""

from datetime import datetime
from typing import Any

from altus4_api_keys.known import deadline_of
from altus4_api_keys.terms import PERMISSIONS
from altus4_core.clock import iso
from altus4_core.stored import ApiKey

WARNING = "Store this key now: it is shown only once and cannot be read again."


def key_json(key: ApiKey, now: datetime) -> dict[str, Any]:
    """Write a key as the API and the commands show it; members without a value are left out."""
    ends_at = deadline_of(key)
    shown: dict[str, Any] = {
        "id": key.id,
        "name": key.name,
        "keyPrefix": key.key_prefix,
        "environment": key.environment,
        "permissions": [known for known in PERMISSIONS if known in key.permissions],
        "rateLimitTier": key.rate_limit_tier,
        "usageCount": key.usage_count,
        "isActive": key.is_active and not (ends_at is not None and now >= ends_at),
    }
    if key.rate_limit_custom is not None:
        custom = key.rate_limit_custom
        shown["rateLimitCustom"] = {"requestsPerHour": custom.requests_per_hour, "burst": custom.burst}
    moments = {
        "expiresAt": ends_at,
        "lastUsed": key.last_used,
        "createdAt": key.created_at,
        "updatedAt": key.updated_at,
    }
    shown.update({member: iso(moment) for member, moment in moments.items() if moment is not None})
    if key.last_used_ip is not None:
        shown["lastUsedIp"] = key.last_used_ip
    if key.allowed_ips is not None:
        shown["allowedIps"] = list(key.allowed_ips)
    if key.databases is not None:
        shown["databases"] = list(key.databases)
    return shown


def told(key: ApiKey) -> dict[str, Any]:
    """Say of a key what the audit trail should know: what it grants, and never its text or hash."""
    custom = key.rate_limit_custom
    return {
        "name": key.name,
        "key_prefix": key.key_prefix,
        "environment": key.environment,
        "permissions": sorted(key.permissions),
        "rate_limit_tier": key.rate_limit_tier,
        "rate_limit_custom": None if custom is None else [custom.requests_per_hour, custom.burst],
        "expires_at": None if key.expires_at is None else iso(key.expires_at),
        "allowed_ips": None if key.allowed_ips is None else list(key.allowed_ips),
        "databases": None if key.databases is None else list(key.databases),
    }
