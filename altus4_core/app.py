"""The application factory: one gateway -> one aiohttp application."""

from collections.abc import Mapping
from importlib.metadata import version

import attrs
from aiohttp import web

from altus4_core.gateway import Gateway
from altus4_core.http.access import AccessControl
from altus4_core.http.audit import AuditTrail
from altus4_core.http.body import BodyReader
from altus4_core.http.bulkhead import Bulkheads
from altus4_core.http.envelope import Envelopes
from altus4_core.http.gate import Gate
from altus4_core.http.metrics import Metrics
from altus4_core.http.mount import Mount
from altus4_core.http.pages import PageRoutes
from altus4_core.http.search.routes import SearchRoutes
from altus4_core.http.system import SystemRoutes
from altus4_core.routing import Route


@attrs.frozen
class Application:
    """The aiohttp application and the parts that serving needs."""

    web: web.Application
    gate: Gate
    bulkheads: Bulkheads
    envelopes: Envelopes
    routes: tuple[tuple[str, Route], ...]
    metrics: Metrics


def create_app(gateway: Gateway) -> Application:
    """Build the application. Nothing is started; routes of plugins replace the core's of the same path."""
    core = gateway.settings.core
    released = version("altus4-core")
    envelopes = Envelopes(released)
    bulkheads = Bulkheads(core.server.max_requests, core.server.max_requests_per_tenant)
    gate = Gate(core.server, envelopes)
    mount = Mount(
        AccessControl(gateway.composition, gateway.dispatch, core),
        BodyReader(core.server),
        bulkheads,
        envelopes,
        core.server.request_timeout,
        AuditTrail(gateway.events.emit, gateway.clock),
    )
    metrics = Metrics(gateway, gate, bulkheads)
    routes: dict[str, tuple[str, Route]] = {}
    own = [*SystemRoutes(gateway, gate, metrics, released).routes(), *SearchRoutes(gateway).routes()]
    for route in own:
        routes[f"{route.method} {route.path}"] = ("core", route)
    for entry in gateway.composition.of("route"):
        routes[entry.name] = (entry.plugin, entry.provider)
    pages = PageRoutes(list(routes.values()), released).routes()
    for route in pages:
        routes.setdefault(f"{route.method} {route.path}", ("core", route))
    application = web.Application(middlewares=[gate.middleware()], client_max_size=core.server.max_body_bytes)
    handlers = [(route, mount.handler(plugin, route)) for plugin, route in routes.values()]
    for slash in ("", "/"):  # the published spelling first: aiohttp asks in order
        for route, handler in handlers:
            if slash and not _may_end_in_slash(route, routes):
                continue
            if route.method == "GET":
                application.router.add_get(route.path + slash, handler)
            else:
                application.router.add_route(route.method, route.path + slash, handler)
    return Application(application, gate, bulkheads, envelopes, tuple(routes.values()), metrics)


def _may_end_in_slash(route: Route, routes: Mapping[str, object]) -> bool:
    """Say whether the route also answers with a slash at the end of its path: clients written for Express send it.

    Both spellings are one operation; nobody is redirected, since a redirected POST would lose its body. A path that
    some route has of its own is left to it.
    """
    return not route.path.endswith("/") and f"{route.method} {route.path}/" not in routes
