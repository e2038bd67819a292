"""How a setting is declared: an attrs field with a doc, and a type for values that must not be shown."""

from collections.abc import Callable
from typing import Any

import attrs


class Secret:
    """A value that never prints itself. `reveal()` gives the text; equality is by value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the text. Keep the result out of logs, errors and reprs."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret('***')" if self._value else "Secret('')"

    __str__ = __repr__


def setting(
    default: Any = attrs.NOTHING,
    *,
    doc: str,
    env: tuple[str, ...] = (),
    factory: Callable[[], Any] | None = None,
    validator: Any = None,
) -> Any:
    """Declare a setting: an attrs field with a doc.

    Args:
        default: The value when nobody sets one; without it the setting is required.
        doc: One sentence for the operator, with the unit.
        env: Further environment variables that set it, besides the one made from its place in the file. Names that
            begin with `ALTUS4_` belong to the core: in a plugin they would be refused as unknown.
        factory: Makes the default instead of `default`.
        validator: An attrs validator; its `ValueError` text is shown to the operator.
    """
    metadata = {"doc": doc, "env": env}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata, validator=validator)
    return attrs.field(default=default, metadata=metadata, validator=validator)
