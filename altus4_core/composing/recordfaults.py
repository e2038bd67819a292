"""What is wrong with the records that hooks yield: found at start, and not when a request needs them."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import click

from altus4_core.routing import Route
from altus4_core.seams import Migrations, Service

COMMAND = re.compile(r"[a-z][a-z0-9-]*\Z")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def record_faults(record: Any) -> list[str]:
    """Say everything that keeps a record of the right type from being used."""
    looks: Mapping[type, Callable[[Any], list[str]]] = {
        Service: _service_faults,
        Route: _route_faults,
        Migrations: _migrations_faults,
        click.Command: _command_faults,
    }
    return [fault for kind, look in looks.items() if isinstance(record, kind) for fault in look(record)]


def _service_faults(service: Any) -> list[str]:
    faults = []
    who = f"service {service.name or service.type!r}"
    if not isinstance(service.type, type):
        faults.append(f"{who}: type is {service.type!r}, not a class")
    if not callable(service.factory):
        faults.append(f"{who}: factory is not callable")
    if service.ping is not None and not callable(service.ping):
        faults.append(f"{who}: ping is not callable")
    if service.requires is not None and not is_tuple_of_types(service.requires):
        faults.append(f"{who}: requires must be a tuple of classes, such as (MetadataStore,)")
    return faults


def is_tuple_of_types(value: Any) -> bool:
    """Tell whether a value is a tuple of classes; a forgotten comma makes it one class."""
    return isinstance(value, tuple) and all(isinstance(kind, type) for kind in value)


def _route_faults(route: Any) -> list[str]:
    who = f"route {route.method} {route.path}"
    if route.method not in METHODS:
        return [f"{who}: the method is none of {', '.join(METHODS)}"]
    if not inspect.iscoroutinefunction(route.handler):
        return [f"{who}: the handler must be written `async def`"]
    # What the application will do with it, tried out here: its refusals then name the plugin.
    from aiohttp.web_urldispatcher import UrlDispatcher

    from altus4_core.schema.decode import Decoder, QueryDecoder
    from altus4_core.schema.openapi import openapi_document

    try:
        UrlDispatcher().add_resource(route.path)
        if route.request is not None:
            Decoder(route.request, unknown=route.unknown)
        if route.query is not None:
            QueryDecoder(route.query)
        openapi_document([("", route)], version="")
    except Exception as error:  # noqa: BLE001 -- records and paths are the plugin's: whatever they raise is its fault
        return [f"{who} cannot be used: {type(error).__name__}: {' '.join(str(error).split())}"]
    return []


def _migrations_faults(migrations: Any) -> list[str]:
    who = f"migrations {migrations.name!r}"
    faults = []
    if not isinstance(migrations.name, str) or (migrations.name and not COMMAND.match(migrations.name)):
        faults.append(f"{who}: the namespace is not [a-z][a-z0-9-]*")
    if not isinstance(migrations.folder, str):
        faults.append(f"{who}: folder is not the path of a folder as text")
    if not (isinstance(migrations.after, tuple) and all(isinstance(name, str) for name in migrations.after)):
        faults.append(f'{who}: after must be a tuple of namespaces, such as ("notes",)')
    return faults


def _command_faults(command: Any) -> list[str]:
    if COMMAND.match(command.name or ""):
        return []
    return [f"command {command.name!r} has a name that is not [a-z][a-z0-9-]*"]
