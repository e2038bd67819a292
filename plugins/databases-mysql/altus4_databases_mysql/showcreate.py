"""FULLTEXT parsers, read from SHOW CREATE TABLE: the only place where a server shows them."""

import re

# Strings and names are consumed whole, so that a comment holding "FULLTEXT KEY" is not taken for one.
_STRING = r"'(?:[^'\\]|''|\\.)*'"
_NAME = r"`(?:[^`]|``)+`"
_TOKEN = re.compile(
    rf"FULLTEXT KEY (?P<name>{_NAME}) \((?:{_NAME}|\(\d+\)|[, ])+\)"
    rf"(?: KEY_BLOCK_SIZE=\d+| COMMENT {_STRING}| /\*!\d+ INVISIBLE \*/| IGNORED"
    rf"| (?:/\*!\d+ )?WITH PARSER (?P<parser>{_NAME})(?: \*/)?)*"
    rf"|{_STRING}|{_NAME}",
    re.DOTALL,
)


def fulltext_parsers(statement: str) -> dict[str, str]:
    """Give the parser of each FULLTEXT index that names one, by index name.

    Args:
        statement: as SHOW CREATE TABLE gives it, with names in backticks.
    """
    return {
        _unquote(found["name"]): _unquote(found["parser"]).lower()
        for found in _TOKEN.finditer(statement)
        if found["parser"]
    }


def _unquote(name: str) -> str:
    return name[1:-1].replace("``", "`")
