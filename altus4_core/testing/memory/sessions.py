"""Logins in memory."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from altus4_core.stored import Session
from altus4_core.testing.memory.tables import Tables


class MemorySessions:
    """Satisfies `SessionRepository`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, session: Session) -> None:
        """Insert."""
        self._tables.reach()
        self._tables.owned(session.user_id)
        self._tables.sessions[session.id] = session

    async def get(self, session_id: str) -> Session | None:
        """Read one session, ended or not, whoever owns it."""
        self._tables.reach()
        return self._tables.sessions.get(session_id)

    async def rotate(self, session_id: str, *, generation: int, at: datetime) -> bool:
        """Raise the generation by one if it is still this one and the session has not ended."""
        self._tables.reach()
        session = self._tables.sessions.get(session_id)
        if session is None or session.generation != generation or session.revoked_at or session.expires_at <= at:
            return False
        self._tables.sessions[session_id] = attrs.evolve(session, generation=generation + 1, last_used_at=at)
        return True

    async def revoke(self, user_id: str, session_id: str, at: datetime) -> bool:
        """End one of the user's sessions; False when it is gone or had ended."""
        self._tables.reach()
        session = self._tables.sessions.get(session_id)
        if session is None or session.user_id != user_id or session.revoked_at is not None:
            return False
        self._tables.sessions[session_id] = attrs.evolve(session, revoked_at=at)
        return True

    async def revoke_all(self, user_id: str, at: datetime, *, keep: str | None = None) -> Sequence[str]:
        """End all of the user's sessions but `keep`; gives the ids of those ended."""
        self._tables.reach()
        ids = [
            row.id
            for row in self._tables.sessions.values()
            if row.user_id == user_id and row.revoked_at is None and row.id != keep
        ]
        for session_id in ids:
            self._tables.sessions[session_id] = attrs.evolve(self._tables.sessions[session_id], revoked_at=at)
        return ids

    async def prune(self, user_id: str, before: datetime) -> int:
        """Delete the user's sessions that ended before this moment."""
        self._tables.reach()
        old = [
            row.id
            for row in self._tables.sessions.values()
            if row.user_id == user_id
            and (row.expires_at < before or (row.revoked_at is not None and row.revoked_at < before))
        ]
        for session_id in old:
            del self._tables.sessions[session_id]
        return len(old)
