"""What is known about one request on its way through."""

import time

import attrs
from aiohttp import web

from altus4_core.deadlines import Scope
from altus4_core.records import Identity


@attrs.define
class RequestState:
    """Filled in as the request goes on; read by the gate when the answer leaves. `scope`: the handler's deadline."""

    id: str
    started: float = attrs.field(factory=time.perf_counter)
    remote: str = ""
    headers: dict[str, str] = attrs.field(factory=dict)
    timings: dict[str, float] = attrs.field(factory=dict)
    identity: Identity | None = None
    plugin: str = "core"
    scope: Scope | None = None


STATE: web.RequestKey[RequestState] = web.RequestKey("altus4", RequestState)
