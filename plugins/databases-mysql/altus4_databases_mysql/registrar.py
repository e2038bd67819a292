"""The registrar: connects databases to users, changes and removes them. Every method takes the owner's id."""

import uuid
from collections.abc import Sequence

import attrs

from altus4_core.clock import Clock
from altus4_core.errors import Conflict, NotFound, TargetFailed, ValidationFailed
from altus4_core.store import MetadataStore
from altus4_core.stored import Database
from altus4_databases_mysql.bodies import ChangeBody
from altus4_databases_mysql.changes import changed_terms, reaches_the_same, row_terms
from altus4_databases_mysql.connector import Connector
from altus4_databases_mysql.inspection import Inspection, inspect
from altus4_databases_mysql.link import key_place, password_place
from altus4_databases_mysql.terms import ConnectionTerms

KIND = "mysql"
_REASONS = frozenset({"UNREACHABLE", "ACCESS_DENIED", "UNKNOWN_DATABASE", "TLS", "NOT_ALLOWED", "INVALID_OPTIONS"})


class Registrar:
    """Keeps the `databases` table and what is stored in it in step."""

    def __init__(self, store: MetadataStore, connector: Connector, clock: Clock) -> None:
        self._store = store
        self._connector = connector
        self._clock = clock

    async def add(self, user_id: str, terms: ConnectionTerms) -> Database:
        """Connect first, then store.

        Raises:
            ValidationFailed: a value is wrong, or (`DATABASE_CONNECTION_FAILED`) it cannot be connected.
            Conflict: the user has this host, port and schema already.
        """
        checked = terms.checked()
        for other in await self._store.databases.list(user_id):
            if (other.host, other.port, other.database_name) == (checked.host, checked.port, checked.database):
                raise _duplicate()
        row = self._row(str(uuid.uuid4()), user_id, checked)
        await self._try(row)
        now = self._clock.now()
        row = attrs.evolve(row, last_connected=now, created_at=now, updated_at=now)
        await self._store.databases.add(row)
        return await self.get(user_id, row.id)  # as it is stored: with times as exact as the store keeps them

    async def list(self, user_id: str) -> Sequence[Database]:
        """List the user's databases by name."""
        return [row for row in await self._store.databases.list(user_id) if row.kind == KIND]

    async def get(self, user_id: str, database_id: str) -> Database:
        """Give one; raises `NotFound` for unknown and foreign ids alike."""
        row = await self._store.databases.get(user_id, database_id)
        if row is None or row.kind != KIND:
            message = "Database not found"
            raise NotFound(message)
        return row

    async def find(self, user_id: str, wanted: str) -> Database:
        """Give one by its id or its name; raises `NotFound`, also when several have that name."""
        rows = [row for row in await self.list(user_id) if wanted in (row.id, row.name)]
        if len(rows) != 1:
            message = "Database not found" if not rows else "Several databases have this name; give the id"
            raise NotFound(message)
        return rows[0]

    async def change(self, row: Database, body: ChangeBody) -> Database:
        """Change a row, connecting first where the change is about reaching it.

        Raises:
            ValidationFailed: as for `add`, or the password is needed again.
            Conflict: the user has this host, port and schema already.
            TargetFailed: a secret that is to stay cannot be read (`CREDENTIALS_UNREADABLE`).
            NotFound: it is gone meanwhile.
        """
        vault = self._connector.vault
        terms = changed_terms(row, body, vault).checked()
        for other in await self._store.databases.list(row.user_id):
            same = (other.host, other.port, other.database_name) == (terms.host, terms.port, terms.database)
            if same and other.id != row.id:
                raise _duplicate()
        now = self._clock.now()
        changed = attrs.evolve(
            self._row(row.id, row.user_id, terms),
            created_at=row.created_at,
            updated_at=now,
            last_connected=row.last_connected,
            version=row.version,
        )
        if body.password is not None or not reaches_the_same(row_terms(row, vault, {}), terms):
            await self._try(changed)
            changed = attrs.evolve(changed, last_connected=now)
        if not await self._store.databases.update(changed):
            message = "Database not found"
            raise NotFound(message)
        return await self.get(row.user_id, row.id)

    async def remove(self, user_id: str, database_id: str) -> None:
        """Take a database away; raises `NotFound`."""
        if not await self._store.databases.remove(user_id, database_id):
            message = "Database not found"
            raise NotFound(message)

    async def test(self, row: Database) -> Inspection:
        """Connect anew and look around; a failure is a result, not an error."""
        target = None
        try:
            target = self._connector.open(row)
            return await inspect(target)
        except TargetFailed as failure:
            return Inspection(connected=False, message=failure.message, code=failure.error_code)
        finally:
            if target is not None:
                await target.aclose()

    def _row(self, database_id: str, user_id: str, terms: ConnectionTerms) -> Database:
        vault = self._connector.vault
        config = {
            "tlsMode": terms.tls_mode,
            "ca": terms.ca,
            "clientCert": terms.client_cert,
            "clientKey": vault.encrypt(terms.client_key, key_place(database_id, user_id)) if terms.client_key else None,
            "pool": dict(terms.pool),
            "environments": list(terms.environments),
            "options": dict(terms.options),
        }
        return Database(
            id=database_id,
            user_id=user_id,
            name=terms.name,
            host=terms.host,
            port=terms.port,
            database_name=terms.database,
            username=terms.username,
            password_encrypted=vault.encrypt(terms.password, password_place(database_id, user_id)),
            ssl_enabled=terms.tls_mode != "disabled",
            config={name: value for name, value in config.items() if value},
            kind=KIND,
        )

    async def _try(self, row: Database) -> None:
        """Connect once; raises `ValidationFailed` (`DATABASE_CONNECTION_FAILED`)."""
        try:
            target = self._connector.open(row)
            try:
                await target.ping()
            finally:
                await target.aclose()
        except TargetFailed as failure:
            reason = failure.error_code if failure.error_code in _REASONS else "UNREACHABLE"
            raise ValidationFailed(
                failure.message, code="DATABASE_CONNECTION_FAILED", details={"reason": reason}
            ) from failure


def _duplicate() -> Conflict:
    return Conflict("This host, port and database is connected already.", code="DATABASE_EXISTS")
