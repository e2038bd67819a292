"""The event that a search leaves behind, whether it succeeded or failed."""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs

from altus4_core.clock import Clock
from altus4_core.errors import DeadlineExceeded
from altus4_core.events import EventBus
from altus4_core.identifiers import ordered_id
from altus4_core.indexgaps import MEMBER, gaps_of, has_gaps, written
from altus4_core.popularqueries import FIRST_ROW
from altus4_core.records import DatabaseOutcome, DatabaseStatus, Event, Identity, SearchRequest
from altus4_core.search.answer import SearchAnswer
from altus4_core.searchlog import COMPLETE, HASHED, RELATION


@attrs.frozen
class Failure:
    """A search that ended in an error: what was asked, of which databases, how they fared as far as that is known."""

    request: SearchRequest
    database_ids: Sequence[str]
    outcomes: Sequence[DatabaseOutcome]
    error_code: str


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
        params = _page(request)
        if not answer.complete:
            params[COMPLETE] = False
        if answer.relation != "eq":
            params[RELATION] = "gte"  # not counted, or not to the end: `result_count` is what is known of
        if has_gaps(answer.notices):
            params[MEMBER] = written(gaps_of(answer.outcomes))
        payload: Mapping[str, Any] = {
            "query": request.query if self._query_text == "plain" else self._concealed(request.query),
            "mode": request.mode,
            "database_ids": [outcome.id for outcome in answer.outcomes],
            "databases": _shares(answer.outcomes) if len(answer.outcomes) > 1 else (),
            "key_id": identity.credential_id if identity.limited_as == "key" else None,
            "result_count": answer.found,
            "took_ms": round(took_ms),
            "params": params,
            "categories": [{"name": category.name, "count": category.count} for category in answer.categories] or None,
        }
        self._emit(identity, request_id, payload)

    def report_failure(self, identity: Identity, failure: Failure, request_id: str, took_ms: float) -> None:
        """Emit the event of a search that ended in an error: one like the others, with an `error_code`; never waits."""
        request = failure.request
        gaps = gaps_of(failure.outcomes)
        payload = {
            "query": request.query if self._query_text == "plain" else self._concealed(request.query),
            "mode": request.mode,
            "database_ids": list(failure.database_ids),
            "databases": _fared(failure) if len(failure.database_ids) > 1 else (),
            "key_id": identity.credential_id if identity.limited_as == "key" else None,
            "result_count": 0,
            "took_ms": round(took_ms),
            "params": {**_page(request), **({MEMBER: written(gaps)} if gaps else {})},
            "categories": None,
            "error_code": failure.error_code,
        }
        self._emit(identity, request_id, payload)

    def _emit(self, identity: Identity, request_id: str, payload: Mapping[str, Any]) -> None:
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


def _page(request: SearchRequest) -> dict[str, Any]:
    """Say of a request what the log's columns have no place for."""
    params: dict[str, Any] = {"limit": request.limit, FIRST_ROW: request.offset}
    if request.tables:
        params["tables"] = list(request.tables)
    if request.columns:
        params["columns"] = list(request.columns)
    return params


def _shares(outcomes: Sequence[DatabaseOutcome]) -> list[Mapping[str, Any]]:
    """Give what each of several databases had to do with it."""
    return [
        {
            "id": outcome.id,
            "status": outcome.status.value,
            "matched": sum(len(table.hits) if table.total is None else table.total for table in outcome.tables),
            "took_ms": round(outcome.took_ms),
        }
        for outcome in outcomes
    ]


def _fared(failure: Failure) -> list[Mapping[str, Any]]:
    """Give how each of several databases fared; where that is not known, that it did not answer."""
    if failure.outcomes:
        return _shares(failure.outcomes)
    late = failure.error_code == DeadlineExceeded.code
    status = (DatabaseStatus.TIMEOUT if late else DatabaseStatus.ERROR).value
    return [{"id": each, "status": status, "matched": 0, "took_ms": 0} for each in failure.database_ids]
