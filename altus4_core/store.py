"""The metadata store: one repository per table, and the store that migrations run through.

Every repository method that reads or writes a tenant's rows takes the owner's user id and confines its statement
to it; the few that cannot (login, key lookup) say so. Absent rows are None, never an exception. A store that
cannot be reached raises `Unavailable`.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from altus4_core.popularqueries import PopularQueries
from altus4_core.searchlog import MetricRepository, SearchRepository
from altus4_core.stored import ApiKey, AuditEntry, Database, Session, User


class UserRepository(Protocol):
    """Accounts."""

    async def add(self, user: User) -> None:
        """Insert; raises `Conflict` (`USER_EXISTS`) for a taken e-mail address."""
        ...

    async def get(self, user_id: str) -> User | None:
        """Read one account."""
        ...

    async def by_email(self, email: str) -> User | None:
        """Read one account by its lower-case address (login only)."""
        ...

    async def update(self, user: User) -> bool:
        """Write name, e-mail, password hash and role; False when it is gone."""
        ...

    async def rename(self, user_id: str, *, name: str, email: str) -> bool:
        """Write name and e-mail alone; raises `Conflict` (`USER_EXISTS`) for a taken address."""
        ...

    async def replace_password(self, user_id: str, *, old: str, new: str) -> bool:
        """Write a new password hash if the old one is still there; False when it is not."""
        ...

    async def remove(self, user_id: str) -> bool:
        """Delete the account and, by cascade, what it owns."""
        ...


class SessionRepository(Protocol):
    """Logins."""

    async def add(self, session: Session) -> None:
        """Insert."""
        ...

    async def get(self, session_id: str) -> Session | None:
        """Read one session, ended or not, whoever owns it (authentication only)."""
        ...

    async def rotate(self, session_id: str, *, generation: int, at: datetime) -> bool:
        """Raise the generation by one and note the use, if it is still this generation and has not ended.

        Of callers with the same generation one gets True: this is what makes a refresh token good once.
        """
        ...

    async def revoke(self, user_id: str, session_id: str, at: datetime) -> bool:
        """End one of the user's sessions; False when it is gone or had ended."""
        ...

    async def revoke_all(self, user_id: str, at: datetime, *, keep: str | None = None) -> Sequence[str]:
        """End all of the user's sessions but `keep`; gives the ids of those ended."""
        ...

    async def prune(self, user_id: str, before: datetime) -> int:
        """Delete the user's sessions that ended before this moment."""
        ...


class ApiKeyRepository(Protocol):
    """API keys."""

    async def add(self, key: ApiKey) -> None:
        """Insert."""
        ...

    async def add_first(self, key: ApiKey, now: datetime) -> bool:
        """Insert unless the user has a key that works at `now`; of callers at once one gets True.

        Such a key is active, and neither expired nor retired. Whichever process the callers are in: False says that
        somebody else's key is there.
        """
        ...

    async def by_hash(self, key_hash: str) -> ApiKey | None:
        """Read the key with this SHA-256 hex digest, active or not, whoever owns it (authentication only)."""
        ...

    async def list(self, user_id: str) -> Sequence[ApiKey]:
        """List a user's active keys, newest first."""
        ...

    async def get(self, user_id: str, key_id: str) -> ApiKey | None:
        """Read one of the user's keys, active or not."""
        ...

    async def update(self, key: ApiKey) -> bool:
        """Write everything an owner may change (name, permissions, limits, expiry, is_active).

        A key that has ended stays so, even if it ended between reading and writing: `is_active` is only ever
        cleared here, and `retired_at` set once.
        """
        ...

    async def retire(self, user_id: str, key_id: str, until: datetime) -> bool:
        """Set when one of the user's keys ends; of callers at the same time one gets True.

        False when there is no such key, or it is not active, or has its end already.
        """
        ...

    async def record_use(self, uses: Sequence["KeyUse"]) -> None:
        """Add to the totals and to the hours of many keys at once: all of it or, when it fails, nothing.

        A key may occur several times, once for each hour; keys that are gone are left out.
        """
        ...

    async def hours(self, user_id: str, key_id: str, since: datetime) -> Sequence["KeyHour"]:
        """Read how often one of the user's keys was used in each hour from `since` on, in order; hours without use
        are left out.
        """
        ...


@attrs.frozen
class KeyUse:
    """What happened to one key since the last time: `count` more requests, the last at `at` from `ip`."""

    key_id: str
    count: int
    at: datetime
    ip: str


@attrs.frozen
class KeyHour:
    """How often a key was used in the hour (UTC) that begins at `hour`."""

    hour: datetime
    count: int


class DatabaseRepository(Protocol):
    """Connected databases."""

    async def add(self, database: Database) -> None:
        """Insert; raises `Conflict` when the user has the same host, port and schema already."""
        ...

    async def list(self, user_id: str) -> Sequence[Database]:
        """List a user's active databases by name, then id."""
        ...

    async def get(self, user_id: str, database_id: str) -> Database | None:
        """Read one active database of the user."""
        ...

    async def update(self, database: Database) -> bool:
        """Write the row with `version` one higher; False when it is gone."""
        ...

    async def remove(self, user_id: str, database_id: str) -> bool:
        """Take the database away from the user."""
        ...

    async def touch(self, database_id: str, at: datetime) -> None:
        """Note a successful connection."""
        ...

    async def page(self, after: str, limit: int) -> Sequence[Database]:
        """List everybody's rows, inactive ones too, by id, beginning behind `after`: for operators alone."""
        ...

    async def reseal(self, before: Database, after: Database) -> bool:
        """Write `password_encrypted` and `config` of `after` where the row is still as in `before`; no new version.

        For the same secrets under another key: whoever has the database open need not open it again.
        """
        ...


