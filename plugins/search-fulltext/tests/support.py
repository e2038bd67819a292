"""Targets over schemas of their own on real servers, and the modes as the tests search with them."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import attrs
from altus4_mysql import ConnectOptions, Pool, SessionOptions, parse_url
from altus4_mysql.testing.schema import SchemaTarget as Target
from altus4_mysql.testing.schema import discover, opened_schema
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.boolean.language import BooleanLanguage
from altus4_search_fulltext.mode import FulltextMode
from altus4_search_fulltext.natural import NaturalLanguage

from altus4_core.records import SearchRequest

__all__ = ["Target", "boolean", "discover", "natural", "opened", "options", "request"]


def options(address: ServerAddress, database: str | None = None, *, read_only: bool = False) -> ConnectOptions:
    session = SessionOptions(read_only=read_only)
    return attrs.evolve(parse_url(address.url), database=database, query_timeout=60.0, session=session)


def opened(address: ServerAddress, setup: Callable[[Pool], Awaitable[None]]) -> AbstractAsyncContextManager[Target]:
    """Make a schema, fill it, and give it as a target; drop it afterwards."""
    return opened_schema(address.url, setup)


def request(query: str, **changes: Any) -> SearchRequest:
    return attrs.evolve(SearchRequest(query=query, timeout_ms=20_000), **changes)


def natural(*, longest: int = 2000, most_terms: int = 32) -> FulltextMode:
    return FulltextMode("natural", NaturalLanguage(most_terms), longest=longest, concurrency=4)


def boolean(*, longest: int = 2000) -> FulltextMode:
    return FulltextMode("boolean", BooleanLanguage(), longest=longest, concurrency=4)
