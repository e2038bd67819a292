"""What a store of users promises."""

import asyncio
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from altus4_core.errors import Conflict, ValidationFailed
from altus4_core.store import MetadataStore
from altus4_core.stored import MetricRow, Session, User
from altus4_core.testing.contracts.metadata.rows import NOON, UNICODE, a_database, a_key, a_search, a_user, new_id


class UserContract:
    """Accounts."""

    async def test_user_round_trip(self, store: MetadataStore) -> None:
        """User round trip."""
        user = await a_user(store, name=UNICODE, role="admin", created_at=NOON)
        found = await store.users.get(user.id)
        assert found is not None
        assert (found.id, found.email, found.name, found.password, found.role) == (
            user.id,
            user.email,
            UNICODE,
            "hash",
            "admin",
        )
        assert found.created_at == NOON
        assert found.updated_at is not None
        assert found.updated_at.tzinfo is not None

    async def test_times_default_to_now(self, store: MetadataStore) -> None:
        """Times default to now."""
        user = await a_user(store)
        found = await store.users.get(user.id)
        assert found is not None
        assert found.created_at is not None
        assert abs(datetime.now(UTC) - found.created_at) < timedelta(seconds=30)

    async def test_absent_user(self, store: MetadataStore) -> None:
        """Absent user."""
        for absent in (new_id(), "", "é" * 5, "x" * 200, "nul\0", "' OR 1=1 -- "):
            assert await store.users.get(absent) is None
            assert await store.users.by_email(absent) is None
            assert not await store.users.remove(absent)

    async def test_address_is_exact_and_lower_case(self, store: MetadataStore) -> None:
        """Address is exact and lower case."""
        user = await a_user(store, email="Ada.Lovelace@Example.ORG")
        found = await store.users.by_email("ada.lovelace@example.org")
        assert found is not None
        assert found.id == user.id
        await a_user(store, email="äda.lovelace@example.org")
        for other in ("ada.lovelace@example.org ", " ada.lovelace@example.org", "adä.lovelace@example.org"):
            assert await store.users.by_email(other) is None

    async def test_duplicate_address(self, store: MetadataStore) -> None:
        """Duplicate address."""
        await a_user(store, email="a@example.org")
        other = await a_user(store, email="b@example.org")
        with pytest.raises(Conflict) as caught:
            await a_user(store, email="A@example.org")
        assert caught.value.error_code == "USER_EXISTS"
        with pytest.raises(Conflict):
            await store.users.update(attrs.evolve(other, email="a@example.org"))
        with pytest.raises(Conflict):
            await store.users.rename(other.id, name="B", email="a@example.org")
        found = await store.users.get(other.id)
        assert found is not None
        assert found.email == "b@example.org"

    async def test_only_one_of_many_gets_the_address(self, store: MetadataStore) -> None:
        """Only one of many gets the address."""
        results = await asyncio.gather(
            *(a_user(store, email="race@example.org") for _ in range(12)), return_exceptions=True
        )
        assert sum(isinstance(result, User) for result in results) == 1
        assert sum(isinstance(result, Conflict) for result in results) == 11

    async def test_user_changes(self, store: MetadataStore) -> None:
        """User changes."""
        user = await a_user(store)
        changed = attrs.evolve(user, name="B", email="new@example.org", password="p2", role="admin")  # noqa: S106 -- opens nothing
        assert await store.users.update(changed)
        assert await store.users.update(changed), "a change to the same values finds its row, too"
        assert await store.users.rename(user.id, name="C", email="New2@example.org")
        assert await store.users.replace_password(user.id, old="p2", new="p3")
        assert not await store.users.replace_password(user.id, old="p2", new="p4")
        found = await store.users.get(user.id)
        assert found is not None
        assert (found.name, found.email, found.password, found.role) == ("C", "new2@example.org", "p3", "admin")
        assert not await store.users.update(attrs.evolve(user, id=new_id(), email="x@example.org"))
        assert not await store.users.rename(new_id(), name="C", email="y@example.org")

    async def test_text_that_is_no_text(self, store: MetadataStore) -> None:
        """Text that is no text."""
        for name in ("nul\0", "surrogate \ud800", "x" * 256):
            with pytest.raises(ValidationFailed):
                await a_user(store, name=name)

    async def test_removing_a_user_removes_what_is_theirs(self, store: MetadataStore) -> None:
        """Removing a user removes what is theirs."""
        user, other = await a_user(store), await a_user(store)
        for owner in (user, other):
            await store.api_keys.add(a_key(owner.id))
            await store.databases.add(a_database(owner.id))
            await store.sessions.add(Session(new_id(), owner.id, NOON, NOON, NOON + timedelta(days=1)))
            await store.searches.add_many([a_search(owner.id)])
            await store.metrics.put(MetricRow(new_id(), owner.id, NOON.date(), "daily", {"n": 1}))
        assert await store.users.remove(user.id)
        assert not await store.users.remove(user.id)
        for owner, left in ((user, 0), (other, 1)):
            assert len(await store.api_keys.list(owner.id)) == left
            assert len(await store.databases.list(owner.id)) == left
            assert await store.searches.count(owner.id) == left
            assert len(await store.metrics.list(owner.id, "daily", NOON, NOON)) == left
