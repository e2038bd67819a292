"""An outsider's plugin in a served gateway: every hook once, over HTTP and on the command line."""

import json

import pytest
from commandline import altus4

from altus4_core.composing.seamtable import seam_table
from altus4_core.migrate.plan import read_files
from altus4_core.stored import Database

TOML = """
enable = ["outside"]
[plugins.outside]
folder = "%s"
trusted = ["127.0.0.1"]
cache_seconds = 60
requests_per_minute = 20
[search]
default_mode = "prefix"
[events]
interval_ms = 5
"""
ANN = {"X-Authenticated-User": "ann", "Authorization": ""}


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "files" / "shelf"
    folder.mkdir(parents=True)
    (folder / "poems.txt").write_text("a database is a rose\ndata and dates\nnothing here\n")
    return folder.parent


@pytest.fixture
def gateway(gateway_factory, shelf, held_clock):
    return gateway_factory(toml=TOML % shelf, installed=True, clock=held_clock)


@pytest.fixture
async def client(client_factory, gateway, memory):
    row = Database("d-1", "ann", "shelf", "nowhere.invalid", 1, "shelf", "nobody", kind="text-files")
    await memory.store.databases.add(row)
    return await client_factory(gateway=gateway)


def test_every_hook_is_used(gateway):
    assert [problem.line() for problem in gateway.problems()] == []
    offered = {
        seam for seam, entries in gateway.composition.entries.items() if any(e.plugin == "outside" for e in entries)
    }
    assert offered == {spec.name for spec in seam_table()}
    assert gateway.composition.named("search-mode", "prefix").wraps == ("outside",)
    plugin = gateway.composition.plugins[0]
    assert (plugin.distribution, plugin.version) == ("altus4-outside", "1.2.3")


async def test_search(client, gateway, shelf):
    for _ in range(2):  # the second from the wrap's cache
        response = await client.post("/api/v1/search", json={"query": "dat"}, headers=ANN)
        assert response.status == 200, await response.text()
        data = (await response.json())["data"]
        assert [result["id"] for result in data["results"]] == ["d-1:poems:2", "d-1:poems:1"]
        assert {"name": "D", "count": 1, "confidence": 1.0, "source": "first-letter"} in data["categories"]
    assert response.headers["X-RateLimit-Limit"] == "20"
    assert "dats" in [suggestion["text"] for suggestion in data["suggestions"]]
    await gateway.events.stop()
    lines = [json.loads(line) for line in (shelf / "events.jsonl").read_text().splitlines()]
    assert [line["payload"]["query"] for line in lines] == ["dat", "dat"]


async def test_cache_is_asked(client, gateway):
    wrap = gateway.composition.named("search-mode", "prefix").provider
    for _ in range(3):
        await client.post("/api/v1/search", json={"query": "dat"}, headers=ANN)
    assert wrap.hits == 2


async def test_a_stranger_is_rejected(client_factory, gateway_factory, shelf):
    stranger = await client_factory(
        gateway=gateway_factory(toml=(TOML % shelf).replace("127.0.0.1", "192.0.2.1"), installed=True)
    )
    response = await stranger.post("/api/v1/search", json={"query": "dat"}, headers=ANN)
    assert response.status == 401


async def test_closed_at_night(client_factory, gateway_factory, shelf, held_clock):
    toml = TOML % shelf + "\n"
    toml = toml.replace("cache_seconds", "opens = 18\ncache_seconds")
    client = await client_factory(gateway=gateway_factory(toml=toml, installed=True, clock=held_clock))
    assert (await client.post("/api/v1/search", json={"query": "dat"}, headers=ANN)).status == 403
    held_clock.advance(6 * 3600)
    assert (await client.post("/api/v1/search", json={"query": "dat"}, headers=ANN)).status == 200


async def test_limit(client, held_clock):
    for _ in range(20):
        assert (await client.post("/api/v1/outside/visits", json={"page": "home"}, headers=ANN)).status == 201
    response = await client.post("/api/v1/outside/visits", json={"page": "home"}, headers=ANN)
    assert response.status == 429
    assert response.headers["Retry-After"] == "60"
    held_clock.advance(60)
    assert (await client.post("/api/v1/outside/visits", json={"page": "home"}, headers=ANN)).status == 201


async def test_routes_and_their_document(client):
    response = await client.post("/api/v1/outside/visits", json={"page": "home"}, headers=ANN)
    assert (await response.json())["data"] == {"page": "home", "visitCount": 1}
    response = await client.get("/api/v1/outside/visits/home", headers=ANN)
    assert (await response.json())["data"] == {"page": "home", "visitCount": 1}
    assert (await client.get("/api/v1/outside/visits/nowhere", headers=ANN)).status == 404
    assert (await client.post("/api/v1/outside/visits", json={"page": ""}, headers=ANN)).status == 400
    document = await (await client.get("/openapi.json")).json()
    assert document["paths"]["/api/v1/outside/visits"]["post"]["x-plugin"] == "outside"


async def test_service_is_part_of_readiness(client, gateway):
    from altus4_outside.visits import Visits

    assert (await client.get("/health/ready")).status == 200
    await gateway.registry.get(Visits).aclose()
    response = await client.get("/health/ready")
    assert response.status == 503
    assert {"name": "visits", "ok": False, "message": "does not answer"} in (await response.json())["checks"]


async def test_capabilities(client):
    data = (await (await client.get("/api/v1/capabilities")).json())["data"]
    assert {"name": "outside", "version": "1.2.3"} in data["plugins"]
    mode = next(mode for mode in data["searchModes"] if mode["name"] == "prefix")
    assert mode["kinds"] == ["text-files"]
    assert "case" in mode["options"]["properties"]


def test_migrations_are_recorded_under_its_name(gateway):
    files = read_files([entry.provider for entry in gateway.composition.of("migrations")])
    assert "outside/001_create_bookmarks" in [file.filename for file in files]


def test_command(outside, tmp_path):
    done = altus4("greet", "Ann", folder=tmp_path, toml='enable = ["outside"]\n', site=outside).clear()
    assert (done.code, done.out) == (0, "Hello, Ann\n")


def test_plugins_json(outside, tmp_path):
    toml = 'enable = ["outside"]\n[plugins.outside]\ncache_seconds = 1\n'
    done = altus4("plugins", "--json", folder=tmp_path, toml=toml, site=outside).clear()
    assert done.code == 0, done
    report = json.loads(done.out)
    plugin = report["plugins"][0]
    assert (plugin["name"], plugin["status"], plugin["version"]) == ("outside", "loaded", "1.2.3")
    assert set(plugin["provides"]) == {spec.name for spec in seam_table()}
    assert report["wraps"] == [
        {"seam": "search-mode", "provider": "prefix", "plugin": "outside", "wrappedBy": ["outside"]}
    ]
    assert report["problems"] == []


def test_doctor_runs_its_check(outside, tmp_path):
    toml = 'enable = ["outside"]\n[plugins.outside]\nfolder = "missing"\n'
    done = altus4("doctor", folder=tmp_path, toml=toml, site=outside).clear()
    assert done.code == 1
    assert "make it, or set plugins.outside.folder" in done.out


def test_a_distribution_that_is_not_enabled_is_not_imported(outside, tmp_path):
    done = altus4("plugins", "--json", folder=tmp_path, toml="enable = []\n", site=outside).clear()
    states = {plugin["name"]: plugin["status"] for plugin in json.loads(done.out)["plugins"]}
    assert states["outside"] == "found"
