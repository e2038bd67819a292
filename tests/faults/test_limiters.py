"""A fault allows or denies, as `limits.on_fault` says, and is counted."""

import pytest
from faulty import rogue_toml

FAULTS = ["raises", "exits", "cancels", "hangs", "late", "junk", "inner-junk"]


@pytest.mark.parametrize("way", FAULTS)
@pytest.mark.parametrize(("on_fault", "expected"), [("allow", 200), ("deny", 503)])
async def test_fault(serve, way, on_fault, expected):
    served = await serve(toml=rogue_toml({"limiter": way}, f'[limits]\non_fault = "{on_fault}"'))
    status, body, headers = await served.search()
    assert status == expected, body
    if expected == 503:
        assert body["error"]["code"] == "LIMITER_UNAVAILABLE"
        assert int(headers["Retry-After"]) >= 1
    assert sum(served.faults().values()) == 1
    if expected == 200:
        _, figures, _ = await served.get("/api/v1/metrics")
        (sample,) = [
            metric
            for metric in figures["data"]["metrics"]
            if metric["name"] == "altus4_plugin_faults_total" and metric["labels"]["seam"] == "limiter"
        ]
        assert (sample["labels"]["plugin"], sample["value"] >= 1) == ("rogue", True)


async def test_refusal_is_429_with_its_figures(serve):
    served = await serve({"limiter": "refuses"})
    status, body, headers = await served.search()
    assert (status, body["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert headers["Retry-After"] == "10"  # 9.2 s, rounded up
    assert headers["X-RateLimit-Limit"] == "5"
    assert headers["X-RateLimit-Tier"] == "free"


async def test_the_tightest_verdict_is_shown(serve):
    served = await serve({"limiter": "well"})
    _, _, headers = await served.search()
    assert headers["X-RateLimit-Remaining"] == "1"
    assert headers["RateLimit"].startswith('"default";r=1')
