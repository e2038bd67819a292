"""A fusion's fault: that search is a 502, others are untouched."""

import pytest
from faulty import problems_of, rogue_toml

CHOSEN = '[search]\nfusion = "rogue"'


@pytest.mark.parametrize("way", ["raises", "exits", "cancels", "junk", "inner-junk"])
async def test_fault_is_502(serve, way):
    served = await serve(toml=rogue_toml({"fusion": way}, CHOSEN))
    status, body, _ = await served.search(searchMode="memory")
    assert (status, body["error"]["code"]) == (502, "FUSION_FAILED")
    assert sum(served.faults().values()) == 1
    # Nothing to merge, nothing to fail at.
    assert (await served.search(query="xqzvwkjq", searchMode="memory"))[0] == 200
    assert await served.alive()


async def test_one_that_is_not_chosen_does_no_harm(serve):
    served = await serve({"fusion": "raises"})
    assert (await served.search(searchMode="memory"))[0] == 200
    assert served.plugin().asked == []


def test_one_that_nobody_offers_refuses_the_start(compose):
    gateway = compose(rogue_toml({"fusion": "well"}, '[search]\nfusion = "rouge"'))
    (line,) = problems_of(gateway)
    assert "search.fusion" in line
    assert "rouge" in line
    assert "'rogue'" in line
