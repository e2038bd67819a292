"""The keys resource over HTTP."""

import asyncio
from datetime import timedelta

import pytest
from altus4_api_keys import keyformat
from altus4_api_keys.usage import UsageRecorder

from altus4_core.clock import iso

KEY_MEMBERS = {
    "id", "name", "keyPrefix", "environment", "permissions", "rateLimitTier", "usageCount", "isActive", "createdAt",
    "updatedAt",
}  # fmt: skip


async def test_a_new_key_is_shown_once_and_works(house):
    answer = await house.call("POST", "/keys", house.ann, {"name": "My key"}, status=201)
    key = answer.data
    assert key.keys() >= KEY_MEMBERS
    assert (key["environment"], key["permissions"], key["rateLimitTier"]) == ("test", ["search"], "free")
    assert key["apiKey"] == {name: key[name] for name in key["apiKey"]}
    assert key["keyPrefix"] == key["key"] == key["secretKey"][:23]
    assert key["secretKey"].startswith("altus4_sk_test_")
    assert "warning" in key
    assert "expiresAt" not in key
    assert await house.works(key["secretKey"]) == 200
    assert await house.works(key["secretKey"], "//analytics") == 403
    for path in (f"/keys/{key['id']}", "/keys", f"/keys/{key['id']}/usage"):
        shown = (await house.call("GET", path, house.ann, status=200)).body
        assert key["secretKey"] not in str(shown)
        assert "keyHash" not in str(shown)


async def test_everything_that_can_be_asked_for(house):
    await house.connect("boss", "d1")
    expires = iso(house.clock.now() + timedelta(days=1))
    key = await house.make(
        house.boss,
        environment="live",
        permissions=["analytics", "search", "search"],
        rateLimitTier="pro",
        rateLimitCustom={"requestsPerHour": 36, "burst": 3},
        expiresAt=expires,
        allowedIps=["127.0.0.0/8", "::1"],
        databases=["d1"],
    )
    assert key["permissions"] == ["search", "analytics"]
    assert (key["rateLimitTier"], key["rateLimitCustom"]) == ("pro", {"requestsPerHour": 36, "burst": 3})
    assert key["expiresAt"] == expires
    assert key["allowedIps"] == ["127.0.0.0/8", "::1/128"]
    assert key["databases"] == ["d1"]
    used = await house.call("GET", "//search", key["secretKey"], status=200)
    assert used.data["databases"] == ["d1"]
    assert used.headers["X-RateLimit-Limit"] == "36"
    assert used.headers["X-RateLimit-Tier"] == "pro"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name"}),
        ({"name": "ab"}, {"name"}),
        ({"name": "x" * 256}, {"name"}),
        ({"name": "A key", "environment": "prod"}, {"environment"}),
        ({"name": "A key", "permissions": ["root"]}, {"permissions[0]"}),
        ({"name": "A key", "permissions": []}, {"permissions"}),
        ({"name": "A key", "permissions": "search"}, {"permissions"}),
        ({"name": "A key", "rateLimitTier": "gold"}, {"rateLimitTier"}),
        ({"name": "A key", "rateLimitCustom": {"requestsPerHour": 0, "burst": -1}}, None),
        ({"name": "A key", "rateLimitCustom": 5}, {"rateLimitCustom"}),
        ({"name": "A key", "expiresAt": "2029-12-31T23:59:59Z"}, {"expiresAt"}),
        ({"name": "A key", "expiresAt": "2038-01-19T03:14:08Z"}, {"expiresAt"}),
        ({"name": "A key", "expiresAt": "9999-12-31T23:59:59+23:59"}, {"expiresAt"}),
        ({"name": "A key", "expiresAt": "0001-01-01T00:00:00+23:59"}, {"expiresAt"}),
        ({"name": "A key", "expiresAt": "tomorrow"}, {"expiresAt"}),
        ({"name": "A key", "expiresAt": 1900000000}, {"expiresAt"}),
        ({"name": "A key", "allowedIps": ["10.0.0.0/33"]}, {"allowedIps[0]"}),
        ({"name": "A key", "allowedIps": []}, {"allowedIps"}),
        ({"name": "A key", "databases": []}, {"databases"}),
    ],
)
async def test_bad_wishes_name_their_members(house, body, fields):
    answer = await house.call("POST", "/keys", house.boss, body, status=400)
    assert answer.code == "VALIDATION_ERROR"
    assert answer.fields == (fields or {"rateLimitCustom.requestsPerHour", "rateLimitCustom.burst"})


