"""Records that plugins use as keys."""

import attrs

from altus4_core.records import FusionChoice, SearchRequest


def test_a_search_request_can_be_a_key():
    """A wrap that remembers answers needs no more than the request, the database and its version."""
    request = SearchRequest("tea", pins={"d:t": 7}, fusion=FusionChoice("rrf", {"d": 2.0}))
    assert {request: 1}[attrs.evolve(request)] == 1
    assert attrs.evolve(request, pins={"d:t": 8}) != request
