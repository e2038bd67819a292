"""What an account may do, read from SHOW GRANTS."""

import re
from collections.abc import Sequence

import attrs

# A MariaDB server prints the hash of the password in the first grant.
_SECRET = re.compile(
    r"\s+IDENTIFIED\s+(?:BY|VIA|WITH)\b.*?(?=\s+(?:REQUIRE|WITH\s+GRANT|ON|TO)\b|$)", re.IGNORECASE | re.DOTALL
)
_GRANT = re.compile(r"^GRANT\s+(?P<rights>.+?)\s+ON\s+(?P<on>\S.*?)\s+TO\s", re.IGNORECASE | re.DOTALL)
_COLUMNS = re.compile(r"\([^)]*\)")

_WRITES = frozenset(
    {
        *("ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "TRIGGER", "EVENT"),
        *("CREATE ROUTINE", "ALTER ROUTINE", "CREATE VIEW", "EXECUTE", "DELETE HISTORY", "LOCK TABLES"),
    }
)
_ADMINISTERS = frozenset(
    {
        *("ALL PRIVILEGES", "FILE", "SUPER", "PROCESS", "SHUTDOWN", "RELOAD", "CREATE USER", "SYSTEM_USER"),
        *("SYSTEM_VARIABLES_ADMIN", "CONNECTION_ADMIN", "CREATE TABLESPACE", "REPLICATION SLAVE ADMIN"),
    }
)


@attrs.frozen
class Grants:
    """An account's grants. `lines` are safe to show: password hashes are cut out."""

    lines: tuple[str, ...]
    writes: tuple[str, ...] = ()
    administers: tuple[str, ...] = ()


def read_grants(lines: Sequence[str]) -> Grants:
    """Judge the lines of SHOW GRANTS."""
    rights: set[str] = set()
    for line in lines:
        found = _GRANT.match(line)
        if found and not found["rights"].upper().startswith("PROXY"):
            rights |= {part.strip().upper() for part in _COLUMNS.sub("", found["rights"]).split(",")}
    return Grants(
        tuple(_SECRET.sub("", line) for line in lines),
        tuple(sorted(rights & _WRITES)),
        tuple(sorted(rights & _ADMINISTERS)),
    )


def read_only_statements(schema: str) -> tuple[str, ...]:
    """Give the statements that make an account which may do what a search needs and no more."""
    quoted = schema.replace("`", "``")
    # In a grant, _ and % in the name of a schema are wildcards unless escaped.
    pattern = quoted.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
    return (
        "CREATE USER 'altus4_search'@'%' IDENTIFIED BY '<a password>';",
        f"GRANT SELECT ON `{pattern}`.* TO 'altus4_search'@'%';",
    )
