"""`Rejected`: 401; any other fault or a late answer: 503, never the next scheme."""

import pytest

FAULTS = {
    "raises": "raised",
    "exits": "raised",
    "cancels": "raised",
    "hangs": "timeout",
    "late": "timeout",
    "junk": "wrong-type",
    "inner-junk": "wrong-type",
}


@pytest.mark.parametrize(("way", "kind"), FAULTS.items())
async def test_fault_is_503_and_the_next_scheme_is_not_asked(serve, memory, monkeypatch, way, kind):
    served = await serve({"auth-scheme": way})
    asked = []
    entry = served.gateway.composition.named("auth-scheme", "memory")
    original = type(entry.provider).authenticate

    async def watched(self, request):
        asked.append(request)
        return await original(self, request)

    monkeypatch.setattr(type(entry.provider), "authenticate", watched)
    status, body, headers = await served.search()  # with a token that the next scheme knows
    assert (status, body["error"]["code"]) == (503, "AUTHENTICATION_UNAVAILABLE")
    assert int(headers["Retry-After"]) >= 1
    assert asked == []
    assert served.faults() == {kind: 1}
    assert await served.alive()


async def test_rejected_is_401_and_the_next_scheme_is_not_asked(serve):
    served = await serve({"auth-scheme": "rejects"})
    status, body, headers = await served.search()
    assert (status, body["error"]["code"]) == (401, "INVALID_TOKEN")
    assert headers["WWW-Authenticate"] == "Bearer"
    assert served.faults() == {}


async def test_abstaining_leaves_it_to_the_next_scheme(serve):
    served = await serve({"auth-scheme": "abstains"})
    status, body, _ = await served.search()
    assert status == 200, body
    assert served.plugin().asked == ["auth-scheme"]


async def test_public_operations_ask_no_scheme(serve):
    served = await serve({"auth-scheme": "raises"})
    for path in ("/health", "/health/live", "/api/v1/status", "/api/v1/capabilities", "/openapi.json"):
        status, _, _ = await served.get(path)
        assert status == 200, path
    assert served.plugin().asked == []