async def test_the_last_second_of_2038_is_possible(house):
    key = await house.make(expiresAt="2038-01-19T03:14:07Z")
    assert key["expiresAt"] == "2038-01-19T03:14:07.000Z"


@pytest.mark.parametrize(
    "wish",
    [
        {"rateLimitTier": "pro"},
        {"rateLimitTier": "enterprise"},
        {"rateLimitCustom": {"requestsPerHour": 1, "burst": 1}},
    ],
)
async def test_only_administrators_give_limits(house, wish):
    refused = await house.call("POST", "/keys", house.ann, {"name": "A key", **wish}, status=403)
    assert refused.code == "INSUFFICIENT_PRIVILEGES"
    key = await house.make()
    assert (await house.call("PUT", f"/keys/{key['id']}", house.ann, wish)).status == 403
    given = await house.make(house.boss, **wish)
    renamed = await house.call("PUT", f"/keys/{given['id']}", house.boss, {"name": "Renamed"}, status=200)
    assert renamed.data["name"] == "Renamed"


async def test_listing_newest_first_active_only_and_as_the_sdk_wants_it(house):
    made = [await house.make(name=f"Key {number}") for number in range(4)]
    await house.call("DELETE", f"/keys/{made[1]['id']}", house.ann, status=200)
    await house.make(house.bob, name="Not mine")
    listed = (await house.call("GET", "/keys", house.ann, status=200)).data
    assert [key["name"] for key in listed["apiKeys"]] == ["Key 3", "Key 2", "Key 0"]
    assert listed["total"] == 3
    bare = (await house.call("GET", "/keys", house.ann, headers={"X-Altus4-Compat": "sdk"})).data
    assert bare == listed["apiKeys"]


async def test_foreign_and_unknown_keys_are_the_same_404(house):
    key = await house.make(house.bob)
    bodies = set()
    for key_id in (key["id"], "3f1c9f0e-7a51-4d0e-9f7c-0d8f3c0a1b2c", "x", "%00", "a'b"):
        for method, path, body in (
            ("GET", "", None),
            ("PUT", "", {"name": "Mine now"}),
            ("DELETE", "", None),
            ("POST", "/regenerate", {}),
            ("GET", "/usage", None),
        ):
            answer = await house.call(method, f"/keys/{key_id}{path}", house.ann, body)
            assert answer.status == 404
            bodies.add(str(answer.body["error"]))
    assert len(bodies) == 1
    assert await house.works(key["secretKey"]) == 200


