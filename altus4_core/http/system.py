"""The core's own operations: health, readiness, status, metrics, capabilities, the document."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from aiohttp import web

from altus4_core.clock import iso
from altus4_core.composing.composition import Entry
from altus4_core.errors import ProviderFault
from altus4_core.gateway import Gateway
from altus4_core.http.gate import Gate
from altus4_core.http.metrics import Metrics
from altus4_core.plugin import API
from altus4_core.readiness import Part, Readiness
from altus4_core.records import Action
from altus4_core.routing import Call, Reply, Route
from altus4_core.schema.openapi import record_schema
from altus4_core.search.results import check_mapping

ADMIN = Action("system.metrics", "admin", role="admin")
"""Figures are the whole process's: having the permission on one's own things is not enough."""


@attrs.frozen
class Health:
    """Answer of `GET /health`; `uptime` in seconds."""

    status: str
    timestamp: str
    version: str
    uptime: float


@attrs.frozen
class ServiceStatus:
    """One service in `GET /api/v1/status`; `response_time` in milliseconds."""

    name: str
    status: str
    response_time: float


@attrs.frozen
class Status:
    """Answer of `GET /api/v1/status`."""

    status: str
    services: tuple[ServiceStatus, ...]
    uptime: float
    version: str


class SystemRoutes:
    """Builds the core's routes."""

    def __init__(self, gateway: Gateway, gate: Gate, metrics: Metrics, version: str) -> None:
        self._gateway = gateway
        self._gate = gate
        self._metrics = metrics
        self._version = version
        self._readiness = Readiness(gateway)
        self._started = gateway.clock.monotonic()

    def routes(self) -> Sequence[Route]:
        """Give the routes."""
        tag = "System"
        found = [
            Route("GET", "/health", self.health, "Is the process up?", response=Health, tag=tag, envelope=False),
            Route(
                "GET", "/health/live", self.live, "Liveness: touches nothing.", response=dict, tag=tag, envelope=False
            ),
            Route(
                "GET",
                "/health/ready",
                self.ready,
                "Readiness: each part by name.",
                response=dict,
                tag=tag,
                also=(503,),
                envelope=False,
            ),
            Route("GET", "/api/v1/health", self.health_services, "Health with services.", response=dict, tag=tag),
            Route("GET", "/api/v1/status", self.status, "How the services do.", response=Status, tag=tag),
            Route(
                "GET", "/api/v1/capabilities", self.capabilities, "Plugins, modes and limits.", response=dict, tag=tag
            ),
        ]
        access = self._gateway.settings.core.server.metrics
        if access != "off":
            action = ADMIN if access == "protected" else None
            found += [
                Route("GET", "/metrics", self.metrics_text, "Prometheus metrics.", action=action, tag=tag, hidden=True),
                Route("GET", "/api/v1/metrics", self.metrics_json, "Counters.", action=action, response=dict, tag=tag),
            ]
        return found

    def _health(self) -> dict[str, Any]:
        clock, siblings = self._gateway.clock, self._gateway.siblings
        return {
            "status": "healthy",
            "timestamp": iso(clock.now()),
            "version": self._version,
            "uptime": round(clock.monotonic() - (siblings.since if siblings else self._started), 3),
        }

    async def health(self, call: Call) -> Reply:
        """GET /health."""
        return Reply(self._health())

    async def live(self, call: Call) -> Reply:
        """GET /health/live."""
        return Reply({"status": "alive"})

    async def ready(self, call: Call) -> Reply:
        """GET /health/ready."""
        parts = [*await self._readiness.parts(), Part("draining", not self._gate.draining)]
        ok = all(part.ok for part in parts)
        body = {
            "status": "ready" if ok else "not ready",
            "checks": [
                {"name": part.name, "ok": part.ok, **({"message": part.message} if part.message else {})}
                for part in parts
            ],
        }
        return Reply(body, 200 if ok else 503, {} if ok else {"Retry-After": "2"})

    async def _services(self) -> tuple[str, list[dict[str, Any]]]:
        parts = await self._readiness.parts()
        services = [
            {"name": part.name, "status": "healthy" if part.ok else "unhealthy", "responseTime": part.response_ms}
            for part in parts
        ]
        if all(part.ok for part in parts):
            return ("degraded" if self._gate.draining else "healthy"), services
        return ("degraded" if any(part.ok for part in parts) else "unhealthy"), services

    async def health_services(self, call: Call) -> Reply:
        """GET /api/v1/health."""
        status, services = await self._services()
        return Reply({**self._health(), "status": status, "services": services})

    async def status(self, call: Call) -> dict[str, Any]:
        """GET /api/v1/status."""
        status, services = await self._services()
        health = self._health()
        return {"status": status, "services": services, "uptime": health["uptime"], "version": self._version}

    async def capabilities(self, call: Call) -> dict[str, Any]:
        """GET /api/v1/capabilities."""
        composition = self._gateway.composition
        core = self._gateway.settings.core
        return {
            "version": self._version,
            "pluginApi": f"{API[0]}.{API[1]}",
            "plugins": [{"name": plugin.name, "version": plugin.version} for plugin in composition.loaded()],
            "searchModes": [
                {
                    "name": entry.name,
                    "plugin": entry.plugin,
                    "kinds": sorted(entry.provider.kinds),
                    "options": record_schema(entry.provider.options) if entry.provider.options else {},
                }
                for entry in composition.of("search-mode")
            ],
            "targets": [
                {"kind": entry.name, "plugin": entry.plugin, **self._described(entry)}
                for entry in composition.of("target")
            ],
            "seams": {
                seam: [entry.name for entry in composition.of(seam)]
                for seam in ("auth-scheme", "policy", "limiter", "fusion", "categorizer", "suggester", "analytics-sink")
            },
            "limits": {
                "queryLength": 500,
                "limit": 100,
                "depth": 1000,
                "bodyBytes": core.server.max_body_bytes,
                "timeoutMs": core.search.max_timeout_ms,
                "requests": core.server.max_requests,
                "requestsPerTenant": core.server.max_requests_per_tenant,
            },
        }

    def _described(self, entry: Entry) -> Mapping[str, Any]:
        try:
            return dict(self._gateway.dispatch.run(entry, entry.provider.describe, check=check_mapping))
        except ProviderFault:
            return {}

    async def metrics_text(self, call: Call) -> web.Response:
        """GET /metrics."""
        return web.Response(text=await self._metrics.text(), content_type="text/plain", charset="utf-8")

    async def metrics_json(self, call: Call) -> Mapping[str, Any]:
        """GET /api/v1/metrics."""
        return await self._metrics.figures()
