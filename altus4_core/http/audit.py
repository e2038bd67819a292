"""The audit trail: who did what to which object, from where, with which result; as events, for a sink to keep."""

import logging
import uuid
from asyncio import CancelledError
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from altus4_core.clock import Clock
from altus4_core.errors import (
    Altus4Error,
    InvalidJSON,
    PayloadTooLarge,
    PermissionDenied,
    RequestTimeout,
    UnsupportedMediaType,
    ValidationFailed,
)
from altus4_core.http.state import RequestState
from altus4_core.records import Event
from altus4_core.routing import AuditNote, Route

logger = logging.getLogger("altus4.audit")

KIND: Final = "audit"
NOT_UNDERSTOOD = (ValidationFailed, InvalidJSON, PayloadTooLarge, UnsupportedMediaType, RequestTimeout)
"""Who sends these has not tried anything yet; a code of its own (a database that does not answer) says otherwise."""
DENIED = frozenset({401, 403, 429})
CLIENT_GONE = 499  # as web servers log it
MOST_ALIKE: Final = 60  # refusals of one caller and action that are written in a minute
MINUTE: Final = 60.0


class AuditTrail:
    """Makes an event of kind `audit` of each call that matters; never waits, never raises.

    Args:
        emit: Takes the events.
        clock: Source of time.
    """

    def __init__(self, emit: Callable[[Event], None], clock: Clock) -> None:
        self._emit = emit
        self._clock = clock
        self._refusals = Refusals(clock)

    def succeeded(
        self, route: Route, state: RequestState, note: AuditNote, path: Mapping[str, str], status: int
    ) -> None:
        """Write that a call was answered, where its route is audited."""
        if route.audited is not None:
            self._write(route.audited, state, note, path, status, None)

    def failed(
        self, route: Route, state: RequestState, note: AuditNote, path: Mapping[str, str], error: BaseException
    ) -> None:
        """Write that a call was refused or failed: of an audited route, or because of missing rights (403)."""
        if isinstance(error, NOT_UNDERSTOOD) and error.error_code == type(error).code:
            return
        name = route.audited
        if isinstance(error, PermissionDenied):
            state.identity = state.identity or error.identity
            name = name or (route.action.name if route.action is not None else None)
        elif route.action is not None and state.identity is None:
            return  # nobody known called a protected operation: nothing that could be told to anybody
        if name is None:
            return
        status, code = _outcome(error)
        if status in DENIED and not self._refusals.allows(_caller(state), name):
            return
        self._write(name, state, note, path, status, code)

    def _write(
        self, name: str, state: RequestState, note: AuditNote, path: Mapping[str, str], status: int, code: str | None
    ) -> None:
        identity = state.identity
        user_id = note.user_id or (identity.user_id if identity is not None else "")
        payload: dict[str, Any] = {
            "action": name,
            "object_kind": name.partition(".")[0],
            "object_id": note.object_id or path.get("id"),
            "address": state.remote,
            "scheme": identity.scheme if identity is not None else "",
            "status": status,
            "result": "success" if status < 400 else ("denied" if status in DENIED else "failed"),
            "details": {**note.details, **({"code": code} if code is not None else {})},
        }
        self._emit(
            Event(
                id=str(uuid.uuid4()),
                kind=KIND,
                at=self._clock.now(),
                user_id=user_id,
                request_id=state.id,
                payload=payload,
                credential_id=identity.credential_id if identity is not None else None,
                environment=identity.environment if identity is not None else None,
            )
        )


class Refusals:
    """Keeps a flood of the same refusal from filling the queue, where it would push out what others did."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.monotonic()
        self._seen: Counter[tuple[str, str]] = Counter()

    def allows(self, caller: str, name: str) -> bool:
        """Say whether one more refusal of this caller and action is written."""
        now = self._clock.monotonic()
        if now - self._since >= MINUTE:
            self._since = now
            self._seen.clear()
        self._seen[caller, name] += 1
        count = self._seen[caller, name]
        if count == MOST_ALIKE + 1:
            logger.warning("%s is refused %s again and again; for a minute this is not written any more", caller, name)
        return count <= MOST_ALIKE


def _caller(state: RequestState) -> str:
    return state.identity.credential_id if state.identity is not None else state.remote


def _outcome(error: BaseException) -> tuple[int, str]:
    if isinstance(error, Altus4Error):
        return error.status, error.error_code
    if isinstance(error, web.HTTPException):
        return error.status, "HTTP_ERROR"
    return (CLIENT_GONE, "CLIENT_GONE") if isinstance(error, CancelledError) else (500, Altus4Error.code)
