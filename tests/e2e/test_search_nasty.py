"""No 500, ever: queries and bodies that nobody should have to think of, through every operation that searches."""

import json
import runpy
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from house import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import World

CORPUS: tuple[str, ...] = (
    *runpy.run_path(str(ROOT / "plugins" / "search-fulltext" / "tests" / "nasty.py"))["CORPUS"],
    "\u202etxet desrever\u202c", "\u2066garden\u2069", "a\u0301" * 200, "\U0010ffff", "\ud7ff\ue000", "garden\u0000",
    " \t\n ", "\u3000", "garden" + "\u200d" * 400, "🏳️‍🌈" * 80, "ﷺ" * 100, "שלום (garden) عليكم", "💥 AND 💥", "\\u0000",
    "garden:title", "title:(garden)", "/garden/", "garden^2", "garden~1", "{garden TO mysql}", "_exists_:title",
)  # fmt: skip
PER_BATCH = 20
ALLOWED = {200, 400, 422}


def batches(world: World, searches: Sequence[dict[str, Any]]) -> Counter[int]:
    statuses: Counter[int] = Counter()
    for start in range(0, len(searches), PER_BATCH):
        part = searches[start : start + PER_BATCH]
        answer = world.gateway.request("POST", "/api/v1/search/batch", {"searches": part}, world.ann)
        assert answer.status == 200, answer.raw
        for search, entry in zip(part, answer.data["results"], strict=True):
            assert entry["status"] in ALLOWED, (search, entry)
            statuses[entry["status"]] += 1
            if entry["status"] == 200:
                assert entry["data"]["complete"] is True, (search, entry)
            else:
                assert entry["error"]["code"] in {
                    "VALIDATION_ERROR", "INVALID_BOOLEAN_QUERY", "QUERY_TOO_EXPENSIVE"
                }, (search, entry)  # fmt: skip
    return statuses


def test_the_corpus_is_large() -> None:
    assert len(set(CORPUS)) >= 200


@pytest.mark.parametrize(
    "more",
    [{}, {"ranking": "mysql", "explain": True}, {"searchMode": "boolean"}, {"fusion": {"method": "globalIdf"}}],
    ids=str,
)
def test_the_corpus_is_answered_or_refused_in_the_documented_ways(world: World, more: dict[str, Any]) -> None:
    statuses = batches(world, [{"query": query, **more} for query in CORPUS])
    assert statuses[200] > 200


@pytest.mark.parametrize("path", ["analyze", "explain"])
def test_neither_is_it_too_much_for_other_operations(world: World, path: str) -> None:
    for place, query in enumerate(CORPUS):
        if place % 4:
            continue
        body = {"query": query, "searchMode": "boolean" if place % 8 else "natural"}
        if path == "explain":
            body["missing"] = f"{world.library}:articles:{query}"
        answer = world.gateway.request("POST", f"/api/v1/search/{path}", body, world.ann)
        assert answer.status in ALLOWED, (query, answer.raw)


def test_nor_for_the_query_string(world: World) -> None:
    for place, query in enumerate(CORPUS):
        if place % 5:
            continue
        answer = world.gateway.get(f"/api/v1/search?q={quote(query)}", world.ann)
        assert answer.status in ALLOWED, (query, answer.raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = {
    "query": st.text(max_size=60) | st.sampled_from(CORPUS),
    "databases": st.lists(st.text(max_size=10), max_size=2),
    "tables": st.lists(st.sampled_from(["articles", "products", "unindexed", "no", "`", "%s"]), max_size=3),
    "columns": st.lists(st.sampled_from(["title", "content", "name", "price", "no", "`", "%s", ""]), max_size=3),
    "searchMode": st.sampled_from(["natural", "boolean", "semantic", "", "x"]),
    "limit": st.integers(-1, 101),
    "offset": st.integers(-1, 1001),
    "totals": st.sampled_from(["exact", "estimated", "none"]),
    "timeoutMs": st.integers(9, 20_000),
    "partial": st.sampled_from(["allow", "fail"]),
    "ranking": st.sampled_from(["bm25", "mysql", "x"]),
    "fusion": st.fixed_dictionaries(
        {}, optional={"method": st.sampled_from(["rrf", "relative", "globalIdf", "x"]), "weights": JSON}
    ),
    "explain": st.booleans(),
    "suggestions": st.sampled_from(["auto", "always", "none"]),
    "cache": st.sampled_from(["default", "bypass"]),
    "cursor": st.text(max_size=40),
    "hybrid": JSON,
    "includeAnalytics": st.booleans(),
    "categories": st.booleans(),
}
QUERY = {"query": MEMBERS.pop("query")}
BODIES = st.fixed_dictionaries(QUERY, optional=MEMBERS)
ODD_BODIES = st.fixed_dictionaries({}, optional=dict.fromkeys([*QUERY, *MEMBERS], JSON)) | JSON
USUAL = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STATUSES = {200, 400, 404, 413, 422, 504}


@USUAL
@given(body=BODIES | ODD_BODIES, path=st.sampled_from(["", "/explain", "/analyze", "/batch"]))
def test_no_body_is_a_500(world: World, body: Any, path: str) -> None:
    sent = {"searches": [body]} if path == "/batch" else body
    answer = world.gateway.request("POST", f"/api/v1/search{path}", json.dumps(sent).encode(), world.ann)
    assert answer.status in STATUSES, (sent, answer.raw)
    if path == "/batch" and answer.status == 200:
        assert all(entry["status"] in STATUSES for entry in answer.data["results"]), answer.raw


@USUAL
@given(raw=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_nor_are_bytes(world: World, raw: bytes) -> None:
    answer = world.gateway.request("POST", "/api/v1/search", raw, world.ann)
    assert answer.status == 400, answer.raw
