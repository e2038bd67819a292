"""Sessions: opened by a login, refreshed once per refresh token, ended by logout or by a replayed token."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

import attrs

from altus4_accounts.tokens import Tokens
from altus4_core.changes import Changes
from altus4_core.clock import Clock
from altus4_core.errors import Rejected
from altus4_core.lookup import Lookup
from altus4_core.store import MetadataStore, SessionRepository
from altus4_core.stored import Session, User


@attrs.frozen
class KnownSession:
    """A session with its user, as they are in the store."""

    session: Session
    user: User


class SessionLookup(Lookup[KnownSession]):
    """What is remembered of sessions, by their id."""

    def forget_user(self, user_id: str) -> None:
        """Drop all sessions of a user, at once."""
        self.forget_where(lambda known: known.user.id == user_id)


@attrs.frozen
class Grant:
    """What a login or a refresh gives. `expires_in` in seconds, `cookie_age` too."""

    user: User
    session: Session
    token: str = attrs.field(repr=False)
    expires_in: int
    refresh: str = attrs.field(repr=False)
    cookie_age: int


class ReplayedTokenError(Rejected):
    """A refresh token that was used before: somebody has a copy of it. Its session is ended."""

    def __init__(self, session: Session) -> None:
        message = "This refresh token was used before; the session has been ended. Log in again."
        super().__init__(message, code="INVALID_TOKEN")
        self.user_id = session.user_id
        self.session_id = session.id


def wrong_credentials() -> Rejected:
    """Give the one answer to an unknown account, a wrong password, and one that was changed meanwhile."""
    return Rejected("E-mail address or password is wrong.", code="INVALID_CREDENTIALS")


class Sessions:
    """Opens, refreshes and ends sessions.

    Args:
        store: Where they are kept.
        lookup: What is remembered of them.
        tokens: Makes their tokens.
        clock: Source of time.
        lifetime: How long a session lasts, however often it is refreshed.
        changes: Told of every session that ends, for other processes to hear of it.
    """

    def __init__(
        self,
        store: Callable[[], MetadataStore],
        lookup: SessionLookup,
        tokens: Tokens,
        clock: Clock,
        lifetime: timedelta,
        changes: Changes | None = None,
    ) -> None:
        self._store = store
        self._lookup = lookup
        self._tokens = tokens
        self._clock = clock
        self._lifetime = lifetime
        self._changes = changes or Changes()

    @property
    def _rows(self) -> SessionRepository:
        return self._store().sessions

    async def open(self, user: User, ip: str) -> Grant:
        """Start a session; sessions of the user that ended long ago are cleared away.

        Comparing a password takes long: whoever changed it meanwhile has ended the sessions that were there before this
        one. So the password is looked at again once this one is there.

        Raises:
            Rejected: `user.password` is not the account's any more, or the account is gone.
        """
        now = self._clock.now()
        session = Session(str(uuid.uuid4()), user.id, now, now, now + self._lifetime, ip=ip[:45] or None)
        await self._rows.prune(user.id, now - timedelta(days=1))
        await self._rows.add(session)
        current = await self._store().users.get(user.id)
        if current is None or current.password != user.password:
            await self.end(user.id, session.id)
            raise wrong_credentials()
        return self._grant(user, session)

    async def refresh(self, text: str) -> Grant | None:
        """Trade a refresh token for new tokens; None when it was not made here or its session is over.

        Raises:
            ReplayedTokenError: it was used before; the whole session is ended.
        """
        read = self._tokens.read_refresh(text)
        if read is None:
            return None
        session_id, generation = read
        session = await self._rows.get(session_id)
        if session is None or not self._lives(session):
            return None
        if session.generation != generation or not await self._rotate(session):
            await self.end(session.user_id, session.id)
            raise ReplayedTokenError(session)
        return await self._granted_next(session)

    async def refresh_session(self, session_id: str) -> Grant | None:
        """Give new tokens to the holder of a good access token; None when the session is over."""
        for _ in range(3):  # another refresh of the same session may come between reading and writing
            session = await self._rows.get(session_id)
            if session is None or not self._lives(session):
                return None
            if await self._rotate(session):
                return await self._granted_next(session)
        return None

    async def end(self, user_id: str, session_id: str) -> None:
        """End a session: at once here, within the lookup's lifetime elsewhere."""
        await self._rows.revoke(user_id, session_id, self._clock.now())
        self._forget(session_id)

    async def end_others(self, user_id: str, session_id: str) -> None:
        """End all sessions of a user but this one."""
        for ended in await self._rows.revoke_all(user_id, self._clock.now(), keep=session_id):
            self._forget(ended)

    def _forget(self, session_id: str) -> None:
        self._lookup.forget(session_id)
        self._changes.tell("session", session_id)

    def _lives(self, session: Session) -> bool:
        return session.revoked_at is None and self._clock.now() < session.expires_at

    async def _rotate(self, session: Session) -> bool:
        return await self._rows.rotate(session.id, generation=session.generation, at=self._clock.now())

    async def _granted_next(self, session: Session) -> Grant | None:
        user = await self._store().users.get(session.user_id)
        self._lookup.forget(session.id)
        if user is None:
            return None
        rotated = attrs.evolve(session, generation=session.generation + 1, last_used_at=self._clock.now())
        return self._grant(user, rotated)

    def _grant(self, user: User, session: Session) -> Grant:
        token, expires_in = self._tokens.access(user.id, session.id, session.expires_at)
        refresh = self._tokens.refresh(session.id, session.generation)
        age = max(0, round((session.expires_at - self._clock.now()).total_seconds()))
        return Grant(user, session, token, expires_in, refresh, age)


def session_loader(store: Callable[[], MetadataStore]) -> Callable[[str], Awaitable[KnownSession | None]]:
    """Make what a `SessionLookup` reads with."""

    async def load(session_id: str) -> KnownSession | None:
        session = await store().sessions.get(session_id)
        user = await store().users.get(session.user_id) if session is not None else None
        return None if session is None or user is None else KnownSession(session, user)

    return load
