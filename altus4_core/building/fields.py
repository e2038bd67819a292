"""Settings classes described: every value with its doc, its default as TOML, and whether it is a secret."""

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import attrs

from altus4_core.settings.convert import described
from altus4_core.settings.field import Secret
from altus4_core.settings.lines import KeyPath
from altus4_core.settings.redact import looks_secret
from altus4_core.settings.shape import Member, members, unwrap_optional


def describe_settings(cls: type, path: KeyPath) -> list[dict[str, Any]]:
    """Describe a settings class that stands at `path`: one JSON-ready record a value, those of sections included.

    `default` is TOML, None where there is none to show; no default of a secret is shown.
    """
    return list(_fields(cls, path, optional=False, base=None))


def _fields(cls: type, path: KeyPath, *, optional: bool, base: Any) -> Iterator[dict[str, Any]]:
    for member in members(cls, path):
        default = getattr(base, member.attribute.name) if base is not None else _default(member)
        section = member.section
        if section is not None:
            inner = default if isinstance(default, section) else None
            # Without a default the section may be left out, or is required as a whole.
            yield from _fields(section, member.path, optional=optional or default is None, base=inner)
            continue
        secret = _is_secret(member)
        required = default is attrs.NOTHING and not isinstance(member.attribute.default, attrs.Factory)  # type: ignore[arg-type]
        yield {
            "key": member.key,
            "path": [str(part) for part in member.path],
            "doc": member.doc,
            "variables": list(member.variables),
            "secret": secret,
            "hasNoDefault": required,
            "required": required and not optional,
            "optionalSection": optional,
            "default": None if secret or default is attrs.NOTHING else toml_value(default),
        }


def _default(member: Member) -> Any:
    default: Any = member.attribute.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, which the stubs show as a function
        return attrs.NOTHING if default.takes_self else default.factory()
    return default


def _is_secret(member: Member) -> bool:
    kind, _ = unwrap_optional(member.kind)
    return kind is Secret or (kind is str and looks_secret(member.attribute.name))


def toml_value(value: Any) -> str | None:
    """Write a setting's value as TOML on one line; None for what TOML has no word for."""
    if value is None:
        return None
    if isinstance(value, Enum):
        return toml_value(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str | Path):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, set | frozenset):
        return toml_value(sorted(value, key=str))
    if isinstance(value, tuple | list):
        items = [toml_value(item) for item in value]
        return None if None in items else f"[{', '.join(map(str, items))}]"
    if attrs.has(type(value)):
        return toml_value({field.name: getattr(value, field.name) for field in attrs.fields(type(value))})
    if isinstance(value, Mapping):
        pairs = ((name, toml_value(member)) for name, member in value.items())
        inner = ", ".join(f"{json.dumps(str(name))} = {text}" for name, text in pairs if text is not None)
        return f"{{ {inner} }}" if inner else "{}"
    return None if described(value) == "nothing" else str(value)