async def test_changing_a_key_takes_effect_at_once(house):
    key = await house.make(permissions=["search", "analytics"])
    assert await house.works(key["secretKey"], "//analytics") == 200
    changed = await house.call("PUT", f"/keys/{key['id']}", house.ann, {"permissions": ["search"]}, status=200)
    assert changed.data["permissions"] == changed.data["apiKey"]["permissions"] == ["search"]
    assert await house.works(key["secretKey"], "//analytics") == 403
    soon = iso(house.clock.now() + timedelta(seconds=5))
    await house.call("PUT", f"/keys/{key['id']}", house.ann, {"expiresAt": soon}, status=200)
    assert await house.works(key["secretKey"]) == 200
    house.clock.advance(5)
    expired = await house.call("GET", "//search", key["secretKey"])
    assert (expired.status, expired.code) == (401, "API_KEY_EXPIRED")
    listed = await house.call("GET", "/keys", house.ann, status=200)
    assert (listed.data["apiKeys"], listed.data["total"]) == ([], 0)
    assert (await house.call("GET", f"/keys/{key['id']}", house.ann)).data["isActive"] is False
    # An expired key can be renamed as it is, and brought back by clearing its expiry.
    await house.call("PUT", f"/keys/{key['id']}", house.ann, {"name": "Still mine"}, status=200)
    cleared = await house.call("PUT", f"/keys/{key['id']}", house.ann, {"expiresAt": None}, status=200)
    assert "expiresAt" not in cleared.data
    assert cleared.data["isActive"] is True
    assert await house.works(key["secretKey"]) == 200
    here = {"allowedIps": ["192.0.2.0/24"]}
    await house.call("PUT", f"/keys/{key['id']}", house.ann, here, status=200)
    elsewhere = await house.call("GET", "//search", key["secretKey"])
    assert (elsewhere.status, elsewhere.code) == (403, "IP_NOT_ALLOWED")
    await house.call("PUT", f"/keys/{key['id']}", house.ann, {"allowedIps": None}, status=200)
    assert await house.works(key["secretKey"]) == 200


async def test_what_is_absent_stays(house):
    await house.connect("ann", "d1")
    key = await house.make(databases=["d1"], allowedIps=["127.0.0.1"], expiresAt="2031-01-01T00:00:00Z")
    for body in ({}, None, {"environment": "test", "unknown": 1}):
        kept = await house.call("PUT", f"/keys/{key['id']}", house.ann, body, status=200)
        assert {name: kept.data[name] for name in ("databases", "allowedIps", "expiresAt", "name")} == {
            name: key[name] for name in ("databases", "allowedIps", "expiresAt", "name")
        }


async def test_the_environment_cannot_change(house):
    key = await house.make()
    answer = await house.call("PUT", f"/keys/{key['id']}", house.ann, {"environment": "live"}, status=400)
    assert answer.fields == {"environment"}


async def test_databases_must_be_the_users_own(house):
    await house.connect("bob", "d2")
    for wanted in ("d2", "unknown"):
        body = {"name": "A key", "databases": [wanted]}
        assert (await house.call("POST", "/keys", house.ann, body)).status == 404
    key = await house.make()
    assert (await house.call("PUT", f"/keys/{key['id']}", house.ann, {"databases": ["d2"]})).status == 404


async def test_revoking_is_at_once_and_repeatable(house):
    key = await house.make()
    assert await house.works(key["secretKey"]) == 200
    for _ in range(2):
        answer = await house.call("DELETE", f"/keys/{key['id']}", house.ann, status=200)
        assert answer.data["keyId"] == key["id"]
        assert answer.data["message"]
    gone = await house.call("GET", "//search", key["secretKey"])
    assert (gone.status, gone.code) == (401, "INVALID_API_KEY")
    assert (await house.call("GET", f"/keys/{key['id']}", house.ann)).data["isActive"] is False
    revive = await house.call("PUT", f"/keys/{key['id']}", house.ann, {"name": "Again"})
    assert (revive.status, revive.code) == (409, "API_KEY_ENDED")


async def test_a_revocation_elsewhere_is_seen_within_two_seconds(open_house):
    here = await open_house()
    there = await open_house(here.store)
    key = await here.make()
    assert await there.works(key["secretKey"]) == 200
    await here.call("DELETE", f"/keys/{key['id']}", here.ann, status=200)
    assert await here.works(key["secretKey"]) == 401
    there.clock.advance(2)
    assert await there.works(key["secretKey"]) == 401


