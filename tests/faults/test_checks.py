"""A check that fails becomes an error finding."""

import pytest

from altus4_core.cli.doctor import examine
from altus4_core.records import Severity

FAULTS = ["raises", "exits", "cancels", "hangs", "late", "junk", "inner-junk"]


@pytest.mark.parametrize("way", FAULTS)
async def test_fault_is_an_error_finding(compose, way):
    from faulty import rogue_toml

    findings = {finding.name: finding for finding in await examine(compose(rogue_toml({"check": way})))}
    assert findings["rogue"].severity is Severity.ERROR
    assert findings["all-is-well"].severity is Severity.OK


@pytest.mark.parametrize("way", FAULTS)
async def test_fault_is_not_ready_where_the_check_counts_for_readiness(serve, way):
    served = await serve({"check": way})
    status, body, _ = await served.get("/health/ready")
    assert status == 503
    assert {check["name"]: check["ok"] for check in body["checks"]}["rogue"] is False


async def test_ready_when_it_is_fine(serve):
    served = await serve({"check": "well"})
    assert (await served.get("/health/ready"))[0] == 200
