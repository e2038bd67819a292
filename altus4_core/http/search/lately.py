"""What `includeAnalytics` adds to the answers of searches: trends and advice from the search log."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from altus4_core.errors import Altus4Error
from altus4_core.records import Identity, Notice
from altus4_core.registry import Registry
from altus4_core.search.answer import notice_json
from altus4_core.trends import SearchAdvice, SearchTrends

logger = logging.getLogger("altus4.search")

LOG_SECONDS = 1.0  # that the log may take, but not beyond the deadline of the search
_LEAST_LOG_SECONDS = 0.05


async def add_lately(registry: Registry, caller: Identity, answers: Sequence[dict[str, Any]], left: float) -> None:
    """Add trends and advice to answers of one caller, JSON-ready; where the log cannot be had, a warning.

    Args:
        registry: Has whoever keeps the log.
        caller: Whose log.
        answers: They get the same, but for advice that one has already.
        left: Seconds until the deadline of the searches.
    """
    if not answers:
        return
    if caller.databases is not None:
        message = "Trends and advice are of all databases of the account, and the key is confined to some."
        for data in answers:
            data["warnings"].append(notice_json(Notice("ANALYTICS_CONFINED", message)))
        return
    seconds = min(LOG_SECONDS, max(left, _LEAST_LOG_SECONDS))
    asked = (caller.user_id, caller.environment or "live")
    trends, advice = await asyncio.gather(
        _of_log("Trends", lambda: registry.get(SearchTrends).of(*asked), answers, seconds),
        _of_log("Advice", lambda: registry.get(SearchAdvice).of(*asked), answers, seconds),
    )
    for data in answers:
        if trends is not None:
            data["trends"] = trends
        told = {hint.get("sqlSuggestion") for hint in data["queryOptimization"]} - {None}
        data["queryOptimization"] += [each for each in advice or () if each.get("sqlSuggestion") not in told]


async def _of_log(
    what: str,
    ask: Callable[[], Awaitable[Sequence[Mapping[str, Any]]]],
    answers: Sequence[dict[str, Any]],
    seconds: float,
) -> Sequence[Mapping[str, Any]] | None:
    """Give what the log says, if somebody keeps one: the results are worth more than that."""
    try:
        async with asyncio.timeout(seconds):
            return await ask()
    except Exception as error:
        expected = isinstance(error, Altus4Error | TimeoutError)
        logger.warning("a search is answered without %s: %r", what.lower(), error, exc_info=not expected)
        message = f"{what} of the search log could not be had; ask again later."
        for data in answers:
            data["warnings"].append(notice_json(Notice(f"{what.upper()}_MISSING", message)))
        return None
