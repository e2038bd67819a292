"""How a member of a request or answer is declared: an attrs field with a doc and its constraints."""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, Literal

import attrs


class Unset(Enum):
    """Type of `UNSET`, the default of a member for which absent and `null` mean different things."""

    UNSET = "unset"


UNSET: Final[Literal[Unset.UNSET]] = Unset.UNSET


@attrs.frozen
class Constraints:
    """What a member's value must satisfy beyond its type, and how it is shown.

    `pattern` and `choices` of a list concern its items; lengths are in characters, of a list in items.
    """

    doc: str = ""
    name: str | None = None
    min: float | None = None
    max: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: "re.Pattern[str] | None" = None
    form: str = ""
    choices: tuple[Any, ...] | None = None


_METADATA = "altus4.schema"


def field(
    default: Any = attrs.NOTHING,
    *,
    doc: str = "",
    name: str | None = None,
    min: float | None = None,  # noqa: A002 -- the words of the constraint, as the author of a record reads them
    max: float | None = None,  # noqa: A002
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
    form: str = "",
    choices: tuple[Any, ...] | None = None,
    factory: Callable[[], Any] | None = None,
    repr: bool = True,  # noqa: A002
    validator: Any = None,
) -> Any:
    """Declare a member of a record that travels as JSON.

    Args:
        default: Its value when absent; without it the member is required. `UNSET` tells absent from `null`.
        doc: One sentence for the caller, with the unit.
        name: Its name in JSON, when that is not the field's in camelCase.
        min: The smallest number.
        max: The largest number.
        min_length: The fewest characters of a text, or items of a list.
        max_length: The most.
        pattern: Regular expression that the whole text, or each text of a list, must match.
        form: What to say when it does not: "must be {form}".
        choices: The values allowed, when they are known only at run time (else use `Literal`).
        factory: Makes the default instead of `default`.
        repr: False for passwords and the like.
        validator: An attrs validator for what all this cannot say; its `ValueError` text reaches the caller.
    """
    compiled = re.compile(pattern) if pattern is not None else None
    constraints = Constraints(doc, name, min, max, min_length, max_length, compiled, form, choices)
    metadata = {_METADATA: constraints}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata, validator=validator, repr=repr)
    return attrs.field(default=default, metadata=metadata, validator=validator, repr=repr)


def constraints_of(attribute: "attrs.Attribute[Any]") -> Constraints:
    """Give the constraints of a field; of one declared by plain attrs or as a setting, its doc and name at most."""
    metadata: Mapping[Any, Any] = attribute.metadata
    found = metadata.get(_METADATA)
    return found if isinstance(found, Constraints) else Constraints(metadata.get("doc", ""), metadata.get("name"))


def json_name(attribute: "attrs.Attribute[Any]") -> str:
    """Give the member's name in JSON."""
    return constraints_of(attribute).name or camel_case(attribute.name)


def camel_case(name: str) -> str:
    """Write `snake_case` as `camelCase`."""
    first, *others = name.strip("_").split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)
