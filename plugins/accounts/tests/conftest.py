"""A gateway with accounts over the memory store, and a client that speaks to it over HTTP."""

from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer
from altus4_accounts import AccountsPlugin

from altus4_core import Plugin, hookimpl
from altus4_core.app import create_app
from altus4_core.records import Action, Verdict
from altus4_core.routing import Route
from altus4_core.seams import Service
from altus4_core.store import MetadataStore
from altus4_core.testing.clock import HeldClock
from altus4_core.testing.composing import compose
from altus4_core.testing.memory import MemoryStore

SECRET = "a long and random session secret, really"


class CountingLimiter:
    """Grants what `left` says, by kind of subject and action; counts everything."""

    name = "counting"

    def __init__(self):
        self.left = {}
        self.counted = {}

    async def admit(self, subject, action, cost):
        place = (subject.kind, subject.id, action)
        used = self.counted.get(place, 0)
        most = self.left.get((subject.kind, action))
        if most is not None and used + max(1, cost) > most and cost >= 0:
            return Verdict(allowed=False, limit=most, retry_after=12.3)
        self.counted[place] = used + cost
        return Verdict(allowed=True, limit=most or 1000, remaining=(most or 1000) - used - cost)


class Ground(Plugin):
    """What accounts stand on: a store and a limiter, and operations that need a role or a permission."""

    name = "ground"

    def __init__(self, store, limiter):
        super().__init__()
        self.store = store
        self.limiter = limiter

    @hookimpl
    def altus4_services(self):
        @asynccontextmanager
        async def opened():
            yield self.store

        return [Service(MetadataStore, opened)]

    @hookimpl
    def altus4_limiters(self):
        return [self.limiter]

    @hookimpl
    def altus4_routes(self):
        async def who(call):
            identity = call.caller
            return {"user": identity.user_id, "role": identity.role, "scheme": identity.scheme}

        return [
            Route("GET", "/any", who, "any", action=Action("any")),
            Route("GET", "/search", who, "search", action=Action("x", "search")),
            Route("GET", "/admin", who, "admin", action=Action("x", "analytics", role="admin")),
            Route("GET", "/foreign", who, "foreign", action=Action("x", "somebody-elses")),
        ]


class House:
    """A running gateway with what tests look at."""

    def __init__(self, client, store, limiter, clock):
        self.client, self.store, self.limiter, self.clock = client, store, limiter, clock

    async def call(self, method, path, body=None, *, token=None, cookie=None, raw=None, status=None, headers=None):
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if cookie is not None:
            sent["Cookie"] = f"altus4_refresh={cookie}"
        more = {"data": raw, "headers": {**sent, "Content-Type": "application/json"}} if raw is not None else {}
        if body is not None:
            more = {"json": body}
        path = path if path.startswith("//") else f"/api/v1/auth{path}"
        response = await self.client.request(method, path.replace("//", "/"), **{"headers": sent, **more})
        answer = await response.json()
        if status is not None:
            assert response.status == status, answer
        return Answer(response, answer)

    async def register(self, email="ann@example.org", password="correct horse", name="Ann", **more):
        return await self.call("POST", "/register", {"email": email, "password": password, "name": name, **more})

    async def login(self, email="ann@example.org", password="correct horse"):
        return await self.call("POST", "/login", {"email": email, "password": password})


class Answer:
    """A response with its body."""

    def __init__(self, response, body):
        self.status, self.body, self.headers = response.status, body, response.headers
        morsel = response.cookies.get("altus4_refresh")
        self.morsel = morsel
        self.cookie = morsel.value if morsel is not None else None

    @property
    def code(self):
        return self.body["error"]["code"]

    @property
    def data(self):
        assert self.body["success"] is True, self.body
        return self.body["data"]

    @property
    def token(self):
        return self.body["token"]


@pytest.fixture
async def open_house(tmp_path):
    """Make gateways: `await open_house(toml="", store=...)`."""
    running = []

    async def make(toml="", store=None, cost=4):
        clock, limiter = HeldClock(), CountingLimiter()
        store = store or MemoryStore()
        folder = tmp_path / str(len(running))
        folder.mkdir()
        settings = f"[plugins.accounts]\nbcrypt_cost = {cost}\n{toml}"
        environ = {"ALTUS4_SESSION_SECRET": SECRET}
        gateway = compose([Ground(store, limiter), AccountsPlugin], folder, toml=settings, environ=environ, clock=clock)
        await gateway.start()
        client = TestClient(TestServer(create_app(gateway).web, handler_cancellation=True))
        await client.start_server()
        running.append((client, gateway))
        return House(client, store, limiter, clock)

    yield make
    for client, gateway in running:
        await client.close()
        await gateway.stop()


@pytest.fixture
async def house(open_house):
    return await open_house()
