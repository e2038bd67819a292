r"""The `.env` file: one `NAME=value` a line.

Blank lines and lines that begin with `#` are skipped; `export ` in front is allowed. An unquoted value ends at
` #` or at the end of the line and is trimmed; 'single quotes' keep everything as it is; in "double quotes" `\n`,
`\r`, `\t`, `\"` and `\\` are escapes. Variables are not expanded. The last of several equal names wins.
"""

import re
from collections.abc import Mapping

import attrs

from altus4_core.errors import Problem

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.ASCII)
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@attrs.frozen
class DotenvValue:
    """One variable and its line."""

    text: str = attrs.field(repr=False)
    line: int


def parse_dotenv(text: str, name: str) -> tuple[Mapping[str, DotenvValue], list[Problem]]:
    """Read the text of the file called `name`. A line that makes no sense is a problem; its content is not shown."""
    values: dict[str, DotenvValue] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        value = _value(match[2]) if match else None
        if match is None or value is None:
            what = "a quote is not closed, or something follows it" if match else "not of the form NAME=value"
            problems.append(Problem(match[1] if match else name, what, f"{name}:{number}", "correct the line"))
        else:
            values[match[1]] = DotenvValue(value, number)
    return values, problems


def _value(text: str) -> str | None:
    if text.startswith("'"):
        match = _SINGLE.fullmatch(text)
        return match[1] if match else None
    if text.startswith('"'):
        match = _DOUBLE.fullmatch(text)
        return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), match[1]) if match else None
    if text.startswith("#"):
        return ""
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()
