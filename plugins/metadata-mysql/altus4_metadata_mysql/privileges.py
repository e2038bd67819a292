"""What an account may do, read from the server's own `SHOW GRANTS`."""

import re
from collections.abc import Mapping
from typing import Final

import attrs
from altus4_mysql import DriverConnection

GRANT: Final = re.compile(
    r"GRANT (?P<rights>.+?) ON (?P<schema>\*|`(?:[^`]|``)+`)\.(?P<table>\*|`(?:[^`]|``)+`) TO ",
    re.IGNORECASE | re.DOTALL,
)
COLUMNS: Final = re.compile(r"\s*\([^)]*\)")
ALL: Final = "ALL PRIVILEGES"


@attrs.frozen
class Privileges:
    """Rights by place: `("*", "*")` everywhere, `(schema, "*")` or `(schema, table)`; a right on columns only is left
    out. Schemas are as they were granted, with `_` and `%` as wildcards unless escaped.
    """

    by_place: Mapping[tuple[str, str], frozenset[str]]

    def everywhere(self) -> frozenset[str]:
        """Give the rights that count for the whole server, but for USAGE."""
        return self.by_place.get(("*", "*"), frozenset()) - {"USAGE"}

    def on_schema(self, schema: str) -> frozenset[str]:
        """Give the rights that count for the whole schema."""
        found: set[str] = set()
        for (place, table), rights in self.by_place.items():
            if table == "*" and place != "*" and _names(place, schema):
                found |= rights
        return frozenset(found)

    def on_table(self, schema: str, table: str) -> frozenset[str]:
        """Give the rights on this table alone."""
        return self.by_place.get((schema, table), frozenset())

    def tables(self, schema: str) -> Mapping[str, frozenset[str]]:
        """Give the rights on single tables of the schema."""
        return {table: rights for (place, table), rights in self.by_place.items() if place == schema and table != "*"}

    def elsewhere(self, schema: str) -> list[str]:
        """Name the other schemas on which there are rights."""
        return sorted({place for place, _ in self.by_place if place != "*" and not _names(place, schema)})

    def may(self, right: str, schema: str, table: str = "") -> bool:
        """Tell whether the right is there, wherever it was granted."""
        rights = self.everywhere() | self.on_schema(schema) | self.on_table(schema, table)
        return right in rights or ALL in rights


async def read_privileges(connection: DriverConnection) -> Privileges:
    """Ask the server what the account of this connection may do, with its roles that are active."""
    by_place: dict[tuple[str, str], frozenset[str]] = {}
    for row in await connection.query("SHOW GRANTS"):
        match = GRANT.match(str(row[0]))
        if match is None:
            continue  # a role, or PROXY
        place = (_unquoted(match["schema"]), _unquoted(match["table"]))
        listed = re.split(r",\s*(?![^(]*\))", match["rights"])
        rights = {right.strip().upper() for right in listed if not COLUMNS.search(right)}
        by_place[place] = by_place.get(place, frozenset()) | rights
    return Privileges(by_place)


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def _names(pattern: str, schema: str) -> bool:
    """Match a granted schema as the server does: `%` and `_` stand for others unless escaped."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    regex = "".join(
        re.escape(part[-1]) if part.startswith("\\") else {"%": ".*", "_": "."}.get(part, re.escape(part))
        for part in parts
    )
    return re.fullmatch(regex, schema, re.DOTALL) is not None
