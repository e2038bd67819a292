"""JSON Schema (2020-12) of records and types, as OpenAPI 3.1 wants it."""

import inspect
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import attrs
from attr import Factory

from altus4_core.schema import kinds
from altus4_core.schema.encode import to_json
from altus4_core.schema.field import Constraints, Unset, constraints_of, json_name

Schema = dict[str, Any]
Direction = Literal["in", "out"]

_SCALARS: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Decimal: {"type": "string"},
    UUID: {"type": "string", "format": "uuid"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    Any: {},
    object: {},
}


class Describer:
    """Describes types; records become named definitions, referred to below `prefix`.

    A record that comes in is described as the decoder takes it, one that goes out as the encoder writes it: members
    that are None are left out there. One that does both has two definitions where these differ.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._names: dict[tuple[type, Direction, bool], str] = {}
        self.definitions: dict[str, Schema] = {}

    def describe(self, kind: Any, direction: Direction, *, closed: bool = False) -> Schema:
        """Give the schema of a type.

        Args:
            kind: The type.
            direction: `in` for requests, `out` for answers.
            closed: Unknown members are refused.

        Raises:
            TypeError: values of this type do not travel as JSON.
        """
        if kinds.is_union(kind):
            return self._union(kind, direction, closed=closed)
        if kind in _SCALARS:
            return dict(_SCALARS[kind])
        if get_origin(kind) is Literal:
            return _enumeration(get_args(kind))
        if isinstance(kind, type) and issubclass(kind, Enum):
            return _enumeration([member.value for member in kind])
        if kinds.is_record(kind):
            return {"$ref": self._prefix + self._define(kind, direction, closed=closed)}
        if kinds.is_list(kind):
            return {"type": "array", "items": self.describe(kinds.item_kind(kind), direction, closed=closed)}
        if kinds.is_table(kind):
            values = self.describe(kinds.value_kind(kind), direction, closed=closed)
            return {"type": "object", "additionalProperties": values or True}
        if kind is type(None):
            return {"type": "null"}
        message = f"{kind!r} is not a type that travels as JSON"
        raise TypeError(message)

    def member(self, attribute: "attrs.Attribute[Any]", kind: Any, direction: Direction, *, closed: bool) -> Schema:
        """Give the schema of a record's member: its type, constraints, doc and default."""
        constraints = constraints_of(attribute)
        if direction == "out":
            parts, _ = kinds.alternatives(kind)
            schema = self._any_of([self.describe(part, direction, closed=closed) for part in parts])
        else:
            schema = self.describe(kind, direction, closed=closed)
        _constrain(schema, constraints)
        if constraints.doc:
            schema["description"] = constraints.doc
        default = attribute.default
        if direction == "in" and default is not attrs.NOTHING and not isinstance(default, Factory | Unset):
            ready = to_json(default)
            if ready is not None:
                schema["default"] = ready
        return schema

    def _union(self, kind: Any, direction: Direction, *, closed: bool) -> Schema:
        parts, optional = kinds.alternatives(kind)
        schemas = [self.describe(part, direction, closed=closed) for part in parts]
        if optional:
            schemas.append({"type": "null"})
        return self._any_of(schemas)

    @staticmethod
    def _any_of(schemas: list[Schema]) -> Schema:
        if not schemas:
            return {"type": "null"}
        nullable = {"type": "null"} in schemas
        others = [schema for schema in schemas if schema != {"type": "null"}]
        if len(others) == 1:
            only = others[0]
            if not nullable or not only:
                return only
            if isinstance(only.get("type"), str) and "enum" not in only:
                return {**only, "type": [only["type"], "null"]}
        if any(not schema for schema in others):
            return {}
        return {"anyOf": schemas} if len(schemas) > 1 else schemas[0]

    def _define(self, cls: type, direction: Direction, *, closed: bool) -> str:
        key = (cls, direction, closed)
        if key not in self._names:
            name = self._names[key] = self._free_name(cls, direction)
            self.definitions[name] = {}  # taken, for records that contain themselves
            schema = self._record(cls, direction, closed=closed)
            twin = next((self._names[other] for other in self._names if other[0] is cls and other != key), None)
            if twin is not None and self.definitions[twin] == schema:
                del self.definitions[name]
                self._names[key] = twin
            else:
                self.definitions[name] = schema
        return self._names[key]

    def _free_name(self, cls: type, direction: Direction) -> str:
        package = cls.__module__.partition(".")[0].removeprefix("altus4_")
        prefix = "".join(part.capitalize() for part in package.split("_"))
        suffix = "Input" if direction == "in" else "Output"
        plain = cls.__name__
        foreign = any(name == plain and found is not cls for (found, *_), name in self._names.items())
        wanted = [] if foreign else [plain, plain + suffix]
        wanted += [prefix + plain, prefix + plain + suffix]
        wanted += [f"{plain}{number}" for number in range(2, len(self.definitions) + 3)]
        return next(name for name in wanted if name not in self.definitions)

    def _record(self, cls: type, direction: Direction, *, closed: bool) -> Schema:
        hints = kinds.hints_of(cls)
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for attribute in attrs.fields(cls):
            if direction == "in" and not attribute.init:
                continue
            kind = hints.get(attribute.name, Any)
            name = json_name(attribute)
            properties[name] = self.member(attribute, kind, direction, closed=closed)
            if is_required(attribute, kind, direction):
                required.append(name)
        schema: Schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        if closed:
            schema["additionalProperties"] = False
        doc = first_paragraph(cls)
        if doc:
            schema["description"] = doc
        return schema


def is_required(attribute: "attrs.Attribute[Any]", kind: Any, direction: Direction) -> bool:
    """Tell whether a request must have the member, or an answer always has it."""
    if direction == "in":
        return attribute.default is attrs.NOTHING
    parts = get_args(kind) if kinds.is_union(kind) else (kind,)
    return kind is not Any and len(parts) == len(kinds.alternatives(kind)[0])


def record_schema(cls: type) -> Schema:
    """Give the schema of a record that comes in, whole: other records stand in its `$defs`."""
    describer = Describer("#/$defs/")
    schema = describer.definitions.pop(describer.describe(cls, "in")["$ref"].removeprefix("#/$defs/"))
    return {**schema, "$defs": describer.definitions} if describer.definitions else schema


def first_paragraph(documented: Any) -> str:
    """Give the first paragraph of a docstring, in one line; attrs' own signatures do not count."""
    doc = inspect.getdoc(documented) if "__doc__" in vars(documented) else None
    return " ".join((doc or "").partition("\n\n")[0].split())


def _enumeration(values: Any) -> Schema:
    schema: Schema = {"enum": list(values)}
    names = {str: "string", int: "integer", bool: "boolean"}
    found = {names.get(type(value)) for value in values}
    if len(found) == 1 and None not in found:
        return {"type": found.pop(), **schema}
    return schema


def _constrain(schema: Schema, constraints: Constraints) -> None:
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if "$ref" in schema or "anyOf" in schema:
        return
    ranged = {"minimum": constraints.min, "maximum": constraints.max}
    schema.update({name: value for name, value in ranged.items() if value is not None})
    low, high = ("minItems", "maxItems") if "array" in types else ("minLength", "maxLength")
    sized = {low: constraints.min_length, high: constraints.max_length}
    schema.update({name: value for name, value in sized.items() if value is not None})
    single: Schema = schema["items"] if "array" in types else schema
    if constraints.pattern is not None:
        single["pattern"] = f"^(?:{constraints.pattern.pattern})$"
    if constraints.choices is not None:
        nullable = [None] if "null" in types and single is schema else []
        single["enum"] = [*constraints.choices, *nullable]
