"""Emptying a schema: every table, and if asked every view and routine."""

from collections.abc import Sequence
from typing import Final

from altus4_mysql import DriverConnection, quote_identifier, render

VIEW: Final = "VIEW"
TABLES: Final = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY 1"
ROUTINES: Final = "SELECT routine_name, routine_type FROM information_schema.routines WHERE routine_schema = %s"
EVENTS: Final = "SELECT event_name, 'EVENT' FROM information_schema.events WHERE event_schema = %s"


async def contents(connection: DriverConnection, schema: str) -> Sequence[tuple[str, str]]:
    """Give the name and kind (`BASE TABLE`, `VIEW`, `PROCEDURE`, ...) of everything in the schema."""
    found: list[tuple[str, str]] = []
    for sql in (TABLES, ROUTINES, EVENTS):
        found += [(str(name), str(kind)) for name, kind in await connection.query(render(sql, (schema,)))]
    return found


async def wipe(
    connection: DriverConnection, schema: str, first: str, *, views: bool, routines: bool = False
) -> Sequence[str]:
    """Drop the tables, `first` before all others, whatever refers to them; gives the names of what was dropped."""
    there = await contents(connection, schema)
    kinds = {name: kind for name, kind in there if kind not in {"PROCEDURE", "FUNCTION", "EVENT"}}
    tables = sorted((name for name, kind in kinds.items() if kind != VIEW), key=lambda name: (name != first, name))
    dropped = [("TABLE", name) for name in tables]
    if views:
        dropped += [(VIEW, name) for name, kind in kinds.items() if kind == VIEW]
    if routines:
        dropped += [(kind, name) for name, kind in there if kind in {"PROCEDURE", "FUNCTION", "EVENT"}]
    await connection.query("SET foreign_key_checks = 0")
    try:
        for kind, name in dropped:
            place = f"{quote_identifier(schema)}.{quote_identifier(name)}"
            await connection.query(render(f"DROP {kind} IF EXISTS {place}"))
    finally:
        if connection.is_usable:
            await connection.query("SET foreign_key_checks = 1")
    return [name for _, name in dropped]
