"""Table `sessions`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from altus4_mysql import in_list

from altus4_core.stored import Session
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import from_time, from_time_needed, is_key, to_time

COLUMNS = "id, user_id, created_at, last_used_at, expires_at, generation, ip, revoked_at"


class Sessions:
    """Logins in MySQL."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add(self, session: Session) -> None:
        """Insert."""
        sql = f"INSERT INTO sessions ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
        times = (to_time(session.created_at), to_time(session.last_used_at), to_time(session.expires_at))
        params = (session.id, session.user_id, *times, session.generation, session.ip, to_time(session.revoked_at))
        await self._link.write(sql, params)

    async def get(self, session_id: str) -> Session | None:
        """Read one session, ended or not, whoever owns it."""
        if not is_key(session_id):
            return None
        row = (await self._link.fetch(f"SELECT {COLUMNS} FROM sessions WHERE id = %s", (session_id,))).first()
        return None if row is None else _session(row)

    async def rotate(self, session_id: str, *, generation: int, at: datetime) -> bool:
        """Raise the generation by one if it is still this one; one of several callers gets True."""
        sql = (
            "UPDATE sessions SET generation = generation + 1, last_used_at = %s"
            " WHERE id = %s AND generation = %s AND revoked_at IS NULL AND expires_at > %s"
        )
        params = (to_time(at), session_id, generation, to_time(at))
        return is_key(session_id) and await self._link.write(sql, params) > 0

    async def revoke(self, user_id: str, session_id: str, at: datetime) -> bool:
        """End one of the user's sessions."""
        sql = "UPDATE sessions SET revoked_at = %s WHERE id = %s AND user_id = %s AND revoked_at IS NULL"
        return is_key(session_id) and await self._link.write(sql, (to_time(at), session_id, user_id)) > 0

    async def revoke_all(self, user_id: str, at: datetime, *, keep: str | None = None) -> Sequence[str]:
        """End all of the user's sessions but `keep`."""
        open_ones = await self._link.fetch(
            "SELECT id FROM sessions WHERE user_id = %s AND revoked_at IS NULL AND id <> %s", (user_id, keep or "")
        )
        ids = [row[0] for row in open_ones]
        if ids:
            sql = (
                "UPDATE sessions SET revoked_at = %s WHERE user_id = %s AND revoked_at IS NULL"
                f" AND id IN ({in_list(ids)})"
            )
            await self._link.write(sql, (to_time(at), user_id, *ids))
        return ids

    async def prune(self, user_id: str, before: datetime) -> int:
        """Delete the user's sessions that ended before this moment."""
        sql = "DELETE FROM sessions WHERE user_id = %s AND (expires_at < %s OR revoked_at < %s)"
        return await self._link.write(sql, (user_id, to_time(before), to_time(before)))


def _session(row: Sequence[Any]) -> Session:
    session_id, user_id, created_at, last_used_at, expires_at, generation, ip, revoked_at = row
    return Session(
        id=session_id,
        user_id=user_id,
        created_at=from_time_needed(created_at),
        last_used_at=from_time_needed(last_used_at),
        expires_at=from_time_needed(expires_at),
        generation=generation,
        ip=ip,
        revoked_at=from_time(revoked_at),
    )
