"""What an account did with which table, read from the server's general log."""

import re
from collections.abc import Iterable

TABLE = r"`?(?:[a-z0-9_]+`?\.`?)?(?P<table>[a-z_]+)`?"
READ = re.compile(rf"\b(?:FROM|JOIN)\s+{TABLE}", re.IGNORECASE)
INSERT = re.compile(rf"\bINSERT\s+(?:IGNORE\s+)?INTO\s+{TABLE}", re.IGNORECASE)
UPDATE = re.compile(rf"^\s*UPDATE\s+{TABLE}", re.IGNORECASE)
DELETE = re.compile(rf"^\s*DELETE\s+FROM\s+{TABLE}", re.IGNORECASE)
TEXT = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)


def used_rights(statements: Iterable[str]) -> dict[str, set[str]]:
    """Give the rights by table that statements need. A statement that changes rows it looks for reads them, too."""
    used: dict[str, set[str]] = {}

    def note(table: str, *rights: str) -> None:
        used.setdefault(table, set()).update(rights)

    for statement in statements:
        sql = TEXT.sub("''", statement)
        for match in READ.finditer(sql):
            note(match["table"], "SELECT")
        if match := INSERT.search(sql):
            note(match["table"], "INSERT")
            if "ON DUPLICATE KEY UPDATE" in sql:
                note(match["table"], "UPDATE", "SELECT")
        if match := UPDATE.search(sql):
            note(match["table"], "UPDATE", "SELECT")
        if match := DELETE.search(sql):
            note(match["table"], "DELETE", "SELECT")
    return used
