"""Envelopes, headers and refusals that all operations share."""

import re

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.errors import TooManyRequests, Unavailable
from altus4_core.routing import Reply, Route

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
PROBLEM = "application/problem+json"


class Failing(Plugin):
    name = "failing"

    @hookimpl
    def altus4_routes(self):
        async def busy(call):
            raise Unavailable("Busy.", retry_after=2.1)

        async def away(call):
            raise Unavailable("Away.")

        async def much(call):
            raise TooManyRequests("Too much.", retry_after=0.2)

        async def cookie(call):
            return Reply({"a": None, "b": []}, 201, {"X-More": "yes"}, {"token": "t"}, ({"name": "c", "value": "v"},))

        return [
            Route("GET", "/api/v1/busy", busy, "Busy."),
            Route("GET", "/api/v1/away", away, "Away."),
            Route("GET", "/api/v1/much", much, "Much."),
            Route("GET", "/api/v1/cookie", cookie, "Cookie."),
        ]


async def test_success(client):
    response = await client.get("/api/v1/status")
    body = await response.json()
    assert set(body) == {"success", "data", "meta"}
    assert body["success"] is True
    assert UUID.match(body["meta"]["requestId"])
    assert TIME.match(body["meta"]["timestamp"])
    assert body["meta"]["version"] == body["data"]["version"]
    assert response.headers["X-Request-ID"] == body["meta"]["requestId"]


async def test_health_has_no_envelope(client):
    body = await (await client.get("/health")).json()
    assert body["status"] == "healthy"
    assert TIME.match(body["timestamp"])
    assert body["uptime"] >= 0
    assert "success" not in body


async def test_reply_with_more_than_data(client_factory):
    client = await client_factory(Failing)
    response = await client.get("/api/v1/cookie")
    body = await response.json()
    assert response.status == 201
    assert body["token"] == "t"
    assert body["data"]["b"] == []
    assert response.headers["X-More"] == "yes"
    assert response.cookies["c"].value == "v"


@pytest.mark.parametrize("given", ["abc", "A-b_c.9", "x" * 64])
async def test_good_request_id_is_kept(client, given):
    response = await client.get("/nowhere", headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] == given
    assert (await response.json())["meta"]["requestId"] == given


@pytest.mark.parametrize("given", ["", " ", "x" * 65, "a b", "a/b", "<script>", "\u00e4", "a;b"])
async def test_bad_request_id_is_replaced(client, given):
    response = await client.get("/health", headers={"X-Request-ID": given})
    assert UUID.match(response.headers["X-Request-ID"])


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/nowhere", 404, "NOT_FOUND"), ("/api/v1/search/nowhere", 404, "NOT_FOUND")],
)
async def test_unknown_address(client, path, status, code):
    for method in ("GET", "POST", "DELETE"):
        response = await client.request(method, path)
        assert response.status == status
        body = await response.json()
        assert set(body) == {"success", "error", "meta"}
        assert (body["success"], body["error"]["code"]) == (False, code)


async def test_wrong_method(client):
    response = await client.delete("/api/v1/search")
    assert response.status == 405
    assert (await response.json())["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert set(response.headers["Allow"].split(", ")) >= {"GET", "POST"}


async def test_problem_json(client):
    response = await client.post("/api/v1/search", json={"query": "x", "limti": 3}, headers={"Accept": PROBLEM})
    assert response.status == 400
    assert response.content_type == PROBLEM
    body = await response.json()
    assert (body["type"], body["title"], body["status"]) == ("about:blank", "Bad Request", 400)
    assert body["code"] == "VALIDATION_ERROR"
    assert body["requestId"] == response.headers["X-Request-ID"]
    assert body["details"][0]["field"] == "limti"
    assert "'limit'" in body["details"][0]["message"]


async def test_problem_json_of_what_is_not_ours(client):
    response = await client.get("/nowhere", headers={"Accept": f"text/html, {PROBLEM};q=0.9"})
    assert (response.status, response.content_type) == (404, PROBLEM)


@pytest.mark.parametrize(("path", "status", "seconds"), [("busy", 503, "3"), ("away", 503, "1"), ("much", 429, "1")])
async def test_retry_after_is_whole_seconds_rounded_up(client_factory, path, status, seconds):
    response = await (await client_factory(Failing)).get(f"/api/v1/{path}")
    assert (response.status, response.headers["Retry-After"]) == (status, seconds)


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/docs", "/api/v1/search", "/openapi.json"])
async def test_security_headers_are_everywhere(client, path):
    headers = (await client.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "altus4"
    assert "total;dur=" in headers["Server-Timing"]


async def test_pages_have_a_content_security_policy(client):
    for path in ("/", "/docs"):
        response = await client.get(path)
        assert response.content_type == "text/html"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


async def test_server_timing_shows_access(client):
    response = await client.post("/api/v1/search", json={"query": "database"})
    stages = [part.split(";")[0].strip() for part in response.headers["Server-Timing"].split(",")]
    assert stages[0] == "access"
    assert stages[-1] == "total"


ORIGIN = "https://app.example"
CORS = f'[server]\ncors_origins = ["{ORIGIN}"]\n'


async def test_cors_for_a_listed_origin(client_factory):
    client = await client_factory(toml=CORS)
    response = await client.post("/api/v1/search", json={"query": "database"}, headers={"Origin": ORIGIN})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert "X-RateLimit-Remaining" in response.headers["Access-Control-Expose-Headers"]
    assert "Origin" in response.headers["Vary"]


async def test_cors_on_failures_too(client_factory):
    client = await client_factory(toml=CORS)
    response = await client.get("/nowhere", headers={"Origin": ORIGIN})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{ORIGIN}.evil.example", "http://app.example"])
async def test_no_cors_for_others(client_factory, origin):
    client = await client_factory(toml=CORS)
    response = await client.get("/health", headers={"Origin": origin})
    assert not [name for name in response.headers if name.startswith("Access-Control")]
    assert "Origin" in response.headers["Vary"]


async def test_preflight(client_factory):
    client = await client_factory(toml=CORS)
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Authorization": ""}
    response = await client.options("/api/v1/search", headers=asked)
    assert response.status == 204
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    other = await client.options("/api/v1/search", headers={**asked, "Origin": "https://evil.example"})
    assert not [name for name in other.headers if name.startswith("Access-Control")]
