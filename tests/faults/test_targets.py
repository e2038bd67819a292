"""A target's fault concerns that database only."""

import pytest

from altus4_core.stored import Database

FAULTS = {
    "raises": ("error", "TARGET_FAULT"),
    "exits": ("error", "TARGET_FAULT"),
    "cancels": ("error", "TARGET_FAULT"),
    "hangs": ("timeout", "TIMEOUT"),
    "late": ("timeout", "TIMEOUT"),
    "junk": ("error", "TARGET_FAULT"),
    "refuses": ("error", "ACCESS_DENIED"),
}
ROW = Database("strange", "user-1", "strange", "x.invalid", 1, "strange", "nobody", kind="rogue")


@pytest.mark.parametrize(("way", "expected"), FAULTS.items())
async def test_fault_is_that_databases_entry(serve, memory, way, expected):
    served = await serve({"target": way, "search-mode": "well"})
    await memory.store.databases.add(ROW)
    status, body, _ = await served.search(searchMode="rogue", timeoutMs=1000)
    assert status == 200, body
    entries = {entry["id"]: entry for entry in body["data"]["databases"]}
    assert (entries["strange"]["status"], entries["strange"]["error"]["code"]) == expected
    assert {entries["notes"]["status"], entries["quiet"]["status"]} == {"ok"}


@pytest.mark.parametrize("way", ["raises", "exits", "cancels", "junk", "inner-junk"])
async def test_description_that_fails_is_left_out(serve, way):
    served = await serve({"target": way})
    status, body, _ = await served.get("/api/v1/capabilities")
    assert status == 200
    kinds = {target["kind"]: target for target in body["data"]["targets"]}
    assert kinds["rogue"] == {"kind": "rogue", "plugin": "rogue"}
    assert kinds["memory"]["title"] == "Tables in memory"


async def test_hanging_open_does_not_outlast_the_search(serve, memory):
    """Also where it is the only database, and opening may take longer than searching."""
    import time

    served = await serve({"target": "hangs", "search-mode": "well"})
    await memory.store.databases.add(ROW)
    started = time.monotonic()
    status, body, _ = await served.search(searchMode="rogue", timeoutMs=100, databases=["strange"])
    assert time.monotonic() - started < 0.1 + 0.2
    assert status == 504, body


async def test_kind_that_nobody_opens(serve, memory):
    served = await serve({"search-mode": "well"})
    await memory.store.databases.add(ROW)
    _, body, _ = await served.search(searchMode="rogue")
    entries = {entry["id"]: entry for entry in body["data"]["databases"]}
    assert entries["strange"]["error"]["code"] == "UNKNOWN_KIND"


async def test_target_that_fails_to_close_does_not_stop_the_others(serve, memory, caplog):
    served = await serve({"target": "well", "search-mode": "well"})
    await memory.store.databases.add(ROW)
    _, body, _ = await served.search(searchMode="rogue")
    assert body["data"]["complete"] is True
    await served.gateway.targets.aclose()
    assert [target.closed for target in memory.targets.opened] == [1, 1]
    assert "target strange failed to close" in caplog.text
