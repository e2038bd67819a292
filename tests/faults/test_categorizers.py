"""A categorizer that fails: the answer goes out without its categories, with a warning; paused when it fails again."""

import pytest

FAULTS = {
    "raises": "raised",
    "exits": "raised",
    "cancels": "raised",
    "hangs": "timeout",
    "late": "timeout",
    "junk": "wrong-type",
    "inner-junk": "wrong-type",
    "unsendable": "wrong-type",
}


@pytest.mark.parametrize(("way", "kind"), FAULTS.items())
async def test_fault_is_a_warning(serve, way, kind):
    served = await serve({"categorizer": way})
    status, body, _ = await served.search(searchMode="memory")
    assert status == 200, body
    data = body["data"]
    assert {category["source"] for category in data["categories"]} == {"by-table"}  # the others' are there
    assert len(data["results"]) == 6
    (warning,) = [warning for warning in data["warnings"] if warning["code"] == "ENRICHMENT_FAILED"]
    assert (warning["provider"], warning["reason"]) == ("rogue", kind)


async def test_paused_after_repeated_faults(serve):
    served = await serve({"categorizer": "raises"})
    for _ in range(5):
        await served.search(searchMode="memory")
    _, body, _ = await served.search(searchMode="memory")
    assert [warning["code"] for warning in body["data"]["warnings"]] == ["ENRICHMENT_PAUSED"]
    assert served.plugin().asked == ["categorizer"] * 5


async def test_not_asked_when_nobody_wants_categories(serve):
    served = await serve({"categorizer": "raises"})
    _, body, _ = await served.search(searchMode="memory", categories=False)
    assert (body["data"]["categories"], body["data"]["warnings"]) == ([], [])
    assert served.plugin().asked == []
