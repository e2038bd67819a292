"""Any False, any fault, or all abstaining: 403."""

import pytest

from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import MemoryPlugin

FAULTS = ["raises", "exits", "cancels", "hangs", "late", "junk", "inner-junk"]


@pytest.mark.parametrize("way", [*FAULTS, "denies"])
async def test_fault_or_no_is_403_although_another_says_yes(serve, way):
    served = await serve({"policy": way})
    status, body, _ = await served.search()
    assert (status, body["error"]["code"]) == (403, "INSUFFICIENT_PERMISSIONS")
    assert sum(served.faults().values()) == (0 if way == "denies" else 1)
    assert await served.alive()


async def test_abstaining_leaves_it_to_the_others(serve):
    served = await serve({"policy": "abstains"})
    assert (await served.search())[0] == 200


async def test_all_abstaining_is_403(serve):
    quiet = MemoryPlugin(MemoryStore(), leave_out=["policy"])
    served = await serve({"policy": "abstains"}, memory=quiet)
    assert (await served.search())[0] == 403


async def test_no_policy_at_all_is_403(serve):
    served = await serve({}, memory=MemoryPlugin(MemoryStore(), leave_out=["policy"]))
    assert (await served.search())[0] == 403
