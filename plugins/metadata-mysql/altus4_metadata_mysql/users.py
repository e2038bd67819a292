"""Table `users`."""

from collections.abc import Sequence
from typing import Any

from altus4_core.errors import Conflict
from altus4_core.stored import User
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.values import from_time, is_key, to_second

COLUMNS = "id, email, name, password, role, created_at, updated_at"
PART = 1000  # of an account's searches that one statement deletes
LONG_LOG = "SELECT id FROM searches WHERE user_id = %s LIMIT 1 OFFSET %s"
OLDEST_GO = "DELETE FROM searches WHERE user_id = %s ORDER BY created_at LIMIT %s"


class Users:
    """Accounts in MySQL. Addresses are kept and compared in lower case."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add(self, user: User) -> None:
        """Insert; raises `Conflict` (`USER_EXISTS`) for a taken e-mail address."""
        sql = (
            "INSERT INTO users (id, email, name, password, role, created_at, updated_at) VALUES"
            " (%s, %s, %s, %s, %s, COALESCE(%s, CURRENT_TIMESTAMP), COALESCE(%s, CURRENT_TIMESTAMP))"
        )
        created = to_second(user.created_at)
        await self._unless_taken(
            sql, (user.id, user.email.lower(), user.name, user.password, user.role, created, created)
        )

    async def get(self, user_id: str) -> User | None:
        """Read one account."""
        if not is_key(user_id):
            return None
        return _user((await self._link.fetch(f"SELECT {COLUMNS} FROM users WHERE id = %s", (user_id,))).first())

    async def by_email(self, email: str) -> User | None:
        """Read one account by its lower-case address."""
        user = _user((await self._link.fetch(f"SELECT {COLUMNS} FROM users WHERE email = %s", (email,))).first())
        # The comparison pads: an address with a space behind it would be found, too.
        return user if user is not None and user.email == email else None

    async def update(self, user: User) -> bool:
        """Write name, e-mail, password hash and role; False when it is gone."""
        sql = "UPDATE users SET name = %s, email = %s, password = %s, role = %s, updated_at = NOW() WHERE id = %s"
        return await self._change(sql, (user.name, user.email.lower(), user.password, user.role, user.id), user.id)

    async def rename(self, user_id: str, *, name: str, email: str) -> bool:
        """Write name and e-mail alone."""
        sql = "UPDATE users SET name = %s, email = %s, updated_at = NOW() WHERE id = %s"
        return await self._change(sql, (name, email.lower(), user_id), user_id)

    async def replace_password(self, user_id: str, *, old: str, new: str) -> bool:
        """Write a new password hash if the old one is still there."""
        if not is_key(user_id):
            return False
        # BINARY: hashes that differ in case alone are different.
        sql = "UPDATE users SET password = %s, updated_at = NOW() WHERE id = %s AND BINARY password = %s"
        return await self._link.write(sql, (new, user_id, old)) > 0

    async def remove(self, user_id: str) -> bool:
        """Delete the account and, by cascade, what it owns.

        Of a long search log part by part before: 200,000 rows at once took 15 s, longer than a statement may. Should
        that be interrupted, the account is still there, and the next attempt goes on.
        """
        if not is_key(user_id):
            return False
        while (await self._link.fetch(LONG_LOG, (user_id, PART - 1), patient=True)).scalar() is not None:
            await self._link.write(OLDEST_GO, (user_id, PART))
        return await self._link.write("DELETE FROM users WHERE id = %s", (user_id,)) > 0

    async def _change(self, sql: str, params: Sequence[str], user_id: str) -> bool:
        if not is_key(user_id):
            return False
        # An update that changes nothing affects no row: ask whether the account is there.
        return await self._unless_taken(sql, params) > 0 or await self.get(user_id) is not None

    async def _unless_taken(self, sql: str, params: Sequence[Any]) -> int:
        try:
            return await self._link.write(sql, params)
        except Conflict as error:
            message = "An account with this e-mail address exists already."
            raise Conflict(message, code="USER_EXISTS") from error


def _user(row: Sequence[Any] | None) -> User | None:
    if row is None:
        return None
    user_id, email, name, password, role, created_at, updated_at = row
    return User(user_id, email, name, password, role, from_time(created_at), from_time(updated_at))
