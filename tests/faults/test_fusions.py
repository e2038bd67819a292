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


@pytest.mark.parametrize("way", ["raises", "exits", "cancels", "junk", "inner-junk"])
async def test_a_fault_of_its_arithmetic_costs_the_arithmetic_alone(serve, way):
    served = await serve(toml=rogue_toml({"fusion": "well", "arithmetic": way}, CHOSEN))
    status, body, _ = await served.search(searchMode="memory", explain=True)
    assert status == 200
    results = body["data"]["results"]
    assert results
    assert all(set(result["explain"]["fusion"]) == {"method", "weight", "rank", "score"} for result in results)
    assert sum(served.faults().values()) == 1
    well = await serve(toml=rogue_toml({"fusion": "well"}, CHOSEN))
    _, body, _ = await well.search(searchMode="memory", explain=True)
    assert {result["explain"]["fusion"]["formula"] for result in body["data"]["results"]} == {"rank"}


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