async def test_a_change_never_brings_a_revoked_key_back(house, monkeypatch):
    key = await house.make()
    real = house.store.databases.list

    async def revoke_meanwhile(user_id):
        await house.call("DELETE", f"/keys/{key['id']}", house.ann, status=200)
        return await real(user_id)

    await house.connect("ann", "d1")
    monkeypatch.setattr(house.store.databases, "list", revoke_meanwhile)
    await house.call("PUT", f"/keys/{key['id']}", house.ann, {"databases": ["d1"]})
    assert await house.works(key["secretKey"]) == 401
    assert (await house.call("GET", f"/keys/{key['id']}", house.ann)).data["isActive"] is False


async def test_regenerating_without_grace(house):
    await house.connect("ann", "d1")
    key = await house.make(permissions=["analytics"], databases=["d1"], allowedIps=["127.0.0.0/8"])
    new = (await house.call("POST", f"/keys/{key['id']}/regenerate", house.ann, status=200)).data
    assert new["oldKeyId"] == key["id"] != new["id"] == new["apiKey"]["id"]
    assert new["secretKey"] != key["secretKey"]
    same = ("name", "permissions", "databases", "allowedIps", "environment", "rateLimitTier")
    assert {name: new[name] for name in same} == {name: key[name] for name in same}
    assert await house.works(new["secretKey"], "//analytics") == 200
    assert (await house.call("GET", "//analytics", key["secretKey"])).code == "INVALID_API_KEY"
    again = await house.call("POST", f"/keys/{key['id']}/regenerate", house.ann)
    assert (again.status, again.code) == (409, "API_KEY_ENDED")


async def test_the_grace_ends_at_the_exact_moment_and_cannot_be_moved(house):
    key = await house.make()
    house.clock.advance(0.25)
    body = {"gracePeriodSeconds": 60}
    new = (await house.call("POST", f"/keys/{key['id']}/regenerate", house.ann, body, status=200)).data
    shown = (await house.call("GET", f"/keys/{key['id']}", house.ann)).data
    assert shown["expiresAt"] == iso(house.clock.now() + timedelta(seconds=60))
    await house.call("PUT", f"/keys/{key['id']}", house.ann, {"expiresAt": None}, status=200)
    assert (await house.call("POST", f"/keys/{key['id']}/regenerate", house.ann, body)).status == 409
    house.clock.advance(59.999)
    assert await house.works(key["secretKey"]) == 200
    house.clock.advance(0.001)
    assert await house.works(key["secretKey"]) == 401
    assert await house.works(new["secretKey"]) == 200
    listed = (await house.call("GET", "/keys", house.ann)).data
    assert [one["id"] for one in listed["apiKeys"]] == [new["id"]]


