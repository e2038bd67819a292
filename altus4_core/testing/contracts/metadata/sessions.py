"""What a store of sessions promises."""

import asyncio
from datetime import timedelta

from altus4_core.store import MetadataStore
from altus4_core.stored import Session
from altus4_core.testing.contracts.metadata.rows import NOON, a_user, new_id


class SessionContract:
    """Logins."""

    async def test_session_round_trip(self, store: MetadataStore) -> None:
        """Session round trip."""
        user = await a_user(store)
        at = NOON.replace(microsecond=123456)
        session = Session(new_id(), user.id, at, at, at + timedelta(days=1), ip="2001:db8::1")
        await store.sessions.add(session)
        assert await store.sessions.get(session.id) == session
        assert await store.sessions.get(new_id()) is None

    async def test_one_of_many_rotates(self, store: MetadataStore) -> None:
        """One of many rotates."""
        user = await a_user(store)
        session = Session(new_id(), user.id, NOON, NOON, NOON + timedelta(days=1))
        await store.sessions.add(session)
        results = await asyncio.gather(
            *(store.sessions.rotate(session.id, generation=1, at=NOON + timedelta(minutes=1)) for _ in range(10))
        )
        assert sorted(results) == [False] * 9 + [True]
        found = await store.sessions.get(session.id)
        assert found is not None
        assert (found.generation, found.last_used_at) == (2, NOON + timedelta(minutes=1))
        assert not await store.sessions.rotate(session.id, generation=2, at=NOON + timedelta(days=2)), "has expired"

    async def test_sessions_end(self, store: MetadataStore) -> None:
        """Sessions end."""
        user, stranger = await a_user(store), await a_user(store)
        sessions = [Session(new_id(), user.id, NOON, NOON, NOON + timedelta(days=1)) for _ in range(3)]
        for session in sessions:
            await store.sessions.add(session)
        first, second, third = sessions
        assert not await store.sessions.revoke(stranger.id, first.id, NOON)
        assert await store.sessions.revoke(user.id, first.id, NOON)
        assert not await store.sessions.revoke(user.id, first.id, NOON)
        assert not await store.sessions.rotate(first.id, generation=1, at=NOON)
        assert list(await store.sessions.revoke_all(user.id, NOON, keep=third.id)) == [second.id]
        assert await store.sessions.prune(user.id, NOON + timedelta(seconds=1)) == 2
        assert await store.sessions.get(third.id) is not None
