"""The OpenAPI 3.1 document, made of the routes and their records alone."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import attrs

from altus4_core.routing import Route
from altus4_core.schema import kinds
from altus4_core.schema.describe import Describer, Schema, is_required, record_schema
from altus4_core.schema.field import constraints_of, json_name

__all__ = ["openapi_document", "record_schema"]

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::((?:[^{}]|\{[^{}]*\})+))?\}")
_ALWAYS = (500, 503, 504)
_PROTECTED = (401, 403, 429)
_WITH_BODY = (400, 408, 413, 415)
_RETRY = (429, 503)


def openapi_document(
    routes: Sequence[tuple[str, Route]], *, version: str, title: str = "Altus 4", server: str = "/"
) -> dict[str, Any]:
    """Describe the operations.

    Args:
        routes: Each route with the name of the plugin that offers it; hidden ones are left out.
        version: The version of the API's implementation.
        title: Name of the API.
        server: Base URL of the paths.

    Raises:
        TypeError: a record has a type that does not travel as JSON; the text names the operation.
    """
    return _Document().build([pair for pair in routes if not pair[1].hidden], version, title, server)


class _Document:
    def __init__(self) -> None:
        self._describer = Describer("#/components/schemas/")
        self._describer.definitions.update(_ENVELOPE_SCHEMAS)
        self._operations: set[str] = set()
        self._statuses: set[int] = set()

    def build(self, routes: Sequence[tuple[str, Route]], version: str, title: str, server: str) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {}
        for plugin, route in routes:
            path = _PARAMETER.sub(r"{\1}", route.path)
            try:
                paths.setdefault(path, {})[route.method.lower()] = self._operation(plugin, route)
            except TypeError as error:
                message = f"{route.method} {route.path} of {plugin}: {error}"
                raise TypeError(message) from error
        return {
            "openapi": "3.1.0",
            "info": {"title": title, "version": version},
            "servers": [{"url": server}],
            "tags": [{"name": tag} for tag in dict.fromkeys(_tag(plugin, route) for plugin, route in routes)],
            "paths": paths,
            "components": {
                "schemas": dict(sorted(self._describer.definitions.items())),
                "responses": {_response_name(status): _error_response(status) for status in sorted(self._statuses)},
                "securitySchemes": {
                    "bearer": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "An API key (altus4_sk_...) or a session token.",
                    }
                },
            },
        }

    def _operation(self, plugin: str, route: Route) -> dict[str, Any]:
        parameters = [*_path_parameters(route.path), *self._query_parameters(route)]
        operation: dict[str, Any] = {
            "operationId": self._operation_id(route),
            "summary": route.summary,
            "tags": [_tag(plugin, route)],
            "x-plugin": plugin,
        }
        if parameters:
            operation["parameters"] = parameters
        if route.request is not None:
            operation["requestBody"] = self._request_body(route)
        operation["responses"] = self._responses(route)
        operation["security"] = []
        if route.action is not None:
            operation["security"] = [{"bearer": []}]
            operation["x-action"] = route.action.name
            if route.action.permission is not None:
                operation["x-permission"] = route.action.permission
            if route.action.role is not None:
                operation["x-role"] = route.action.role
            if route.action.whole_account:
                operation["x-whole-account"] = True
        return operation

    def _operation_id(self, route: Route) -> str:
        path = route.path.removeprefix("/api/v1")
        words = re.findall(r"[A-Za-z0-9]+", _PARAMETER.sub(r"by_\1", path).replace("_", " "))
        base = route.method.lower() + "".join(word[:1].upper() + word[1:] for word in words)
        name, number = base, 2
        while name in self._operations:
            name, number = f"{base}{number}", number + 1
        self._operations.add(name)
        return name

    def _query_parameters(self, route: Route) -> list[Schema]:
        if route.query is None:
            return []
        hints = kinds.hints_of(route.query)
        found = []
        for attribute in attrs.fields(route.query):
            parts, _ = kinds.alternatives(hints[attribute.name])
            schema = self._describer.member(attribute, parts[0], "in", closed=False)
            schema.pop("description", None)
            parameter: Schema = {
                "name": json_name(attribute),
                "in": "query",
                "required": is_required(attribute, parts[0], "in"),
                "schema": schema,
            }
            doc = constraints_of(attribute).doc
            found.append({**parameter, "description": doc} if doc else parameter)
        return found

    def _request_body(self, route: Route) -> Schema:
        closed = route.unknown == "refuse"
        cls: type = route.request or object
        schema = self._describer.describe(cls, "in", closed=closed)
        hints = kinds.hints_of(cls)
        required = any(is_required(field, hints.get(field.name, Any), "in") for field in attrs.fields(cls))
        content: Schema = {"schema": schema}
        if route.example is not None:
            content["example"] = dict(route.example)
        return {"required": required, "content": {"application/json": content}}

    def _responses(self, route: Route) -> dict[str, Any]:
        responses: dict[str, Any] = {}
        for status in (route.status, *route.also):
            responses[str(status)] = {"description": HTTPStatus(status).phrase}
            if status != HTTPStatus.NO_CONTENT:
                data = {} if route.response is None else self._describer.describe(route.response, "out")
                schema = _envelope(data) if route.envelope else data
                responses[str(status)]["content"] = {"application/json": {"schema": schema}}
        statuses = {*_ALWAYS, *route.errors}
        statuses |= set(_PROTECTED) if route.action is not None else set()
        statuses |= set(_WITH_BODY) if route.request is not None else set()
        statuses |= {400} if route.query is not None else set()
        statuses |= {404} if "{" in route.path else set()
        self._statuses |= statuses
        for status in sorted(statuses - set(route.also)):
            responses[str(status)] = {"$ref": f"#/components/responses/{_response_name(status)}"}
        return responses


_ENVELOPE_SCHEMAS: dict[str, Schema] = {
    "Meta": {
        "type": "object",
        "description": "About the answer.",
        "properties": {
            "timestamp": {"type": "string", "format": "date-time"},
            "requestId": {"type": "string"},
            "version": {"type": "string"},
        },
        "required": ["timestamp", "requestId", "version"],
    },
    "Failure": {
        "type": "object",
        "description": "What every failure looks like.",
        "properties": {
            "success": {"const": False},
            "error": {
                "type": "object",
                "properties": {
                    "code": {"type": "string", "description": "Stable, upper case."},
                    "message": {"type": "string"},
                    "details": {"description": "Of a validation error: a list of {field, message, code}."},
                },
                "required": ["code", "message"],
            },
            "meta": {"$ref": "#/components/schemas/Meta"},
        },
        "required": ["success", "error", "meta"],
    },
    "ProblemDetails": {
        "type": "object",
        "description": "The same failure as RFC 9457 has it, for Accept: application/problem+json.",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "requestId": {"type": "string"},
            "details": {},
        },
        "required": ["type", "title", "status", "detail", "code", "requestId"],
    },
}


def _envelope(data: Schema) -> Schema:
    properties = {"success": {"const": True}, "data": data, "meta": {"$ref": "#/components/schemas/Meta"}}
    return {"type": "object", "properties": properties, "required": ["success", "data", "meta"]}


def _error_response(status: int) -> Schema:
    content = {
        "application/json": {"schema": {"$ref": "#/components/schemas/Failure"}},
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}},
    }
    response: Schema = {"description": HTTPStatus(status).phrase, "content": content}
    if status in _RETRY:
        header = {"description": "Seconds after which to try again.", "schema": {"type": "integer", "minimum": 1}}
        response["headers"] = {"Retry-After": header}
    return response


def _response_name(status: int) -> str:
    # Not the phrase: Python 3.13 renamed some of them.
    return f"Error{status}"


def _path_parameters(path: str) -> list[Schema]:
    found = []
    for match in _PARAMETER.finditer(path):
        schema: Schema = {"type": "string"}
        if match[2]:
            schema["pattern"] = f"^(?:{match[2]})$"
        found.append({"name": match[1], "in": "path", "required": True, "schema": schema})
    return found


def _tag(plugin: str, route: Route) -> str:
    return route.tag or plugin
