"""Accounts in memory."""

import attrs

from altus4_core.errors import Conflict
from altus4_core.stored import User
from altus4_core.testing.memory.tables import Tables, text, whole


class MemoryUsers:
    """Satisfies `UserRepository`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, user: User) -> None:
        """Insert; raises `Conflict` (`USER_EXISTS`) for a taken e-mail address."""
        self._tables.reach()
        user = _stored(user)
        if user.id in self._tables.users:
            message = "This account exists already."
            raise Conflict(message)
        self._refuse_taken(user)
        now = self._tables.now()
        created = whole(user.created_at) if user.created_at else now
        self._tables.users[user.id] = attrs.evolve(user, created_at=created, updated_at=created)

    async def get(self, user_id: str) -> User | None:
        """Read one account."""
        self._tables.reach()
        return self._tables.users.get(user_id)

    async def by_email(self, email: str) -> User | None:
        """Read one account by its lower-case address."""
        self._tables.reach()
        return next((user for user in self._tables.users.values() if user.email == email), None)

    async def update(self, user: User) -> bool:
        """Write name, e-mail, password hash and role; False when it is gone."""
        self._tables.reach()
        user = _stored(user)
        return self._change(user.id, name=user.name, email=user.email, password=user.password, role=user.role)

    async def rename(self, user_id: str, *, name: str, email: str) -> bool:
        """Write name and e-mail alone."""
        self._tables.reach()
        return self._change(user_id, name=text(name, 255, "name"), email=text(email.lower(), 255, "email"))

    async def replace_password(self, user_id: str, *, old: str, new: str) -> bool:
        """Write a new password hash if the old one is still there."""
        self._tables.reach()
        user = self._tables.users.get(user_id)
        if user is None or user.password != old:
            return False
        return self._change(user_id, password=text(new, 255, "password"))

    async def remove(self, user_id: str) -> bool:
        """Delete the account and what it owns."""
        self._tables.reach()
        return self._tables.remove_user(user_id)

    def _change(self, user_id: str, **changes: str) -> bool:
        user = self._tables.users.get(user_id)
        if user is None:
            return False
        changed = attrs.evolve(user, **changes, updated_at=self._tables.now())  # type: ignore[arg-type]  # all texts
        self._refuse_taken(changed)
        self._tables.users[user_id] = changed
        return True

    def _refuse_taken(self, user: User) -> None:
        if any(other.email == user.email and other.id != user.id for other in self._tables.users.values()):
            message = "An account with this e-mail address exists already."
            raise Conflict(message, code="USER_EXISTS")


def _stored(user: User) -> User:
    return attrs.evolve(
        user, email=text(user.email.lower(), 255, "email"), name=text(user.name, 255, "name"), role=user.role
    )
