"""Unknown mode: 400 listing the modes; a fault: that database's entry says so."""

import time

import pytest

FAULTS = {
    "raises": ("error", "MODE_FAULT"),
    "exits": ("error", "MODE_FAULT"),
    "cancels": ("error", "MODE_FAULT"),
    "hangs": ("timeout", "TIMEOUT"),
    "late": ("timeout", "TIMEOUT"),
    "junk": ("error", "MODE_FAULT"),
    "inner-junk": ("error", "MODE_FAULT"),
    "unsendable": ("error", "MODE_FAULT"),
}


@pytest.mark.parametrize(("way", "expected"), FAULTS.items())
async def test_fault_is_that_databases_entry(serve, way, expected):
    served = await serve({"search-mode": way})
    started = time.monotonic()
    status, body, _ = await served.search(searchMode="rogue", timeoutMs=300)
    assert time.monotonic() - started < 0.3 + 0.4
    assert status == 200, body
    entries = {entry["id"]: entry for entry in body["data"]["databases"]}
    assert (entries["notes"]["status"], entries["notes"]["error"]["code"]) == expected
    assert entries["quiet"]["status"] == "ok"
    assert [result["id"] for result in body["data"]["results"]] == ["quiet:t:1"]
    assert body["data"]["complete"] is False
    assert sum(served.faults().values()) == 1


@pytest.mark.parametrize(("way", "expected"), FAULTS.items())
async def test_all_failed(serve, way, expected):
    served = await serve({"search-mode": way})
    status, body, _ = await served.search(searchMode="rogue", timeoutMs=300, databases=["notes"])
    assert status == (504 if expected[0] == "timeout" else 502)
    assert body["error"]["details"] == [{"id": "notes", "status": expected[0], "code": expected[1]}]


async def test_partial_fail_turns_a_fault_into_502(serve):
    served = await serve({"search-mode": "raises"})
    status, body, _ = await served.search(searchMode="rogue", partial="fail")
    assert (status, body["error"]["code"]) == (502, "SEARCH_FAILED")


async def test_other_modes_are_untouched(serve):
    served = await serve({"search-mode": "raises"})
    await served.search(searchMode="rogue")
    status, body, _ = await served.search(searchMode="memory")
    assert status == 200
    assert body["data"]["complete"] is True


async def test_unknown_mode_lists_the_modes(serve):
    served = await serve({"search-mode": "well"})
    status, body, _ = await served.search(searchMode="rouge")
    assert (status, body["error"]["code"]) == (400, "VALIDATION_ERROR")
    (detail,) = body["error"]["details"]
    assert detail["field"] == "searchMode"
    assert "rogue, memory" in detail["message"]


async def test_capabilities_show_the_mode(serve):
    served = await serve({"search-mode": "raises"})
    _, body, _ = await served.get("/api/v1/capabilities")
    assert [mode["name"] for mode in body["data"]["searchModes"]] == ["rogue", "memory"]
