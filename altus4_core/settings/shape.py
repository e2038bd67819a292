"""The shape of a settings class: its values, flat, with their types, docs and environment variables."""

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin

import attrs

from altus4_core.settings.lines import KeyPath
from altus4_core.settings.sources import PREFIX


@attrs.frozen
class Member:
    """One field of a settings class. `kind` is its resolved type."""

    attribute: "attrs.Attribute[Any]"
    kind: Any
    path: KeyPath

    @property
    def key(self) -> str:
        """Give the dotted name that an operator reads."""
        return ".".join(str(part) for part in self.path)

    @property
    def doc(self) -> str:
        """Give the sentence that explains it."""
        return str(self.attribute.metadata.get("doc", ""))

    @property
    def variables(self) -> tuple[str, ...]:
        """Give its environment variables: the one made from its place first, then its further names."""
        return (variable_name(self.path), *self.attribute.metadata.get("env", ()))

    @property
    def section(self) -> type | None:
        """Give the settings class of a sub-section, None for a value."""
        kind, _ = unwrap_optional(self.kind)
        return kind if isinstance(kind, type) and attrs.has(kind) else None


def variable_name(path: KeyPath) -> str:
    """Give the environment variable of a place: `ALTUS4_SERVER__PORT`, `ALTUS4_PLUGINS__API_KEYS__X`."""
    return PREFIX + "__".join(str(part).upper().replace("-", "_") for part in path)


def unwrap_optional(kind: Any) -> tuple[Any, bool]:
    """Split `X | None` into X and True; anything else comes back with False."""
    if get_origin(kind) in {Union, types.UnionType}:
        others = [part for part in get_args(kind) if part is not type(None)]
        if len(others) < len(get_args(kind)):
            return (others[0] if len(others) == 1 else Union[tuple(others)]), True  # noqa: UP007 -- built at run time
    return kind, False


def members(cls: type, path: KeyPath) -> list[Member]:
    """Give the fields of a settings class that stands at `path`.

    Raises:
        TypeError: its annotations cannot be resolved.
    """
    try:
        hints: Mapping[str, Any] = typing.get_type_hints(cls)
    except NameError as error:
        message = f"the types of {cls.__name__} cannot be resolved: {error}"
        raise TypeError(message) from error
    fields = (field for field in attrs.fields(cls) if field.init)
    return [Member(field, hints.get(field.name, Any), (*path, field.name)) for field in fields]


def leaves(cls: type, path: KeyPath) -> Iterator[Member]:
    """Give all values of a settings class, those of its sections included."""
    for member in members(cls, path):
        section = member.section
        if section is None:
            yield member
        else:
            yield from leaves(section, member.path)
