"""What plugins do with the tables of the metadata schema, as they say it themselves in `Plugin.tables`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

RIGHTS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")
NAME: Final = re.compile(r"[A-Za-z0-9_$]{1,64}\Z")

TableRights = Mapping[str, frozenset[str]]


def table_fault(tables: Any) -> str | None:
    """Say what is wrong with a plugin's `tables`, or None."""
    if not isinstance(tables, Mapping):
        return "tables must be a mapping, such as {'notes': 'SELECT, INSERT'}"
    for table, rights in tables.items():
        if not isinstance(table, str) or not NAME.match(table):
            return f"tables names {table!r}, which is no name of a table"
        if not isinstance(rights, str) or not set(_split(rights)) <= set(RIGHTS) or not rights.strip():
            return f"tables says {rights!r} of {table!r}; rights are {', '.join(RIGHTS)}, separated by commas"
    return None


def add_up(each: Iterable[Mapping[str, str]]) -> TableRights:
    """Add up what several plugins need."""
    summed: dict[str, frozenset[str]] = {}
    for tables in each:
        for table, rights in tables.items():
            summed[table] = summed.get(table, frozenset()) | frozenset(_split(rights))
    return dict(sorted(summed.items()))


def ordered(rights: Iterable[str]) -> list[str]:
    """Give rights in their customary order; others follow."""
    given = set(rights)
    return [right for right in RIGHTS if right in given] + sorted(given - set(RIGHTS))


def _split(rights: str) -> list[str]:
    return [right.strip() for right in rights.split(",")]
