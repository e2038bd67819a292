"""Stored credentials change keys: in batches, resumable, beside others that write."""

import attrs
import pytest
from altus4_databases_mysql.checks import finding_of
from altus4_databases_mysql.credentials import Vault
from altus4_databases_mysql.keyring import Keyring, new_key_entry
from altus4_databases_mysql.link import key_place, password_place
from altus4_databases_mysql.rotation import BATCH, rotate, survey

from altus4_core.errors import TargetFailed
from altus4_core.records import Severity
from altus4_core.stored import Database, User
from altus4_core.testing.memory import MemoryStore

OLD, NEW = new_key_entry("old"), new_key_entry("new")


def vault(*entries):
    return Vault(Keyring.parse(",".join(entries)))


async def filled(count, sealing=OLD):
    store = MemoryStore()
    await store.users.add(User("u", "u@example.org", "U"))
    sealed = vault(sealing)
    for number in range(count):
        row_id = f"d-{number:04}"
        config = {"pool": {"size": 2}}
        if number % 3 == 0:
            config["clientKey"] = sealed.encrypt(f"pem {number}", key_place(row_id, "u"))
        password = sealed.encrypt(f"password {number}", password_place(row_id, "u"))
        await store.databases.add(Database(row_id, "u", row_id, "h", number + 1, "s", "x", password, config=config))
    return store


async def opened(store, keys):
    """Open everything with these keys alone."""
    rows = await store.databases.page("", 10_000)
    found = {}
    for row in rows:
        found[row.id] = keys.decrypt(row.password_encrypted, password_place(row.id, "u"))
        if "clientKey" in row.config:
            keys.decrypt(row.config["clientKey"], key_place(row.id, "u"))
    return found


async def test_everything_is_sealed_anew_and_nothing_else_changes():
    store = await filled(2 * BATCH + 7)
    before = await store.databases.page("", 10_000)
    seen = []
    done = await rotate(store.databases, vault(NEW, OLD), seen.append)
    assert (done.sealed, done.left, done.unreadable) == (2 * BATCH + 7 + 69, [], [])
    assert seen == [BATCH, 2 * BATCH, 2 * BATCH + 7]
    assert (await opened(store, vault(NEW)))["d-0005"] == "password 5"
    for old, new in zip(before, await store.databases.page("", 10_000), strict=True):
        assert (new.version, new.updated_at, new.config["pool"]) == (old.version, old.updated_at, old.config["pool"])
    assert (await rotate(store.databases, vault(NEW, OLD))).sealed == 0


async def test_it_goes_on_where_it_was_stopped():
    store = await filled(3 * BATCH)

    def stop(done):
        if done == 2 * BATCH:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rotate(store.databases, vault(NEW, OLD), stop)
    half = await survey(store.databases, vault(NEW, OLD))
    assert half.unreadable_count == 0
    assert 0 < half.stale < half.secrets.total()
    assert (await rotate(store.databases, vault(NEW, OLD))).sealed == half.stale
    assert len(await opened(store, vault(NEW))) == 3 * BATCH


async def test_a_row_changed_meanwhile_keeps_its_change_and_is_sealed_in_the_next_pass():
    store = await filled(3)
    both = vault(NEW, OLD)

    @attrs.define
    class Disturbed:
        inner: object
        disturbed: bool = False

        async def page(self, after, limit):
            return await self.inner.page(after, limit)

        async def reseal(self, before, after):
            if before.id == "d-0001" and not self.disturbed:
                self.disturbed = True
                changed = vault(OLD).encrypt("another password", password_place("d-0001", "u"))
                await self.inner.update(attrs.evolve(before, password_encrypted=changed))
            return await self.inner.reseal(before, after)

    done = await rotate(Disturbed(store.databases), both)
    assert done.left == []
    assert (await opened(store, vault(NEW)))["d-0001"] == "another password"


async def test_what_cannot_be_opened_is_named_and_left():
    store = await filled(4)
    (_, second, *_) = await store.databases.page("", 10)
    await store.databases.reseal(second, attrs.evolve(second, password_encrypted="v1.gone.AAAA.BBBB"))
    found = await survey(store.databases, vault(NEW, OLD))
    assert (found.unreadable, found.unreadable_count, found.stale) == (["d-0001"], 1, 6)
    assert finding_of(found).severity is Severity.ERROR
    done = await rotate(store.databases, vault(NEW, OLD))
    assert done.unreadable == ["d-0001"]
    with pytest.raises(TargetFailed):
        await opened(store, vault(NEW))
    assert (await store.databases.get("u", "d-0001")).password_encrypted == "v1.gone.AAAA.BBBB"


async def test_findings():
    store = await filled(2)
    assert finding_of(await survey(store.databases, vault(OLD))).severity is Severity.OK
    assert finding_of(await survey(store.databases, vault(NEW, OLD))).severity is Severity.INFO
    assert finding_of(await survey(store.databases, vault(NEW))).severity is Severity.ERROR
