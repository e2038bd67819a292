"""What a statement is, as far as repeating it goes: the question a run asks that was cut off in the middle of one."""

import re
from enum import StrEnum

PREFIX = re.compile(r"(?:\s|\(|/\*M?!\d*)*")
WORD = re.compile(r"[A-Za-z]+")
# Adds without a name: done twice they succeed twice, each under a name that the server makes up.
NAMELESS = re.compile(
    r"\bADD\s+(?:CONSTRAINT\s+)?(?:"
    r"(?:UNIQUE|FULLTEXT|SPATIAL)(?:\s+(?:INDEX|KEY))?\s*\(|(?:INDEX|KEY)\s*\(|FOREIGN\s+KEY\s*\(|CHECK\s*\()",
    re.IGNORECASE,
)
NAMELESS_CREATE = re.compile(r"CREATE\s+TEMPORARY\b", re.IGNORECASE)
GLOBAL_SET = re.compile(r"SET\s+(?:@@)?(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|DEFAULT\s+ROLE)\b", re.IGNORECASE)

DATA = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "LOAD"})
SCHEMA = frozenset({"CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME", "GRANT", "REVOKE"})
HARMLESS = frozenset(
    {
        "SELECT", "SHOW", "ANALYZE", "OPTIMIZE", "CHECK", "REPAIR", "FLUSH", "DESCRIBE", "EXPLAIN", "VALUES", "TABLE",
        "START", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "DEALLOCATE", "UNLOCK",
    }
)  # fmt: skip
SESSION = frozenset({"SET", "USE", "PREPARE", "LOCK"})


class Kind(StrEnum):
    """How a statement may be repeated."""

    DATA = "data"  # undone by a rollback: recorded in the same transaction, it is never in doubt
    AGAIN = "again"  # repeated, it does nothing more or says that it is done
    SESSION = "session"  # changes the session alone: to be repeated in the next one
    ONCE = "once"  # nobody can tell whether it ran, and repeating it could do harm


def kind_of(sql: str) -> Kind:
    """Judge a statement by its first word."""
    begin = PREFIX.match(sql)
    at = begin.end() if begin else 0
    match = WORD.match(sql, at)
    word = match[0].upper() if match else ""
    if word in DATA:
        return Kind.DATA
    if word in SCHEMA:
        once = (word == "ALTER" and NAMELESS.search(sql)) or NAMELESS_CREATE.match(sql, at)
        return Kind.ONCE if once else Kind.AGAIN
    if word in SESSION:
        return Kind.AGAIN if GLOBAL_SET.match(sql, at) else Kind.SESSION
    return Kind.AGAIN if word in HARMLESS else Kind.ONCE


def shown(sql: str, longest: int = 300) -> str:
    """Write a statement on one line of at most `longest` characters."""
    line = " ".join(sql.split())
    return line if len(line) <= longest else line[: longest - 3] + "..."
