"""What may be asked of a key."""

from datetime import UTC, datetime, timedelta

import pytest
from altus4_api_keys.terms import KeyTerms, mint

from altus4_core.errors import ValidationFailed
from altus4_core.records import RateLimit

NOW = datetime(2030, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def test_good_terms_are_put_in_order():
    terms = KeyTerms(
        "  My key ",
        "live",
        ["admin", "search", "search"],
        "pro",
        RateLimit(10, 1),
        NOW + timedelta(seconds=1.5),
        ["203.0.113.9", "203.0.113.9/32", "2001:db8::1/32", "::ffff:198.51.100.7/120", "::ffff:203.0.113.9"],
        ["d2", "d1", "d2"],
    ).checked(NOW)
    assert terms.name == "My key"
    assert terms.permissions == ("search", "admin")
    assert terms.expires_at == datetime(2030, 5, 1, 12, 0, 1, tzinfo=UTC)
    assert terms.allowed_ips == ("203.0.113.9/32", "2001:db8::/32", "198.51.100.0/24")
    assert terms.databases == ("d2", "d1")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "ab"}, "name"),
        ({"name": "  a  "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"environment": "prod"}, "environment"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["search", "root"]}, "permissions[1]"),
        ({"tier": "gold"}, "rateLimitTier"),
        ({"custom": RateLimit(0, 1)}, "rateLimitCustom.requestsPerHour"),
        ({"custom": RateLimit(1, 0)}, "rateLimitCustom.burst"),
        ({"custom": RateLimit(10**10, 1)}, "rateLimitCustom.requestsPerHour"),
        ({"expires_at": NOW}, "expiresAt"),
        ({"expires_at": NOW - timedelta(days=1)}, "expiresAt"),
        ({"expires_at": datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC)}, "expiresAt"),
        ({"allowed_ips": []}, "allowedIps"),
        ({"allowed_ips": ["10.0.0.0/8", "example.org"]}, "allowedIps[1]"),
        ({"allowed_ips": ["10.0.0.0/33"]}, "allowedIps[0]"),
        ({"allowed_ips": ["fe80::1%eth0"]}, "allowedIps[0]"),
        ({"databases": []}, "databases"),
    ],
)
def test_wrong_terms_are_named(changes, field):
    with pytest.raises(ValidationFailed) as caught:
        KeyTerms(**{"name": "A key", **changes}).checked(NOW)
    assert [problem["field"] for problem in caught.value.details] == [field]


def test_the_last_possible_expiry_is_accepted():
    last = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
    assert KeyTerms("A key", expires_at=last).checked(NOW).expires_at == last


def test_minting_stores_the_digest_and_not_the_key():
    terms = KeyTerms("A key", "live", allowed_ips=["10.0.0.0/8"], databases=["d"]).checked(NOW)
    row, new = mint(terms, "user-1", NOW)
    assert (row.key_prefix, row.key_hash) == (new.prefix, new.digest)
    assert (row.user_id, row.environment, row.allowed_ips, row.databases) == ("user-1", "live", ("10.0.0.0/8",), ("d",))
    assert new.text not in repr(row)