class AuditRepository(Protocol):
    """The audit trail: entries are added and read, never changed."""

    async def add_many(self, entries: Sequence[AuditEntry]) -> int:
        """Insert a batch; entries already there (same id) are left alone, texts cut to what the columns hold.

        Returns:
            How many entries are there now that were not before.
        """
        ...

    async def list(self, user_id: str, *, limit: int, offset: int, action: str | None = None) -> Sequence[AuditEntry]:
        """List a user's entries, newest first.

        Args:
            user_id: Whose.
            limit: Most entries.
            offset: Entries to skip.
            action: Of this action alone (`keys.create`), or of all of a kind (`keys`).
        """
        ...

    async def list_all(self, *, limit: int, offset: int, action: str | None = None) -> Sequence[AuditEntry]:
        """List everybody's entries, newest first (administrators only)."""
        ...

    async def prune(self, before: datetime, *, most: int) -> int:
        """Delete entries from before this moment, at most `most` of them, the oldest first; gives how many."""
        ...


@runtime_checkable
class MetadataStore(Protocol):
    """Everything the gateway remembers."""

    @property
    def users(self) -> UserRepository:
        """Accounts."""
        ...

    @property
    def sessions(self) -> SessionRepository:
        """Logins."""
        ...

    @property
    def api_keys(self) -> ApiKeyRepository:
        """API keys."""
        ...

    @property
    def databases(self) -> DatabaseRepository:
        """Connected databases."""
        ...

    @property
    def searches(self) -> SearchRepository:
        """The search log."""
        ...

    @property
    def popular(self) -> PopularQueries:
        """Popular queries."""

    @property
    def audit(self) -> AuditRepository:
        """The audit trail."""
        ...

    @property
    def metrics(self) -> MetricRepository:
        """Aggregated figures."""
        ...

    async def ping(self) -> None:
        """Answer quickly or raise `Unavailable`."""
        ...


@attrs.frozen
class AppliedMigration:
    """A row of the tracking table. `filename` is `NNN_name`, or `namespace/NNN_name` for outside plugins.

    `state` is `applied`; or, of a file that is under way or stopped there, `going-up`, `failed-up` (a statement was
    refused and has had no effect), `going-down`, `failed-down`, or `undoing` (down, of a file that was never applied as
    a whole). `statements_done` says how far it got, `statement_hashes` what has run, in order. `applied_by` is the
    account on the server. `applied_at` has whole seconds.
    """

    filename: str
    applied_at: datetime
    batch: int = 1
    checksum: str = ""
    state: str = "applied"
    statements_done: int = 0
    statement_hashes: tuple[str, ...] = ()
    duration_ms: int = 0
    applied_by: str = ""


class MigrationSession(Protocol):
    """The held migration lock, on one connection that never reconnects."""

    async def applied(self) -> Sequence[AppliedMigration]:
        """Read the tracking table in order of application; empty when there is none yet."""
        ...

    async def run(self, statement: str, *, resumed: bool = False, progress: "AppliedMigration | None" = None) -> None:
        """Run one SQL statement.

        Args:
            statement: The SQL.
            resumed: A run that was cut off may have finished it: "exists already" and "is gone already" are fine.
            progress: Recorded when it has run; in one transaction with it where it changes rows, not tables.

        Raises:
            MigrationFailed: the server refused it, and it has had no effect; or the server went away.
        """
        ...

    async def record(self, row: AppliedMigration) -> None:
        """Insert or replace a row of the tracking table (made on first use). `applied_by` is the server's to say.

        Raises:
            MigrationFailed: the server refused it or went away; or the row is `applied` while the script has left a
                transaction open.
        """
        ...

    async def mark(self, filename: str, state: str) -> None:
        """Change the state of a row alone.

        Raises:
            MigrationFailed: the server refused it or went away.
        """
        ...

    async def forget(self, filename: str) -> None:
        """Delete a row of the tracking table.

        Raises:
            MigrationFailed: as for `record` of an applied row.
        """
        ...

    async def rename(self, filename: str, to: str) -> None:
        """Give a row of the tracking table another name; it keeps its place in the order.

        Raises:
            MigrationFailed: there is a row of that name, or the server went away.
        """
        ...

    async def wipe(self, *, views: bool) -> Sequence[str]:
        """Drop every table of the schema, the tracking table first, and with `views` every view; gives their names.

        Raises:
            MigrationFailed: the server refused it or went away.
        """
        ...


@runtime_checkable
class MigrationStore(Protocol):
    """Where migrations are run and remembered. Usable before any table exists."""

    async def applied(self) -> Sequence[AppliedMigration]:
        """Read the tracking table in order of application, without a lock; writes nothing. Empty without a schema.

        Raises:
            StartupRefused: the server cannot be reached.
            MigrationFailed: it does not answer, or the table is somebody else's.
        """
        ...

    def session(self, *, wait: float) -> AbstractAsyncContextManager[MigrationSession]:
        """Take the migration lock, waiting at most `wait` seconds; makes the schema if it is absent.

        Raises:
            Busy: somebody else holds the lock.
        """
        ...
