"""The accounts of a deployment as SQL: what each needs, and nothing else."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import attrs
from altus4_mysql import literal

from altus4_core.tables import TableRights, ordered

# What the files in `migrations/` use, and what restoring a backup of their tables needs.
MIGRATION_RIGHTS: Final = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES",
)  # fmt: skip
BACKUP_RIGHTS: Final = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT")
# Routines, and the position in the binary log that belongs to the dump.
BACKUP_GLOBAL: Final[Mapping[str, Sequence[str]]] = {
    "MySQL": ("SHOW_ROUTINE", "RELOAD", "REPLICATION CLIENT"),
    "MariaDB": ("RELOAD", "BINLOG MONITOR"),
}
ROUTINES_OF_MARIADB: Final = "`mysql`.`proc`"
SEARCH_RIGHTS: Final = ("SELECT", "SHOW VIEW")
PURPOSES: Final[Mapping[str, str]] = {
    "migrate": "altus4_migrate",
    "app": "altus4_app",
    "backup": "altus4_backup",
    "search": "altus4_search",
}


@attrs.frozen
class Account:
    """Whose rights; `tls` lets it in with encryption only."""

    user: str
    host: str
    password: str = attrs.field(factory=lambda: secrets.token_urlsafe(24), repr=False)
    tls: bool = True

    @property
    def name(self) -> str:
        """Give `'user'@'host'`."""
        return f"{literal(self.user)}@{literal(self.host)}"

    def create(self) -> str:
        """Give the statement that makes it."""
        require = " REQUIRE SSL" if self.tls else ""
        return f"CREATE USER IF NOT EXISTS {self.name} IDENTIFIED BY {literal(self.password)}{require}"


def app_grants(account: str, schema: str, tables: TableRights) -> list[str]:
    """Give the gateway's rights, table by table; the tables must be there."""
    return [_grant(rights, f"{quoted(schema)}.{quoted(table)}", account) for table, rights in tables.items()]


def statements(purpose: str, account: Account, schema: str, tables: TableRights, product: str) -> list[str]:
    """Give everything an account needs, the account first.

    Args:
        purpose: One of `PURPOSES`.
        account: The account.
        schema: The metadata schema, or the customer's for `search`.
        tables: What the plugins need.
        product: `MySQL` or `MariaDB`.
    """
    whole = f"{pattern(schema)}.*"
    if purpose == "app":
        return [account.create(), *app_grants(account.name, schema, tables)]
    if purpose == "migrate":
        return [account.create(), _listed(MIGRATION_RIGHTS, whole, account.name)]
    if purpose == "search":
        return [account.create(), _listed(SEARCH_RIGHTS, whole, account.name)]
    found = [
        account.create(),
        _listed(BACKUP_RIGHTS, whole, account.name),
        _listed(BACKUP_GLOBAL[product], "*.*", account.name),
    ]
    if product == "MariaDB":
        found.append(_listed(("SELECT",), ROUTINES_OF_MARIADB, account.name))
    return found


def quoted(name: str) -> str:
    """Quote a name for a statement that is run as it is."""
    return "`" + name.replace("`", "``") + "`"


def pattern(schema: str) -> str:
    """Quote a schema for `GRANT ... ON schema.*`, where `_` and `%` would stand for others."""
    return quoted(re.sub(r"([\\_%])", r"\\\1", schema))


def _grant(rights: frozenset[str], place: str, account: str) -> str:
    return _listed(ordered(rights), place, account)


def _listed(rights: Sequence[str], place: str, account: str) -> str:
    return f"GRANT {', '.join(rights)} ON {place} TO {account}"
