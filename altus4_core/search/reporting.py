"""The event that a search leaves behind."""

import hmac
from collections.abc import Mapping
from typing import Any, Literal

from altus4_core.clock import Clock
from altus4_core.events import EventBus
from altus4_core.identifiers import ordered_id
from altus4_core.indexgaps import MEMBER, gaps_of, has_gaps, written
from altus4_core.records import Event, Identity
from altus4_core.search.answer import SearchAnswer
from altus4_core.searchlog import HASHED


class Reporter:
    """Emits an event for each search.

    Args:
        events: Where to.
        clock: Source of time.
        query_text: What the event says of the text: itself, a keyed hash of it, or nothing.
        secret: Keys the hash, so that nobody finds texts by hashing guesses.
    """

    def __init__(
        self,
        events: EventBus,
        clock: Clock,
        query_text: Literal["plain", "hashed", "omitted"] = "plain",
        secret: bytes = b"",
    ) -> None:
        self._events = events
        self._clock = clock
        self._query_text = query_text
        self._secret = secret

    def report(self, identity: Identity, answer: SearchAnswer, request_id: str, took_ms: float) -> None:
        """Emit the event of an answer; never waits."""
        request = answer.request
        payload: Mapping[str, Any] = {
            "query": request.query if self._query_text == "plain" else self._concealed(request.query),
            "mode": request.mode,
            "database_ids": [outcome.id for outcome in answer.outcomes],
            "databases": _shares(answer) if len(answer.outcomes) > 1 else (),
            "key_id": identity.credential_id if identity.limited_as == "key" else None,
            "result_count": answer.found,
            "took_ms": round(took_ms),
            "params": {
                "limit": request.limit,
                "offset": request.offset,
                **({"tables": list(request.tables)} if request.tables else {}),
                **({"columns": list(request.columns)} if request.columns else {}),
                **({} if answer.complete else {"complete": False}),
                **({MEMBER: written(gaps_of(answer.outcomes))} if has_gaps(answer.notices) else {}),
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

    def _concealed(self, query: str) -> str:
        if self._query_text == "omitted":
            return ""
        return f"{HASHED}{hmac.digest(self._secret, query.encode(), 'sha256').hex()[:32]}"


def _shares(answer: SearchAnswer) -> list[Mapping[str, Any]]:
    """Give what each of several databases had to do with it."""
    return [
        {
            "id": outcome.id,
            "status": outcome.status.value,
            "matched": sum(len(table.hits) if table.total is None else table.total for table in outcome.tables),
            "took_ms": round(outcome.took_ms),
        }
        for outcome in answer.outcomes
    ]
