"""SQL templates: `%s` for values, `%%` for a percent sign, nothing else.

A template is always formatted, with or without values, so that `quote_identifier` may always double `%`.
"""

import re
from collections.abc import Sequence

from .errors import UnsafeParameter
from .literals import Scalar, literal

_TOKEN = re.compile(r"%(.?)", re.DOTALL)
_IDENTIFIER_LIMIT = 64  # characters, MySQL's own
_LIST_LIMIT = 10_000


def render(sql: str, params: Sequence[Scalar] = ()) -> str:
    """Put values into a template.

    Args:
        sql: trusted text with one `%s` for each value; every other percent sign doubled.
        params: a list or tuple of scalars.

    Returns:
        the finished statement.

    Raises:
        UnsafeParameter: a value that cannot be written safely, a stray `%`, or a wrong number of values.
    """
    if type(params) not in (tuple, list):
        message = "parameters must be a tuple or list"
        raise UnsafeParameter(message)
    if "%" not in sql:
        pieces = [sql]
    elif "%%" not in sql:
        pieces = sql.split("%s")
        if any("%" in piece for piece in pieces):
            raise UnsafeParameter(_STRAY)
    else:
        pieces = _split(sql)
    if len(pieces) != len(params) + 1:
        message = f"the statement has {len(pieces) - 1} placeholders but {len(params)} values"
        raise UnsafeParameter(message)
    if not params:
        return pieces[0]
    parts = [pieces[0]]
    for value, piece in zip(params, pieces[1:], strict=True):
        parts.append(literal(value))
        parts.append(piece)
    return "".join(parts)


_STRAY = "the statement holds a % that is neither %s nor doubled"


def _split(sql: str) -> list[str]:
    pieces = [""]
    end = 0
    for token in _TOKEN.finditer(sql):
        pieces[-1] += sql[end : token.start()]
        end = token.end()
        if token[1] == "s":
            pieces.append("")
        elif token[1] == "%":
            pieces[-1] += "%"
        else:
            raise UnsafeParameter(_STRAY)
    pieces[-1] += sql[end:]
    return pieces


def in_list(values: Sequence[Scalar]) -> str:
    """Placeholders for an IN list: `%s, %s, %s`; give the values as parameters.

    Raises:
        UnsafeParameter: no values (`IN ()` is no SQL and `NOT IN (NULL)` is never true) or more than 10,000.
    """
    if not 0 < len(values) <= _LIST_LIMIT:
        message = f"an IN list needs between 1 and {_LIST_LIMIT} values"
        raise UnsafeParameter(message)
    return ", ".join(["%s"] * len(values))


def quote_identifier(name: str) -> str:
    """Quote a name for a template: backticks doubled, and `%` doubled because templates are formatted.

    Raises:
        UnsafeParameter: empty, longer than 64 characters, or holding a NUL, a lone surrogate or a character beyond
            U+FFFF, none of which MySQL allows in names.
    """
    if type(name) is not str or not name or len(name) > _IDENTIFIER_LIMIT:
        message = f"a name must be a text of 1 to {_IDENTIFIER_LIMIT} characters"
        raise UnsafeParameter(message)
    if any(character == "\0" or "\ud800" <= character <= "\udfff" or character > "\uffff" for character in name):
        message = "a name holds a character that MySQL does not allow in names"
        raise UnsafeParameter(message)
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"
