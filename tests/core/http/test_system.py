"""Health, readiness, status, metrics, capabilities and the document."""

import orjson
import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.errors import Unavailable
from altus4_core.testing.twins.plugin import user_identity


class ByRole(Plugin):
    """A policy that asks for nothing but the role."""

    name = "by-role"

    @hookimpl
    def altus4_policies(self):
        return [self]

    async def permits(self, identity, action, resource):
        return action.role is None or identity.role == action.role


async def test_live_touches_nothing(client, memory, monkeypatch):
    async def down():
        raise Unavailable("down")

    monkeypatch.setattr(memory.store, "ping", down)
    assert (await client.get("/health/live")).status == 200
    assert (await client.get("/health")).status == 200
    response = await client.get("/health/ready")
    assert response.status == 503
    body = await response.json()
    assert body["status"] == "not ready"
    assert {"name": "metadata", "ok": False, "message": "does not answer"} in body["checks"]
    assert int(response.headers["Retry-After"]) >= 1


async def test_ready(client):
    body = await (await client.get("/health/ready")).json()
    assert body == {"status": "ready", "checks": [{"name": "metadata", "ok": True}, {"name": "draining", "ok": True}]}


async def test_status_and_health_name_the_services(client):
    for path in ("/api/v1/status", "/api/v1/health"):
        data = (await (await client.get(path)).json())["data"]
        assert data["status"] == "healthy"
        (service,) = data["services"]
        assert (service["name"], service["status"]) == ("metadata", "healthy")
        assert service["responseTime"] >= 0


async def test_status_when_all_is_down(client, memory, monkeypatch):
    async def down():
        raise Unavailable("down")

    monkeypatch.setattr(memory.store, "ping", down)
    data = (await (await client.get("/api/v1/status")).json())["data"]
    assert data["status"] == "unhealthy"


async def test_capabilities(client):
    data = (await (await client.get("/api/v1/capabilities")).json())["data"]
    assert set(data) == {"version", "pluginApi", "plugins", "searchModes", "targets", "seams", "limits"}
    assert data["pluginApi"] == "1.0"
    assert data["searchModes"] == [{"name": "memory", "plugin": "memory", "kinds": ["memory"], "options": {}}]
    assert data["targets"] == [{"kind": "memory", "plugin": "memory", "title": "Tables in memory"}]
    assert data["limits"]["bodyBytes"] == 262144


async def test_document_lists_every_operation(client, gateway_factory):
    from openapi_spec_validator import validate

    response = await client.get("/openapi.json")
    document = orjson.loads(await response.read())
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= {
        "/health", "/health/live", "/health/ready", "/api/v1/health", "/api/v1/status", "/api/v1/capabilities",
        "/api/v1/search", "/api/v1/search/suggestions", "/api/v1/memory/echo",
    }  # fmt: skip
    search = document["paths"]["/api/v1/search"]["post"]
    assert {"200", "400", "401", "403", "404", "413", "415", "422", "429", "502", "503", "504"} <= set(
        search["responses"]
    )
    assert search["security"]
    assert document["paths"]["/health"]["get"].get("security") in (None, [])


@pytest.mark.parametrize(("setting", "anonymous", "member", "admin"), [
    ("public", 200, 200, 200), ("protected", 401, 403, 200), ("off", 404, 404, 404),
])  # fmt: skip
async def test_metrics_by_setting(client_factory, memory, setting, anonymous, member, admin):
    memory.tokens["memory-root"] = user_identity("root", role="admin")
    client = await client_factory(ByRole, toml=f'[server]\nmetrics = "{setting}"\n')
    for path in ("/metrics", "/api/v1/metrics"):
        assert (await client.get(path, headers={"Authorization": ""})).status == anonymous
        assert (await client.get(path)).status == member
        assert (await client.get(path, headers={"Authorization": "Bearer memory-root"})).status == admin


@pytest.mark.parametrize("path", ["/health", "/api/v1/status", "/api/v1/search/suggestions", "/openapi.json", "/docs"])
async def test_a_slash_at_the_end_is_the_same_address(client, path):
    query = "?query=data" if path.endswith("suggestions") else ""
    plain, slashed = await client.get(path + query), await client.get(f"{path}/{query}", allow_redirects=False)
    assert plain.status == slashed.status == 200
    assert plain.content_type == slashed.content_type


async def test_a_slash_at_the_end_of_a_post(client):
    for path in ("/api/v1/search", "/api/v1/search/"):
        response = await client.post(path, json={"query": "database"}, allow_redirects=False)
        assert (await response.json())["data"]["results"]


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("DELETE", "/api/v1/search/", 405, "METHOD_NOT_ALLOWED"),
    ("GET", "/api/v1/search//", 404, "NOT_FOUND"),
    ("GET", "/nowhere/", 404, "NOT_FOUND"),
])  # fmt: skip
async def test_a_slash_at_the_end_is_no_way_around(client, method, path, status, code):
    response = await client.request(method, path, allow_redirects=False)
    assert response.status == status
    assert (await response.json())["error"]["code"] == code


async def test_the_document_has_each_operation_once(client):
    document = orjson.loads(await (await client.get("/openapi.json")).read())
    assert [path for path in document["paths"] if path.endswith("/")] == []


async def test_metrics_text(client_factory):
    client = await client_factory(toml='[server]\nmetrics = "public"\n')
    await client.post("/api/v1/search", json={"query": "database"})
    text = await (await client.get("/metrics")).text()
    lines = text.splitlines()
    assert "# TYPE altus4_http_answers_total counter" in lines
    for line in lines:
        assert line.startswith("# TYPE ") or len(line.rsplit(" ", 1)) == 2
    announced = [line for line in lines if line.startswith("# TYPE")]
    assert len(set(announced)) == len(announced)


async def test_draining_is_not_ready_and_closes_connections(listening):
    import asyncio

    async with listening() as connect:
        wire = await connect()
        await wire.request(path="/health/ready")
        assert (await wire.answer())[0] == 200
        stop = asyncio.create_task(connect.server.stop())
        await asyncio.sleep(0.05)
        await wire.request(path="/health/ready")
        status, headers, body = await wire.answer()
        assert status == 503
        assert b'"draining","ok":false' in body
        assert headers["connection"] == "close"
        assert await wire.closed()
        await stop
