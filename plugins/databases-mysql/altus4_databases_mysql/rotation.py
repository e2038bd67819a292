"""Stored credentials under the keys of the keyring: which key sealed what, and sealing everything with the first one.

Rows are gone through in batches by id, and written only where nobody changed them meanwhile, so a rotation may be
stopped and started again at any moment and beside running gateways. The row's version stays: open pools go on.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable

import attrs

from altus4_core.errors import TargetFailed
from altus4_core.store import DatabaseRepository
from altus4_core.stored import Database
from altus4_core.vault import CredentialVault, SecretPlace
from altus4_databases_mysql.credentials import key_id_of
from altus4_databases_mysql.link import key_place, password_place

BATCH = 100
_MOST_NAMED = 100
_PASSES = 3  # over rows that somebody changed in between


@attrs.define
class Survey:
    """What is stored.

    Attributes:
        databases: Rows.
        secrets: How many secrets each key id sealed; "" for what is no sealed secret.
        unreadable: Ids of databases with a secret that no key opens, the first hundred.
        unreadable_count: How many there are.
        stale: Secrets that another key than the first one sealed.
    """

    databases: int = 0
    secrets: Counter[str] = attrs.field(factory=Counter)
    unreadable: list[str] = attrs.field(factory=list)
    unreadable_count: int = 0
    stale: int = 0

    def add_unreadable(self, database_id: str) -> None:
        """Note one."""
        self.unreadable_count += 1
        if len(self.unreadable) < _MOST_NAMED:
            self.unreadable.append(database_id)


@attrs.define
class Rotation:
    """What a rotation did: secrets sealed anew, databases it could not read, databases changed under its hands."""

    sealed: int = 0
    unreadable: list[str] = attrs.field(factory=list)
    left: list[str] = attrs.field(factory=list)


async def survey(rows: DatabaseRepository, vault: CredentialVault) -> Survey:
    """Try to open every stored secret."""
    found = Survey()
    async for row in _all(rows):
        found.databases += 1
        readable = True
        for stored, place in _secrets_of(row):
            found.secrets[key_id_of(stored)] += 1
            found.stale += not vault.is_current(stored)
            try:
                vault.decrypt(stored, place)
            except TargetFailed:
                readable = False
        if not readable:
            found.add_unreadable(row.id)
    return found


async def rotate(
    rows: DatabaseRepository, vault: CredentialVault, advanced: Callable[[int], None] = lambda _: None
) -> Rotation:
    """Seal everything with the first key of the keyring.

    Args:
        rows: The databases.
        vault: With the new key in front and the old ones behind it.
        advanced: Told how many rows have been looked at.
    """
    result = Rotation()
    for _ in range(_PASSES):
        result.left.clear()
        result.unreadable.clear()
        done = 0
        async for row in _all(rows):
            await _rotate_one(rows, vault, row, result)
            done += 1
            if done % BATCH == 0:
                advanced(done)
        advanced(done)
        if not result.left:
            break
    return result


async def _rotate_one(rows: DatabaseRepository, vault: CredentialVault, row: Database, result: Rotation) -> None:
    stale = [(stored, place) for stored, place in _secrets_of(row) if not vault.is_current(stored)]
    if not stale:
        return
    try:
        sealed = {place.column: vault.encrypt(vault.decrypt(stored, place), place) for stored, place in stale}
    except TargetFailed:
        result.unreadable.append(row.id)
        return
    key = sealed.get(key_place(row.id, row.user_id).column)
    after = attrs.evolve(
        row,
        password_encrypted=sealed.get(password_place(row.id, row.user_id).column, row.password_encrypted),
        config={**row.config, "clientKey": key} if key is not None else row.config,
    )
    if await rows.reseal(row, after):
        result.sealed += len(sealed)
    else:
        result.left.append(row.id)  # changed or removed just now: the next pass sees what it has become


async def _all(rows: DatabaseRepository) -> AsyncIterator[Database]:
    after = ""
    while page := await rows.page(after, BATCH):
        for row in page:
            yield row
        after = page[-1].id


def _secrets_of(row: Database) -> list[tuple[str, SecretPlace]]:
    """Give the stored secrets of a row of this plugin's kind, and where each belongs."""
    if row.kind != "mysql":
        return []
    found = [(row.password_encrypted, password_place(row.id, row.user_id))]
    key = row.config.get("clientKey")
    if isinstance(key, str) and key:
        found.append((key, key_place(row.id, row.user_id)))
    return found
