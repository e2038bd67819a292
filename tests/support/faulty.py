"""Gateways in which plugins misbehave: their settings, and what tests ask of them."""

from collections.abc import Mapping
from typing import Any

import attrs
from aiohttp.test_utils import TestClient

from altus4_core.gateway import Gateway

SECRET = "s3cret-of-the-plugin"
DEADLINES = "".join(
    f"{name} = 0.2\n" for name in ("service_start", "ping", "auth", "policy", "limiter", "target_open", "check")
)


def rogue_toml(
    seams: Mapping[str, str] | None = None, more: str = "", top: str = "", enable: str = '["rogue"]', **own: str
) -> str:
    """Settings in which the rogue misbehaves as told."""
    lines = [f"enable = {enable}", top, more, "[deadlines]", DEADLINES]
    if "rogue" in enable:
        lines += ["[plugins.rogue]", *(f'{name} = "{way}"' for name, way in own.items()), "[plugins.rogue.seams]"]
        lines += [f'{seam} = "{way}"' for seam, way in (seams or {}).items()]
    return "\n".join(lines)


@attrs.frozen
class Served:
    """A served gateway."""

    client: TestClient
    gateway: Gateway

    def plugin(self, name: str = "rogue") -> Any:
        return next(p.instance for p in self.gateway.composition.loaded() if p.name == name)

    async def search(self, **body: Any) -> tuple[int, Mapping[str, Any], Mapping[str, str]]:
        response = await self.client.post("/api/v1/search", json={"query": "database", **body})
        text = await response.text()
        assert SECRET not in text
        assert "Traceback" not in text
        return response.status, await response.json(), response.headers

    async def get(self, path: str) -> tuple[int, Mapping[str, Any], Mapping[str, str]]:
        response = await self.client.get(path)
        text = await response.text()
        assert SECRET not in text
        assert "Traceback" not in text
        return response.status, await response.json(), response.headers

    async def alive(self) -> bool:
        """Whether everything that has nothing to do with the fault still works."""
        return (await self.client.get("/health")).status == 200

    def faults(self, plugin: str = "rogue") -> Mapping[str, int]:
        return self.gateway.dispatch.ledger.of_plugin(plugin)


def problems_of(gateway: Gateway) -> list[str]:
    return [problem.line() for problem in gateway.problems()]
