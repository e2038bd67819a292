"""What the tests of this plugin share: a table of uses, made keys, and a gateway with keys over the memory store."""

from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer
from altus4_api_keys import ApiKeysPlugin
from altus4_api_keys.keyformat import generate

from altus4_core import Plugin, hookimpl
from altus4_core.app import create_app
from altus4_core.errors import Unavailable
from altus4_core.records import Action, Identity, Verdict
from altus4_core.routing import Route
from altus4_core.seams import Service
from altus4_core.store import KeyUse, MetadataStore
from altus4_core.stored import ApiKey, Database, User
from altus4_core.testing.clock import HeldClock
from altus4_core.testing.composing import compose
from altus4_core.testing.memory import MemoryStore


class UsageTable:
    """Takes usage figures like the store; can be away."""

    def __init__(self) -> None:
        self.batches: list[list[KeyUse]] = []
        self.away = False

    @property
    def api_keys(self) -> "UsageTable":
        return self

    async def record_use(self, uses: list[KeyUse]) -> None:
        if self.away:
            message = "away"
            raise Unavailable(message)
        self.batches.append(list(uses))

    def total(self, key_id: str) -> int:
        return sum(use.count for batch in self.batches for use in batch if use.key_id == key_id)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def table() -> UsageTable:
    return UsageTable()


@pytest.fixture
def make_key(clock):
    """Make a stored key and its text."""

    def make(**changes) -> tuple[ApiKey, str]:
        new = generate(changes.get("environment", "live"))
        fields = {
            "id": f"id-{new.prefix}",
            "user_id": "user-1",
            "key_prefix": new.prefix,
            "key_hash": new.digest,
            "name": "A key",
            "environment": "live",
            **changes,
        }
        return ApiKey(**fields), new.text

    return make


class Persons:
    """Stands for logged-in people: the token `person:<user id>:<role>` is somebody's session."""

    name = "session"

    async def authenticate(self, request):
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not token.startswith("person:"):
            return None
        _, user_id, role = token.split(":")
        every = frozenset({"search", "analytics", "admin"})
        return Identity(user_id, self.name, token, role=role, permissions=every, limited_as="account")

    async def permits(self, identity, action, resource):
        return True if identity.scheme == self.name else None


class Meter:
    """Counts, refuses nothing, and says what it has counted."""

    name = "meter"

    def __init__(self):
        self.counted = {}

    async def admit(self, subject, action, cost):
        used = self.counted[subject.id] = self.counted.get(subject.id, 0) + cost
        tiers = {"free": 1000, "pro": 10_000, "enterprise": 100_000}
        limit = subject.custom.requests_per_hour if subject.custom else tiers[subject.tier]
        return Verdict(allowed=True, limit=limit, remaining=50 - used, reset_after=3.6 * used, tier=subject.tier)


class Ground(Plugin):
    """What keys stand on: a store, a limiter, people, and operations that need permissions."""

    name = "ground"

    def __init__(self, store, persons, meter):
        super().__init__()
        self.store, self.persons, self.meter = store, persons, meter

    @hookimpl
    def altus4_services(self):
        @asynccontextmanager
        async def opened():
            yield self.store

        return [Service(MetadataStore, opened)]

    @hookimpl
    def altus4_auth_schemes(self):
        return [self.persons]

    @hookimpl
    def altus4_policies(self):
        return [self.persons]

    @hookimpl
    def altus4_limiters(self):
        return [self.meter]

    @hookimpl
    def altus4_routes(self):
        async def who(call):
            identity = call.caller
            return {"key": identity.credential_id, "databases": sorted(identity.databases or [])}

        return [
            Route("GET", f"/{permission}", who, permission, action=Action("x", permission))
            for permission in ("search", "analytics", "admin", "session")
        ]


class Answer:
    """A response with its body."""

    def __init__(self, response, body):
        self.status, self.body, self.headers = response.status, body, response.headers

    @property
    def code(self):
        return self.body["error"]["code"]

    @property
    def fields(self):
        return {problem["field"] for problem in self.body["error"]["details"]}

    @property
    def data(self):
        assert self.body["success"] is True, self.body
        return self.body["data"]


class House:
    """A running gateway with what tests look at."""

    ann, bob, boss = "person:ann:user", "person:bob:user", "person:boss:admin"

    def __init__(self, client, gateway, store, clock):
        self.client, self.gateway, self.store, self.clock = client, gateway, store, clock

    async def call(self, method, path, token, body=None, *, status=None, **more):
        path = path if path.startswith("//") else f"/api/v1{path}"
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        if body is not None:
            more["json"] = body
        response = await self.client.request(method, path.replace("//", "/"), headers=headers, **more)
        answer = Answer(response, await response.json())
        if status is not None:
            assert answer.status == status, answer.body
        return answer

    async def make(self, token=None, **body):
        answer = await self.call("POST", "/keys", token or self.ann, {"name": "A key", **body}, status=201)
        return answer.data

    async def works(self, text, path="//search"):
        return (await self.call("GET", path, text)).status

    async def connect(self, user_id, database_id):
        await self.store.databases.add(Database(database_id, user_id, database_id, "h", 3306, database_id, "u"))


@pytest.fixture
async def open_house(tmp_path):
    """Make gateways: `await open_house(store=...)`."""
    running = []

    async def make(store=None):
        clock = HeldClock()
        if store is None:
            store = MemoryStore(clock)
            for name in ("ann", "bob", "boss"):
                await store.users.add(
                    User(name, f"{name}@example.org", name, role="admin" if name == "boss" else "user")
                )
        folder = tmp_path / str(len(running))
        folder.mkdir()
        gateway = compose([Ground(store, Persons(), Meter()), ApiKeysPlugin], folder, clock=clock)
        await gateway.start()
        client = TestClient(TestServer(create_app(gateway).web, handler_cancellation=True))
        await client.start_server()
        running.append((client, gateway))
        return House(client, gateway, store, clock)

    yield make
    for client, gateway in running:
        await client.close()
        await gateway.stop()


@pytest.fixture
async def house(open_house):
    return await open_house()
