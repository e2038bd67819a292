"""The plugin keeps the contracts of its seams."""

import uuid
from datetime import UTC, datetime, timedelta

import click
import pytest
from altus4_audit import AuditPlugin
from altus4_audit.commands import command
from altus4_audit.routes import AuditRoutes
from altus4_audit.sink import AuditSink
from altus4_audit.view import AuditQuery

from altus4_core.records import Event
from altus4_core.routing import Call
from altus4_core.testing.clock import HeldClock
from altus4_core.testing.contracts import PluginContract, RouteContract, SinkContract
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import user_identity


@pytest.fixture
def store():
    return MemoryStore()


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return AuditPlugin


class TestSink(SinkContract):
    @pytest.fixture
    def provider(self, store):
        return AuditSink(lambda: store, HeldClock(), timedelta(days=365))

    @pytest.fixture
    def valid(self):
        payload = {"action": "keys.create", "object_kind": "keys", "result": "success", "status": 201, "details": {}}
        now = datetime(2030, 1, 1, tzinfo=UTC)
        return [Event(str(uuid.uuid4()), "audit", now, "user-1", f"request-{n}", payload) for n in range(3)]

    async def test_the_entries_are_there_once(self, provider, valid, store):
        await provider.write(valid)
        await provider.write(valid)
        assert len(await store.audit.list("user-1", limit=10, offset=0)) == 3


class TestRoute(RouteContract):
    @pytest.fixture
    def provider(self, store):
        (route,) = AuditRoutes(lambda: store).routes()
        return route

    @pytest.fixture
    def valid(self):
        return Call("r-1", user_identity(), {}, AuditQuery(), None, "127.0.0.1", None, None)


def test_command():
    assert isinstance(command(365), click.Command)
    assert {option.name for option in command(365).params} == {"user", "action", "limit", "as_json"}
