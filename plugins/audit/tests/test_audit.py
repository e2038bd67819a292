"""What is written into the trail by a gateway, and who may read it."""

import asyncio
from datetime import timedelta

import pytest
from altus4_audit import AuditPlugin
from altus4_audit.entry import audit_entry
from altus4_audit.sink import PRUNED_AT_ONCE, AuditSink

from altus4_core import Plugin, hookimpl
from altus4_core.errors import Conflict, ValidationFailed
from altus4_core.records import Action, Event
from altus4_core.routing import Route
from altus4_core.stored import AuditEntry
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import MemoryPlugin, user_identity

ROOT = {"Authorization": "Bearer memory-root"}
READER = {"Authorization": "Bearer memory-reader"}


class Things(Plugin):
    """Operations of every sort."""

    name = "things"

    @hookimpl
    def altus4_routes(self):
        async def make(call):
            call.note.add(object_id="thing-1", name="A thing", colour=None)
            return {}

        async def take(call):
            raise Conflict("It is taken.")

        async def misread(call):
            raise ValidationFailed("What?")

        async def unreachable(call):
            raise ValidationFailed("It does not answer.", code="THING_UNREACHABLE")

        async def crash(call):
            raise ZeroDivisionError

        async def slow(call):
            await asyncio.sleep(60)

        async def read(call):
            return {}

        async def enter(call):
            call.note.add(user_id="user-1")
            return {}

        write = Action("things.write", "admin")
        return [
            Route("POST", "/things", make, "Make.", action=write, audit="things.make"),
            Route("PUT", "/things/{id}", take, "Take.", action=write),
            Route("POST", "/things/misread", misread, "Misread.", action=write),
            Route("POST", "/things/reach", unreachable, "Reach.", action=write),
            Route("POST", "/things/crash", crash, "Crash.", action=write),
            Route("POST", "/things/slow", slow, "Slow.", action=write),
            Route("GET", "/things", read, "Read.", action=Action("things.read", "admin")),
            Route("POST", "/things/find", read, "Find.", action=Action("things.find", "admin"), audit=False),
            Route("POST", "/enter", enter, "Enter.", audit="things.enter"),
            Route("POST", "/leave", read, "Leave."),
        ]


class ByPermission:
    """Asks for the permission."""

    name = "by-permission"

    async def permits(self, identity, action, resource):
        return action.permission in identity.permissions


class Rights(Plugin):
    name = "rights"

    @hookimpl
    def altus4_policies(self):
        return [ByPermission()]


@pytest.fixture
def memory():
    tokens = {
        "memory-token": user_identity(),
        "memory-reader": user_identity("user-2", permissions=frozenset({"search"})),
        "memory-root": user_identity("root", role="admin"),
    }
    return MemoryPlugin(MemoryStore(), {}, tokens=tokens)


@pytest.fixture
async def client(client_factory):
    return await client_factory(AuditPlugin, Things, Rights)


async def entries(client, headers=None, **query):
    await asyncio.sleep(0.3)  # longer than an event waits for its batch
    answer = await (await client.get("/api/v1/audit", params=query, headers=headers)).json()
    return answer["data"]["entries"]


async def test_an_entry_has_everything(client):
    response = await client.post("/things", headers={"X-Request-ID": "r-1"})
    assert response.status == 200
    (entry,) = await entries(client)
    assert entry.pop("id")
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "action": "things.make", "object": {"kind": "things", "id": "thing-1"}, "result": "success", "status": 200,
        "userId": "user-1", "scheme": "memory", "credentialId": "credential-of-user-1", "address": "127.0.0.1",
        "requestId": "r-1", "details": {"name": "A thing"},
    }  # fmt: skip


async def test_failures_are_written_under_the_action(client):
    assert (await client.put("/things/7")).status == 409
    assert (await client.post("/things/crash")).status == 500
    assert (await client.post("/things/reach")).status == 400
    reached, crashed, taken = await entries(client)
    assert (reached["status"], reached["details"]) == (400, {"code": "THING_UNREACHABLE"})
    assert (taken["action"], taken["object"]["id"], taken["result"]) == ("things.write", "7", "failed")
    assert taken["details"] == {"code": "CONFLICT"}
    assert (crashed["status"], crashed["details"]) == (500, {"code": "INTERNAL_ERROR"})


async def test_missing_rights_are_written_whatever_the_operation(client):
    for method, path in (("GET", "/things"), ("POST", "/things"), ("POST", "/things/find"), ("GET", "/api/v1/audit")):
        assert (await client.request(method, path, headers=READER)).status == 403
    found = await entries(client, ROOT, all="true")
    assert [entry["action"] for entry in found] == ["audit.read", "things.find", "things.make", "things.read"]
    assert {(entry["userId"], entry["result"], entry["status"]) for entry in found} == {("user-2", "denied", 403)}
    assert {entry["details"]["code"] for entry in found} == {"INSUFFICIENT_PERMISSIONS"}


