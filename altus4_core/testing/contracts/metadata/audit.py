"""What a store of the audit trail promises."""

from datetime import timedelta

import attrs

from altus4_core.store import MetadataStore
from altus4_core.stored import AuditEntry
from altus4_core.testing.contracts.metadata.rows import NOON, UNICODE, a_user, new_id


def an_entry(user_id: str | None, **changes: object) -> AuditEntry:
    """Make an entry."""
    fields = {"id": new_id(), "at": NOON, "action": "keys.create", "result": "success", "user_id": user_id}
    return AuditEntry(**{**fields, **changes})  # type: ignore[arg-type]  # the test says which fields it wants


class AuditContract:
    """The audit trail."""

    async def test_audit_round_trip(self, store: MetadataStore) -> None:
        """Audit round trip."""
        user = await a_user(store)
        full = an_entry(
            user.id,
            at=NOON + timedelta(microseconds=123456),
            request_id="r-1",
            status=201,
            scheme="session",
            credential_id=new_id(),
            object_kind="keys",
            object_id=new_id(),
            ip="2001:db8::1",
            details={"name": UNICODE, "permissions": ["search"]},
        )
        plain = an_entry(user.id, result="denied", details={})
        assert await store.audit.add_many([]) == 0
        assert await store.audit.add_many([full, plain]) == 2
        assert list(await store.audit.list(user.id, limit=10, offset=0)) == [full, attrs.evolve(plain, details=None)]

    async def test_audit_entries_outlive_their_account(self, store: MetadataStore) -> None:
        """Audit entries outlive their account."""
        user = await a_user(store)
        entry = an_entry(user.id, action="account.delete")
        await store.audit.add_many([entry])
        assert await store.users.remove(user.id)
        assert list(await store.audit.list(user.id, limit=10, offset=0)) == [entry]

    async def test_audit_entries_are_written_once(self, store: MetadataStore) -> None:
        """Audit entries are written once, and stay as they were."""
        user = await a_user(store)
        entries = [an_entry(user.id) for _ in range(3)]
        assert await store.audit.add_many(entries[:2]) == 2
        assert await store.audit.add_many([attrs.evolve(entry, result="failed") for entry in entries[:2]]) == 0
        assert await store.audit.add_many([*entries, *entries]) == 1
        found = await store.audit.list(user.id, limit=10, offset=0)
        assert [entry.result for entry in found] == ["success"] * 3

    async def test_audit_is_listed_newest_first_by_owner_and_action(self, store: MetadataStore) -> None:
        """Audit is listed newest first, by owner and action."""
        user, stranger = await a_user(store), await a_user(store)
        actions = ["keys.create", "keys.revoke", "keysmith.create", "account.login"]
        mine = [an_entry(user.id, action=action) for action in actions]  # all at the same moment
        later = an_entry(stranger.id, at=NOON + timedelta(hours=1))
        nobody = an_entry(None, at=NOON + timedelta(hours=2), action="account.login", result="denied")
        await store.audit.add_many([later, nobody, *mine])

        async def own(**how: object) -> list[str]:
            wanted = {"limit": 10, "offset": 0, **how}
            return [entry.id for entry in await store.audit.list(user.id, **wanted)]  # type: ignore[arg-type]  # as above

        ids = [entry.id for entry in mine]
        assert await own() == ids[::-1]
        assert await own(limit=2, offset=1) == ids[::-1][1:3]
        assert await own(action="keys") == [ids[1], ids[0]]
        assert await own(action="keys.create") == [ids[0]]
        assert await own(action="keys.%") == []
        everyone = [entry.id for entry in await store.audit.list_all(limit=3, offset=0)]
        assert everyone == [nobody.id, later.id, ids[-1]]
        logins = [entry.id for entry in await store.audit.list_all(limit=10, offset=0, action="account")]
        assert logins == [nobody.id, ids[-1]]

    async def test_impossible_audit_entries_are_made_possible(self, store: MetadataStore) -> None:
        """Impossible audit entries are made possible: none is lost, none holds up the others."""
        user = await a_user(store)
        entries = [
            an_entry(user.id, details={"what": object()}),
            an_entry(user.id, object_id="nul \0, surrogate \ud800 " + "x" * 999, request_id="r" * 999),
            an_entry(user.id, credential_id="\U0001f600" * 300, ip="i" * 99, scheme="s" * 99),
        ]
        assert await store.audit.add_many(entries) == 3
        found = {entry.id: entry for entry in await store.audit.list(user.id, limit=10, offset=0)}
        assert found[entries[0].id].details is None
        assert len(found[entries[1].id].object_id or "") == 255
        assert len(found[entries[2].id].credential_id or "") == 255

    async def test_large_batch_of_audit_entries(self, store: MetadataStore) -> None:
        """Large batch of audit entries."""
        user = await a_user(store)
        entries = [an_entry(user.id, details={"name": "n" * 500}) for _ in range(1100)]
        assert await store.audit.add_many(entries) == 1100
        assert await store.audit.add_many(entries) == 0

    async def test_old_audit_entries_are_pruned(self, store: MetadataStore) -> None:
        """Old audit entries are pruned: the oldest first, no more than asked for."""
        user = await a_user(store)
        entries = [an_entry(user.id, at=NOON - timedelta(days=days)) for days in range(5)]
        await store.audit.add_many(entries)
        before = NOON - timedelta(days=1)
        assert await store.audit.prune(before, most=2) == 2
        assert [entry.id for entry in await store.audit.list(user.id, limit=10, offset=0)] == [
            entry.id for entry in entries[:3]
        ]
        assert await store.audit.prune(before, most=2) == 1
        assert await store.audit.prune(before, most=2) == 0
        assert len(await store.audit.list(user.id, limit=10, offset=0)) == 2
