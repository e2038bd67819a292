"""The event that a search leaves behind."""

from collections.abc import Mapping
from typing import Any

from altus4_core.clock import Clock
from altus4_core.events import EventBus
from altus4_core.identifiers import ordered_id
from altus4_core.records import Event, Identity
from altus4_core.search.answer import SearchAnswer


class Reporter:
    """Emits an event for each search."""

    def __init__(self, events: EventBus, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    def report(self, identity: Identity, answer: SearchAnswer, request_id: str, took_ms: float) -> None:
        """Emit the event of an answer; never waits."""
        request = answer.request
        payload: Mapping[str, Any] = {
            "query": request.query,
            "mode": request.mode,
            "database_ids": [outcome.id for outcome in answer.outcomes],
            "result_count": answer.found,
            "took_ms": round(took_ms),
            "params": {
                "limit": request.limit,
                "offset": request.offset,
                **({"tables": list(request.tables)} if request.tables else {}),
                **({"columns": list(request.columns)} if request.columns else {}),
                **({} if answer.complete else {"complete": False}),
            },
            "categories": [{"name": category.name, "count": category.count} for category in answer.categories] or None,
        }
        self._events.emit(
            Event(
                id=ordered_id(),
                kind="search",
                at=self._clock.now(),
                user_id=identity.user_id,
                request_id=request_id,
                payload=payload,
                credential_id=identity.credential_id,
                environment=identity.environment,
            )
        )
