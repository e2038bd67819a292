"""Waiting for what the sampler does in the background."""

import asyncio
import time

from altus4_search_fulltext.mode import FulltextMode

from altus4_core.records import TableHits

from .support import Target, request


async def sampled(
    mode: FulltextMode, target: Target, table: str, query: str = "alpha", seconds: float = 10
) -> TableHits:
    """Search until the table has a sample, and give that search's result."""
    ends = time.monotonic() + seconds
    while True:
        (found,) = await mode.search(request(query, tables=(table,)), target)
        if found.pin:
            return found
        assert time.monotonic() < ends, "no sample came"
        await asyncio.sleep(0.01)