async def test_public_operations_are_written_where_they_say_so(client):
    for path in ("/enter", "/leave"):
        assert (await client.post(path, headers={"Authorization": ""})).status == 200
    (entry,) = await entries(client)
    assert (entry["action"], entry["userId"]) == ("things.enter", "user-1")
    assert "scheme" not in entry


async def test_what_is_not_written(client):
    assert (await client.get("/things")).status == 200
    assert (await client.post("/things/find")).status == 200
    assert (await client.post("/things/misread")).status == 400
    assert (await client.post("/things", headers={"Authorization": ""})).status == 401
    assert (await client.post("/things", headers={"Authorization": "Bearer memory-wrong"})).status == 401
    assert await entries(client, ROOT, all="true") == []


async def test_a_client_that_goes_away_is_written(client):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await client.post("/things/slow")
    (entry,) = await entries(client)
    assert (entry["result"], entry["details"]) == ("failed", {"code": "CLIENT_GONE"})


async def test_a_flood_of_refusals_is_cut_short(client):
    for _ in range(100):
        await client.get("/things", headers=READER)
    await client.post("/things", headers=READER)
    found = await entries(client, ROOT, all="true", limit=500)
    assert [entry["action"] for entry in found] == ["things.make"] + ["things.read"] * 60


async def test_pages_and_actions(client):
    for _ in range(5):
        await client.post("/things")
    await client.put("/things/7")
    await asyncio.sleep(0.3)

    async def page(**query):
        return (await (await client.get("/api/v1/audit", params=query)).json())["data"]

    first = await page(limit=4)
    assert (len(first["entries"]), first["hasMore"]) == (4, True)
    last = await page(limit=4, offset=4)
    assert (len(last["entries"]), last["hasMore"]) == (2, False)
    assert len({entry["id"] for entry in first["entries"] + last["entries"]}) == 6
    assert len((await page(action="things.make"))["entries"]) == 5
    assert len((await page(action="things"))["entries"]) == 6
    assert (await page(action="thing"))["entries"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "offset=-1", "action=", "all=maybe"])
async def test_wrong_queries(client, query):
    assert (await client.get(f"/api/v1/audit?{query}")).status == 400


async def test_everybodys_entries_are_for_administrators(client):
    await client.post("/things")
    response = await client.get("/api/v1/audit?all=true")
    assert response.status == 403
    assert (await response.json())["error"]["code"] == "INSUFFICIENT_PRIVILEGES"
    assert await entries(client, ROOT) == []
    found = await entries(client, ROOT, all="true")
    assert {entry["userId"] for entry in found} == {"user-1"}


@pytest.mark.parametrize("details", [{"what": object()}, {"what": "x" * 20_000}, {"what": float}])
def test_details_that_cannot_be_kept_are_cut(details, held_clock):
    payload = {"action": "a.b", "details": {**details, "code": "CONFLICT"}}
    entry = audit_entry(Event("1", "audit", held_clock.now(), "u", "r", payload))
    assert entry.details == {"cut": True, "code": "CONFLICT"}


@pytest.mark.parametrize(
    "payload", [{}, {"details": "x", "status": "y"}, {"status": -1}, {"object_id": 7, "status": 2**40}]
)
def test_strange_events_become_entries(payload, held_clock):
    entry = audit_entry(Event("1", "audit", held_clock.now(), "", "r", payload))
    assert (entry.user_id, entry.details) == (None, None)
    assert 0 <= entry.status < 2**15
    assert entry.object_id in (None, "7")


async def test_nothing_is_lost_at_stop(gateway_factory, client_factory, memory):
    gateway = gateway_factory(AuditPlugin, Things, Rights)
    client = await client_factory(gateway=gateway)
    for _ in range(30):
        await client.post("/things")
    await gateway.stop()
    assert len(await memory.store.audit.list("user-1", limit=100, offset=0)) == 30


async def test_the_store_away_for_a_while_loses_nothing(client, memory):
    memory.store.away = True
    await client.post("/things")
    await asyncio.sleep(0.3)
    memory.store.away = False
    await asyncio.sleep(0.5)
    assert len(await entries(client)) == 1


async def test_old_entries_are_cleared_away_a_little_at_a_time(held_clock):
    store = MemoryStore()
    sink = AuditSink(lambda: store, held_clock, timedelta(days=10))
    old = held_clock.now() - timedelta(days=11)
    await store.audit.add_many(
        [AuditEntry(str(number), old, "a.b", "success", user_id="u") for number in range(PRUNED_AT_ONCE + 5)]
    )

    async def left(event_id):
        await sink.write([Event(event_id, "audit", held_clock.now(), "u", "r", {"action": "a.b"})])
        return len(await store.audit.list("u", limit=10_000, offset=0))

    assert await left("new-1") == 6
    assert await left("new-2") == 2
    await store.audit.add_many([AuditEntry("old", old, "a.b", "success", user_id="u")])
    assert await left("new-3") == 4  # it has looked just now
    held_clock.advance(3600)
    assert await left("new-4") == 4
