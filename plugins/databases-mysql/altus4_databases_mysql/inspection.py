"""A look around a connected database: what it is, how it is reached, what the account may do, what is missing."""

from collections.abc import Sequence

import attrs
from altus4_mysql import TargetSchema

from altus4_core.errors import TargetFailed
from altus4_core.records import Notice
from altus4_databases_mysql.grants import Grants, read_grants, read_only_statements
from altus4_databases_mysql.target import MySQLOpenTarget

DEADLINE = 5.0  # seconds for one statement


@attrs.frozen
class Inspection:
    """The result. `round_trip_ms` is of a trivial statement on an open connection; `code` is a failure's."""

    connected: bool
    message: str
    code: str = ""
    round_trip_ms: float = 0.0
    version: str = ""
    flavour: str = ""
    tls: str = ""
    grants: Sequence[str] = ()
    variables: dict[str, str] = attrs.field(factory=dict)
    tables: int = 0
    searchable_tables: int = 0
    warnings: Sequence[Notice] = ()


async def inspect(target: MySQLOpenTarget) -> Inspection:
    """Look around; raises `TargetFailed`."""
    await target.ping()
    round_trip = await target.ping()
    status = (await target.fetch("SHOW SESSION STATUS LIKE 'Ssl_version'", deadline=DEADLINE)).first()
    tls = str(status[1]) if status else ""
    grants = await _grants(target)
    schema = await target.schema()
    warnings = [*_about_grants(grants, schema.database), *_about_schema(schema)]
    if not tls:
        warnings.append(Notice("NO_TLS", "The connection is not encrypted; set tlsMode to required or stricter."))
    return Inspection(
        connected=True,
        message="Connected.",
        round_trip_ms=round(round_trip, 2),
        version=schema.server.version,
        flavour=schema.server.flavour,
        tls=tls,
        grants=grants.lines,
        variables=dict(schema.server.variables),
        tables=len(schema.tables),
        searchable_tables=len(schema.searchable),
        warnings=warnings,
    )


async def _grants(target: MySQLOpenTarget) -> Grants:
    try:
        rows = await target.fetch("SHOW GRANTS", deadline=DEADLINE)
    except TargetFailed as failure:
        if failure.error_code != "QUERY_FAILED":
            raise
        return Grants(())
    return read_grants([str(row[0]) for row in rows])


def _about_grants(grants: Grants, schema: str) -> list[Notice]:
    warnings = []
    hint = {"statements": list(read_only_statements(schema))}
    if grants.administers:
        listed = ", ".join(grants.administers)
        warnings.append(
            Notice("ACCOUNT_TOO_POWERFUL", f"The account may administer the server or its files ({listed}).", hint)
        )
    if grants.writes:
        listed = ", ".join(grants.writes)
        warnings.append(Notice("ACCOUNT_CAN_WRITE", f"The account may change data or structure ({listed}).", hint))
    return warnings


def _about_schema(schema: TargetSchema) -> list[Notice]:
    warnings = []
    if not schema.tables:
        warnings.append(Notice("NO_TABLES", "The account sees no table in this database; check its grants."))
    elif not schema.searchable:
        example = "ALTER TABLE <table> ADD FULLTEXT INDEX <name> (<text columns>)"
        warnings.append(Notice("NO_FULLTEXT_INDEX", f"No table has a FULLTEXT index; for example: {example}"))
    unidentified = [table.name for table in schema.searchable if not (table.primary_key or table.prefixed_key)]
    prefixed = [table.name for table in schema.searchable if not table.primary_key and table.prefixed_key]
    if unidentified:
        warnings.append(
            Notice(
                "NO_PRIMARY_KEY",
                "Some searchable tables have no primary key, so that their rows cannot be told apart.",
                {"tables": unidentified[:100]},
            )
        )
    if prefixed:
        message = (
            "The primary keys of some searchable tables cover only a prefix of a column and cannot name their rows."
        )
        warnings.append(Notice("PRIMARY_KEY_PREFIXED", message, {"tables": prefixed[:100]}))
    return warnings
