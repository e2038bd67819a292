"""What operators may see of a value: never a secret, never the password inside a URL."""

import json
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

from altus4_core.settings.field import Secret

HIDDEN = "***"

# Greedy up to the last @ of the word: an operator may have forgotten to percent-encode one in the password.
_URL_PASSWORD = re.compile(r"(://[^\s:@/]*):[^\s]*@")
_SECRET_NAME = re.compile(r"password|passwd|secret|token|credential|private|(^|[_-])(api[_-]?)?keys?$", re.IGNORECASE)


def redact(text: str) -> str:
    """Hide the passwords of URLs inside the text."""
    return _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)


def looks_secret(name: str) -> bool:
    """Tell whether a name promises a secret: the members of free-form tables have no type that says so."""
    return _SECRET_NAME.search(name) is not None


def render(value: Any) -> str:
    """Write a value for the operator, in JSON's notation, without its secrets."""
    return json.dumps(_shown(value), ensure_ascii=False, default=str)


def _shown(value: Any, name: str = "") -> Any:
    if isinstance(value, Secret):
        return HIDDEN if value else ""
    if isinstance(value, str) and not isinstance(value, Enum):
        return HIDDEN if value and looks_secret(name) else redact(value)
    if isinstance(value, Enum):
        return value.value
    if attrs.has(type(value)):
        return {field.name: _shown(getattr(value, field.name), field.name) for field in attrs.fields(type(value))}
    if isinstance(value, Mapping):
        return {str(key): _shown(member, str(key)) for key, member in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_shown(member, name) for member in value), key=str)
    if isinstance(value, tuple | list):
        return [_shown(member, name) for member in value]
    return value
