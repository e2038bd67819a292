"""A factory that fails or exceeds its deadline: start refused; a ping that fails: not ready, 503 naming it."""

import time

import pytest
from faulty import SECRET, rogue_toml

from altus4_core.errors import StartupRefused, Unavailable
from altus4_core.store import MetadataStore

FAULTS = ["raises", "exits", "cancels", "hangs", "junk", "inner-junk"]


@pytest.mark.parametrize("way", FAULTS)
async def test_factory_fault_refuses_the_start(compose, way):
    gateway = compose(rogue_toml({"service": way}))
    started = time.monotonic()
    with pytest.raises(StartupRefused) as caught:
        await gateway.start()
    assert time.monotonic() - started < 2
    (problem,) = caught.value.problems
    assert problem.who == "rogue"
    assert "greeter of rogue" in problem.line()
    assert SECRET not in problem.line()
    # What had been started is closed again.
    with pytest.raises(Unavailable):
        gateway.registry.get(MetadataStore)


async def test_all_failing_factories_are_reported_together(compose):
    toml = rogue_toml({"service": "raises"}, enable='["rogue", "rogue-two"]')
    gateway = compose(f'{toml}\n[plugins.rogue-two.seams]\nservice = "hangs"\n')
    with pytest.raises(StartupRefused) as caught:
        await gateway.start()
    assert [problem.who for problem in caught.value.problems] == ["rogue", "rogue-two"]
    assert "within 0.2 s" in caught.value.problems[1].line()


@pytest.mark.parametrize("way", ["raises", "exits", "cancels", "hangs", "late"])
async def test_ping_fault_is_not_ready(serve, way):
    served = await serve(toml=rogue_toml({"service": "well"}, ping=way))
    started = time.monotonic()
    status, body, headers = await served.get("/health/ready")
    assert time.monotonic() - started < 1
    assert status == 503
    assert int(headers["Retry-After"]) >= 1
    assert {check["name"]: check["ok"] for check in body["checks"]} == {
        "greeter of rogue": False,
        "metadata": True,
        "draining": True,
    }
    assert (await served.client.get("/health/live")).status == 200
    _, body, _ = await served.get("/api/v1/status")
    assert body["data"]["status"] == "degraded"
    states = {service["name"]: service["status"] for service in body["data"]["services"]}
    assert states == {"greeter of rogue": "unhealthy", "metadata": "healthy"}
    assert (await served.search(searchMode="memory"))[0] == 200


async def test_ready_when_the_ping_recovers(serve):
    served = await serve(toml=rogue_toml({"service": "well"}))
    assert (await served.get("/health/ready"))[0] == 200


@pytest.mark.parametrize("way", ["raises", "exits", "cancels"])
async def test_closing_fault_does_not_keep_the_others(compose, memory, way):
    gateway = compose(rogue_toml({"service": "well"}, close=way))
    await gateway.start()
    await gateway.stop()
    with pytest.raises(Unavailable):
        gateway.registry.get(MetadataStore)
