"""A suggester's fault is treated like a categorizer's."""

import pytest

PATH = "/api/v1/search/suggestions?query=data"
FAULTS = ["raises", "exits", "cancels", "hangs", "late", "junk", "inner-junk", "unsendable"]


@pytest.fixture
def memory(tmp_path):
    from altus4_core.testing.memory import MemoryStore
    from altus4_core.testing.pytest_plugin import NOTES
    from altus4_core.testing.twins.plugin import MemoryPlugin

    return MemoryPlugin(MemoryStore(), NOTES, words=["database", "databases"])


@pytest.mark.parametrize("way", FAULTS)
async def test_fault_leaves_the_others(serve, way):
    served = await serve({"suggester": way})
    status, body, _ = await served.get(PATH)
    assert status == 200, body
    assert [suggestion["text"] for suggestion in body["data"]["suggestions"]] == ["database", "databases"]
    assert sum(served.faults().values()) == 1


async def test_paused_after_repeated_faults(serve):
    served = await serve({"suggester": "raises"})
    for _ in range(8):
        assert (await served.get(PATH))[0] == 200
    assert served.plugin().asked == ["suggester"] * 5


@pytest.mark.parametrize("way", FAULTS)
async def test_fault_in_a_search_with_few_results(serve, way):
    served = await serve({"suggester": way})
    status, body, _ = await served.search(query="dat")
    assert status == 200, body
    assert body["data"]["results"] == []
    assert [suggestion["text"] for suggestion in body["data"]["suggestions"]] == ["database", "databases"]
    assert "ENRICHMENT_FAILED" in {warning["code"] for warning in body["data"]["warnings"]}
