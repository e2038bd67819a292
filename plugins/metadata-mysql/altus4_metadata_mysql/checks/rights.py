"""Whether the gateway's account may do what the enabled plugins need, and no more."""

from collections.abc import Sequence
from typing import Final

from altus4_mysql import DriverConnection

from altus4_core.records import Finding, Severity
from altus4_core.tables import TableRights, ordered
from altus4_metadata_mysql.checks.asking import Server
from altus4_metadata_mysql.grants import app_grants
from altus4_metadata_mysql.privileges import ALL, Privileges, read_privileges

SHOWN: Final = 6


class Rights:
    """Compares `SHOW GRANTS` with what the plugins say they need.

    Args:
        server: Where to look.
        tables: What the plugins need.
    """

    name = "grants"

    def __init__(self, server: Server, tables: TableRights) -> None:
        self._server = server
        self._tables = tables

    async def run(self) -> Sequence[Finding]:
        """Look and tell."""
        return await self._server.look(self.name, self._look)

    async def _look(self, connection: DriverConnection) -> Sequence[Finding]:
        account = str((await connection.query("SELECT CURRENT_USER()")).scalar())
        user, _, host = account.rpartition("@")
        privileges = await read_privileges(connection)
        return compare(privileges, self._server.schema, self._tables, f"'{user}'@'{host}'")


def compare(privileges: Privileges, schema: str, tables: TableRights, account: str) -> Sequence[Finding]:
    """Say what is missing, as an error with the statements that give it, and what is too much, as a warning."""
    missing = {
        table: frozenset(right for right in rights if not privileges.may(right, schema, table))
        for table, rights in tables.items()
    }
    missing = {table: rights for table, rights in missing.items() if rights}
    if missing:
        lacks = "; ".join(f"{', '.join(ordered(rights))} on {table}" for table, rights in missing.items())
        statements = "; ".join(app_grants(account, schema, missing))
        return [Finding("grants", Severity.ERROR, f"{account} lacks {lacks}", f"run as administrator: {statements}")]
    extra = _extra(privileges, schema, tables)
    if extra:
        shown = ", ".join(extra[:SHOWN]) + (f" and {len(extra) - SHOWN} more" if len(extra) > SHOWN else "")
        hint = "make an account with the statements of altus4 grants --for app"
        return [Finding("grants", Severity.WARNING, f"{account} may do more than it needs: {shown}", hint)]
    return [Finding("grants", Severity.OK, f"{account} may do what the plugins need, and no more")]


def _extra(privileges: Privileges, schema: str, tables: TableRights) -> list[str]:
    found = [f"{right} everywhere" for right in ordered(privileges.everywhere())]
    on_schema = ordered(privileges.on_schema(schema))
    found += [f"{right} on {schema}.*" for right in on_schema]
    for table, rights in privileges.tables(schema).items():
        too_much = rights - tables.get(table, frozenset()) - {ALL}
        found += [f"{right} on {table}" for right in ordered(too_much)]
        found += [f"everything on {table}"] if ALL in rights else []
    return found + [f"rights on {place}" for place in privileges.elsewhere(schema)]
