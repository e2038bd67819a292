"""A handler's fault: 500, the plugin named in the log; a path claimed twice: start refused unless preferred."""

import pytest
from faulty import problems_of, rogue_toml

TWINS = 'enable = ["twin-one", "twin-two"]\n'
CORE = 'enable = ["core-claims"]\n'


@pytest.mark.parametrize("way", ["raises", "exits", "cancels", "junk", "inner-junk"])
@pytest.mark.parametrize("path", ["/api/v1/rogue", "/api/v1/rogue/public"])
async def test_handler_fault_is_500(serve, caplog, way, path):
    served = await serve({"route": way})
    status, body, headers = await served.get(path)
    assert (status, body["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert body["meta"]["requestId"] == headers["X-Request-ID"]
    assert "in plugin rogue" in caplog.text
    assert await served.alive()
    assert (await served.search(searchMode="memory"))[0] == 200


async def test_handler_that_hangs_is_504(serve):
    toml = rogue_toml({"route": "hangs"}, "[server]\nrequest_timeout = 0.2")
    served = await serve(toml=toml)
    status, body, _ = await served.get("/api/v1/rogue")
    assert (status, body["error"]["code"]) == (504, "TIMEOUT")


def test_path_claimed_twice(compose):
    lines = [line for line in problems_of(compose(TWINS)) if "route" in line]
    assert len(lines) == 2
    for line in lines:
        assert "twin-one (altus4-misbehaving 6.6.6), twin-two (altus4-misbehaving 6.6.6)" in line
        assert '[prefer] "route.GET /api/v1/twins' in line


async def test_preferred_claim_wins(serve, client_factory):
    prefer = (
        '[prefer]\n"route.GET /api/v1/twins" = "twin-two"\n"route.GET /api/v1/twins/{id}" = "twin-two"\n'
        '"categorizer.by-mood" = "twin-one"\n"command.twins" = "twin-one"\n'
    )
    served = await serve(toml=TWINS + prefer)
    assert (await served.get("/api/v1/twins"))[1]["data"] == {"owner": "twin-two"}
    assert (await served.get("/api/v1/twins/7"))[1]["data"] == {"owner": "twin-two"}
    _, body, _ = await served.search(searchMode="memory")
    assert {c["name"] for c in body["data"]["categories"] if c["source"] == "by-mood"} == {"twin-one"}


def test_path_of_the_core_is_refused(compose):
    (line,) = [line for line in problems_of(compose(CORE)) if "route" in line]
    assert "POST /api/v1/search" in line
    assert "core-claims (altus4-misbehaving 6.6.6)" in line


async def test_path_of_the_core_can_be_preferred(serve):
    prefer = '[prefer]\n"route.POST /api/v1/search" = "core-claims"\n"command.plugins" = "core"\n'
    served = await serve(toml=CORE + prefer)
    _, body, _ = await served.search()
    assert body["data"] == {"hijacked": True}
