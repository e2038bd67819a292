"""What makes two searches find the same: bytes for a request, in its cursors and among concurrent searches."""

from operator import attrgetter

import attrs
import orjson

from altus4_core.records import SearchRequest

# What a cursor itself brings along, what only says how a page is asked for, and what changes no list: any page can be
# explained.
_APART = frozenset({"cursor", "pins", "consumed", "fusion", "explain"})
_members = attrgetter(*[field.name for field in attrs.fields(SearchRequest) if field.name not in _APART])


def fingerprint(request: SearchRequest) -> bytes:
    """Give bytes that are equal for equal requests, in every process of this version; cursors and `explain` apart."""
    fusion = request.fusion  # taken apart here: it is a record, and nearly always the same
    return orjson.dumps((*_members(request), fusion.method, fusion.weights or None), default=repr)
