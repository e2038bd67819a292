"""A key gives away nothing that it does not have."""

from datetime import timedelta

import pytest

from altus4_core.clock import iso
from altus4_core.stored import User


async def maker(house, token=None, **wish):
    return (await house.make(token, permissions=["admin"], **wish))["secretKey"]


async def test_a_free_maker_gives_all_permissions(house):
    made = await house.make(await maker(house), permissions=["search", "analytics", "admin"], environment="test")
    assert made["permissions"] == ["search", "analytics", "admin"]


async def test_the_environment_stays(house):
    test = await maker(house)
    refused = await house.call("POST", "/keys", test, {"name": "A key", "environment": "live"}, status=403)
    assert refused.code == "INSUFFICIENT_PERMISSIONS"
    assert refused.body["error"]["details"] == {"required": ["live"], "available": ["test"]}
    live = await maker(house, environment="live")
    assert (await house.call("POST", "/keys", live, {"name": "A key"})).status == 403
    assert (await house.make(live, environment="live"))["environment"] == "live"


async def test_databases_stay_within_the_makers(house):
    for name in ("d1", "d2", "d3"):
        await house.connect("ann", name)
    token = await maker(house, databases=["d1", "d2"])
    assert (await house.make(token))["databases"] == ["d1", "d2"]
    assert (await house.make(token, databases=["d2"]))["databases"] == ["d2"]
    assert (await house.call("POST", "/keys", token, {"name": "A key", "databases": ["d3"]})).status == 403


async def test_addresses_stay_within_the_makers(house):
    token = await maker(house, allowedIps=["127.0.0.0/8", "2001:db8::/32"])
    assert (await house.make(token))["allowedIps"] == ["127.0.0.0/8", "2001:db8::/32"]
    assert (await house.make(token, allowedIps=["127.0.0.1", "2001:db8:1::/48"]))["allowedIps"]
    for wider in (["0.0.0.0/0"], ["127.0.0.0/7"], ["127.0.0.1", "::/0"], ["2001:db9::1"]):
        assert (await house.call("POST", "/keys", token, {"name": "A key", "allowedIps": wider})).status == 403


async def test_nothing_outlives_its_maker(house):
    end = house.clock.now() + timedelta(days=2)
    token = await maker(house, expiresAt=iso(end))
    assert (await house.make(token))["expiresAt"] == iso(end)
    sooner = iso(end - timedelta(days=1))
    assert (await house.make(token, expiresAt=sooner))["expiresAt"] == sooner
    body = {"name": "A key", "expiresAt": iso(end + timedelta(seconds=1))}
    assert (await house.call("POST", "/keys", token, body)).status == 403


async def test_a_custom_limit_is_inherited(house):
    custom = {"requestsPerHour": 10, "burst": 2}
    token = await maker(house, house.boss, rateLimitCustom=custom)
    assert (await house.make(token))["rateLimitCustom"] == custom
    given = await house.call("POST", "/keys", house.boss, {"name": "For Ann"}, status=201)
    assert "rateLimitCustom" not in given.data


async def test_an_administrators_key_gives_tiers_and_a_users_key_does_not(house):
    assert (await house.make(await maker(house, house.boss), rateLimitTier="pro"))["rateLimitTier"] == "pro"
    refused = await house.call("POST", "/keys", await maker(house), {"name": "A key", "rateLimitTier": "pro"})
    assert (refused.status, refused.code) == (403, "INSUFFICIENT_PRIVILEGES")


@pytest.mark.parametrize(
    ("wish", "change"),
    [
        ({"databases": ["d1"]}, {"databases": None}),
        ({"databases": ["d1"]}, {"databases": ["d2"]}),
        ({"allowedIps": ["127.0.0.1"]}, {"allowedIps": None}),
        ({"expiresAt": "2031-01-01T00:00:00Z"}, {"expiresAt": None}),
    ],
)
async def test_a_bounded_key_cannot_widen_itself_nor_others(house, wish, change):
    for name in ("d1", "d2"):
        await house.connect("ann", name)
    other = await house.make()
    own = await house.make(permissions=["admin"], **wish)
    token = own["secretKey"]
    assert (await house.call("PUT", f"/keys/{own['id']}", token, change)).status == 403
    assert (await house.call("PUT", f"/keys/{other['id']}", token, {"name": "Renamed"})).status == 403
    # The answer would hold the text of a key that can do more than the caller.
    assert (await house.call("POST", f"/keys/{other['id']}/regenerate", token)).status == 403
    assert (await house.call("PUT", f"/keys/{own['id']}", token, {"name": "Renamed"})).status == 200
    assert await house.works(other["secretKey"]) == 200