async def test_of_two_regenerations_at_once_one_wins(house):
    key = await house.make()
    path, body = f"/keys/{key['id']}/regenerate", {"gracePeriodSeconds": 60}
    answers = await asyncio.gather(*(house.call("POST", path, house.ann, body) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    assert (await house.call("GET", "/keys", house.ann)).data["total"] == 2


@pytest.mark.parametrize("seconds", [-1, 604_801, "60", 1.5])
async def test_impossible_graces(house, seconds):
    key = await house.make()
    answer = await house.call("POST", f"/keys/{key['id']}/regenerate", house.ann, {"gracePeriodSeconds": seconds})
    assert answer.status == 400
    assert answer.fields == {"gracePeriodSeconds"}


async def test_usage_has_true_figures_written_or_not(house):
    key = await house.make()
    for _ in range(3):
        await house.works(key["secretKey"])
    assert (await house.call("GET", f"/keys/{key['id']}", house.ann)).data["usageCount"] == 3
    await house.gateway.registry.get(UsageRecorder).flush()
    house.clock.advance(3600)
    await house.works(key["secretKey"])
    data = (await house.call("GET", f"/keys/{key['id']}/usage?days=3", house.ann, status=200)).data
    usage = data["usage"]
    assert usage["apiKeyId"] == data["keyId"] == key["id"]
    assert usage["requestCount"] == data["totalRequests"] == data["requestsThisMonth"] == 4
    today = house.clock.now().date()
    assert usage["daily"] == [
        {"date": f"{today - timedelta(days=back)}", "requestCount": 0 if back else 4} for back in (2, 1, 0)
    ]
    assert usage["lastUsed"] == iso(house.clock.now())
    assert usage["rateLimitStatus"]["tier"] == data["rateLimitTier"] == "free"
    assert usage["rateLimitStatus"]["remaining"] == 46
    assert usage["rateLimitStatus"]["resetTime"] == iso(house.clock.now() + timedelta(seconds=14.4))
    assert (data["quotaUsed"], data["quotaLimit"]) == (1, 1000)
    house.clock.advance(40 * 86400)
    later = (await house.call("GET", f"/keys/{key['id']}/usage?days=60", house.ann)).data
    assert (later["totalRequests"], later["requestsThisMonth"], later["quotaUsed"]) == (4, 0, 0)
    assert sum(day["requestCount"] for day in later["usage"]["daily"]) == 4
    assert len(later["usage"]["daily"]) == 60


@pytest.mark.parametrize("days", ["0", "366", "-1", "x", "1.5"])
async def test_impossible_days(house, days):
    key = await house.make()
    answer = await house.call("GET", f"/keys/{key['id']}/usage?days={days}", house.ann)
    assert answer.status == 400
    assert answer.fields == {"days"}


@pytest.mark.parametrize("path", ["/management/setup", "/management/setup-initial-api-key"])
async def test_the_first_key_of_a_user(house, path):
    before = (await house.call("GET", "/management/migration-status", house.ann, status=200)).data
    assert before == {"hasApiKeys": False, "apiKeyCount": 0, "setupRequired": True}
    answers = await asyncio.gather(*(house.call("POST", path, house.ann) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409]
    made = next(answer for answer in answers if answer.status == 201).data
    assert await house.works(made["secretKey"], "//admin") == 200
    assert next(answer for answer in answers if answer.status == 409).code == "API_KEY_EXISTS"
    assert (await house.call("GET", "/management/migration-status", house.ann)).data["apiKeyCount"] == 1
    assert (await house.call("POST", path, house.bob)).status == 201
    assert (await house.call("POST", path, made["secretKey"])).status == 403
    assert (await house.call("GET", "/management/health", "")).data["status"] == "healthy"


async def test_keys_need_permission_admin_and_never_reach_the_account(house):
    search = (await house.make())["secretKey"]
    admin = (await house.make(permissions=["admin"]))["secretKey"]
    for method, path in (("GET", "/keys"), ("POST", "/keys"), ("GET", "/keys/x"), ("DELETE", "/keys/x")):
        answer = await house.call(method, path, search)
        assert (answer.status, answer.code) == (403, "INSUFFICIENT_PERMISSIONS")
        assert answer.body["error"]["details"] == {"required": ["admin"], "available": ["search"]}
        assert (await house.call(method, path, admin)).status in {200, 400, 404}
    assert await house.works(admin, "//search") == 200
    assert await house.works(admin, "//session") == 403


async def test_the_owner_going_away_takes_the_keys_along_at_once(house):
    key = await house.make()
    assert await house.works(key["secretKey"]) == 200
    await house.store.users.remove("ann")
    house.gateway.changes.tell("user", "ann")
    assert await house.works(key["secretKey"]) == 401


async def test_a_store_that_is_away_is_a_503(house):
    key = await house.make()
    assert await house.works(key["secretKey"]) == 200
    house.store.away = True
    house.clock.advance(1)
    assert await house.works(key["secretKey"]) == 200
    house.clock.advance(1)
    answer = await house.call("GET", "//search", key["secretKey"])
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert await house.works(keyformat.generate("live").text) == 503
    house.store.away = False
    assert await house.works(key["secretKey"]) == 200
