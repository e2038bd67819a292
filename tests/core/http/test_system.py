"""Health, readiness, status, metrics, capabilities and the document."""

import pytest

from altus4_core.errors import Unavailable


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
    import orjson
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
    ("public", 200, 200, 200), ("protected", 401, 200, 200), ("off", 404, 404, 404),
])  # fmt: skip
async def test_metrics_by_setting(client_factory, setting, anonymous, member, admin):
    client = await client_factory(toml=f'[server]\nmetrics = "{setting}"\n')
    for path in ("/metrics", "/api/v1/metrics"):
        assert (await client.get(path, headers={"Authorization": ""})).status == anonymous
        assert (await client.get(path)).status == admin


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