async def test_a_test_key_gets_no_text_of_a_live_one(house):
    live = await house.make(environment="live")
    token = await maker(house)
    assert (await house.call("POST", f"/keys/{live['id']}/regenerate", token)).status == 403
    assert await house.works(live["secretKey"]) == 200


async def test_what_can_do_less_does_not_end_what_can_do_more(house):
    for name in ("d1", "d2"):
        await house.connect("ann", name)
    whole = await house.make(permissions=["admin"])
    confined = await house.make(permissions=["admin"], databases=["d1"])
    sibling = await house.make(databases=["d1"])
    refused = await house.call("DELETE", f"/keys/{whole['id']}", confined["secretKey"], status=403)
    assert refused.code == "INSUFFICIENT_PERMISSIONS"
    for key in (sibling, confined):  # one like it, and itself
        assert (await house.call("DELETE", f"/keys/{key['id']}", confined["secretKey"])).status == 200
    ending = await house.make(permissions=["admin"], expiresAt=iso(house.clock.now() + timedelta(days=1)))
    assert (await house.call("DELETE", f"/keys/{whole['id']}", ending["secretKey"])).status == 200


@pytest.mark.parametrize(
    ("bound", "change"),
    [
        ({"databases": ["d1"]}, {"databases": ["d1"]}),
        ({"allowedIps": ["127.0.0.1"]}, {"allowedIps": ["127.0.0.1"]}),
    ],
)
async def test_a_bounded_key_cannot_narrow_a_sibling_to_get_hold_of_it(house, bound, change):
    await house.connect("ann", "d1")
    whole = await house.make(permissions=["admin"])
    token = await maker(house, **bound)
    refused = await house.call("PUT", f"/keys/{whole['id']}", token, change, status=403)
    assert refused.code == "INSUFFICIENT_PERMISSIONS"
    assert await house.works(whole["secretKey"]) == 200
    like_it = await house.make(**bound)
    assert (await house.call("PUT", f"/keys/{like_it['id']}", token, {"name": "Renamed"})).status == 200


@pytest.mark.parametrize(
    ("own", "theirs", "status"),
    [
        ({}, {"rateLimitTier": "pro"}, 403),
        ({"rateLimitTier": "pro"}, {}, 200),
        ({"rateLimitTier": "pro"}, {"rateLimitTier": "pro"}, 200),
        ({"rateLimitTier": "pro"}, {"rateLimitTier": "enterprise"}, 403),
        ({"rateLimitCustom": {"requestsPerHour": 10, "burst": 2}}, {}, 403),
        ({"rateLimitCustom": {"requestsPerHour": 5000, "burst": 2}}, {}, 200),
        ({}, {"rateLimitCustom": {"requestsPerHour": 10, "burst": 2}}, 200),
        ({}, {"rateLimitCustom": {"requestsPerHour": 1001, "burst": 2}}, 403),
    ],
)
async def test_a_key_gets_no_text_of_one_that_may_do_more_often(house, own, theirs, status):
    # An administrator gave these limits, and is none any more.
    mine = await house.make(house.boss, permissions=["admin"], **own)
    other = await house.make(house.boss, **theirs)
    await house.store.users.update(User("boss", "boss@example.org", "boss", role="user"))
    house.gateway.changes.tell("user", "boss")
    answer = await house.call("POST", f"/keys/{other['id']}/regenerate", mine["secretKey"])
    assert answer.status == status, answer.body
    assert (await house.call("POST", f"/keys/{mine['id']}/regenerate", mine["secretKey"])).status == 200


@pytest.mark.parametrize("name", ["abc\u202edef", "abc\u2066def", "abc\ndef", "abc\u2028def"])
async def test_names_that_mislead_are_refused(house, name):
    refused = await house.call("POST", "/keys", house.ann, {"name": name}, status=400)
    assert refused.body["error"]["details"][0]["code"] == "invalid_characters"
    assert (await house.call("POST", "/keys", house.ann, {"name": "family 👨‍👩‍👧 key"})).status == 201
