"""The operations under `/api/v1/databases`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from altus4_core.changes import Changes
from altus4_core.errors import NotFound, TargetFailed
from altus4_core.records import Action, Identity
from altus4_core.routing import Call, Reply, Route
from altus4_core.search.directory import environments_of
from altus4_core.stored import Database
from altus4_databases_mysql.advice.advisor import advise
from altus4_databases_mysql.bodies import (
    AdviceData,
    ChangeBody,
    ConnectBody,
    ConnectionData,
    Done,
    PoolData,
    RefreshData,
    SchemaQuery,
    TestData,
)
from altus4_databases_mysql.changes import new_terms
from altus4_databases_mysql.registrar import Registrar
from altus4_databases_mysql.sharedtargets import SharedTargets
from altus4_databases_mysql.view import advice_json, connection_data, inspection_json, told

PATH: Final = "/api/v1/databases"
TAG: Final = "Databases"
STATUS_SECONDS: Final = 3.0  # for asking all of a user's databases whether they answer
REFRESH_SECONDS: Final = 2.0  # after which a refresh is answered with 202 and goes on by itself


class DatabaseRoutes:
    """Builds the operations.

    Args:
        registrar: Gives the registrar.
        targets: Gives the open targets that searches use.
        changes: Told when a user's databases changed.
    """

    def __init__(
        self, registrar: Callable[[], Registrar], targets: Callable[[], SharedTargets], changes: Changes
    ) -> None:
        self._registrar = registrar
        self._targets = targets
        self._changes = changes
        self._refreshing: set[asyncio.Task[Any]] = set()

    def routes(self) -> Sequence[Route]:
        """Give the routes."""
        read, change = Action("databases.read", "admin"), Action("databases.change", "admin")

        def route(method: Any, path: str, handler: Any, summary: str, **more: Any) -> Route:
            return Route(method, f"{PATH}{path}", handler, summary, tag=TAG, **more)

        return [
            route("POST", "", self.add, "Connect a database; refused unless the connection works.",
                  action=change, request=ConnectBody, response=ConnectionData, status=201, errors=(400, 409),
                  audit="databases.add"),
            route("GET", "", self.list, "List connected databases.",
                  action=read, response=tuple[ConnectionData, ...]),
            route("GET", "/status", self.status, "Which databases answer?", action=read, response=dict[str, bool]),
            route("GET", "/{id}", self.get, "Read one.", action=read, response=ConnectionData, errors=(404,)),
            route("PUT", "/{id}", self.change, "Change one; new host, port, user or TLS need the password again.",
                  action=change, request=ChangeBody, response=ConnectionData, errors=(400, 404, 409),
                  audit="databases.update"),
            route("DELETE", "/{id}", self.remove, "Take one away; unsearchable at once.",
                  action=change, response=Done, errors=(404,), audit="databases.remove"),
            route("POST", "/{id}/test", self.test, "Connect anew and tell what is there.",
                  action=change, response=TestData, errors=(404,), audit="databases.test"),
            route("GET", "/{id}/schema", self.schema, "What can be searched.",
                  action=read, query=SchemaQuery, response=tuple[dict[str, Any], ...] | dict[str, Any],
                  errors=(404, 502)),
            route("POST", "/{id}/schema/refresh", self.refresh, "Read the schema again; the old one serves meanwhile.",
                  action=change, response=RefreshData, also=(202,), errors=(404, 502), audit="databases.refresh"),
            route("GET", "/{id}/advice", self.advice, "What could be better about the indexes; changes nothing.",
                  action=read, response=AdviceData, errors=(404, 502)),
            route("GET", "/{id}/pool", self.pool, "Connections of this process.",
                  action=read, response=PoolData, errors=(404,)),
        ]  # fmt: skip

    async def add(self, call: Call) -> ConnectionData:
        """POST /."""
        user_id = call.caller.user_id
        terms = new_terms(call.body)
        call.note.add(host=terms.host, port=terms.port, database=terms.database)  # of an attempt that fails, too
        row = await self._registrar().add(user_id, terms)
        self._changes.tell("databases", user_id)
        call.note.add(object_id=row.id, **told(row))
        return self._shown(row)

    async def list(self, call: Call) -> Sequence[ConnectionData]:
        """GET /."""
        return [self._shown(row) for row in await self._visible(call.caller)]

    async def status(self, call: Call) -> Mapping[str, bool]:
        """GET /status: one trivial statement each, all at once."""
        rows = await self._visible(call.caller)
        return dict(zip([row.id for row in rows], await asyncio.gather(*map(self._answers, rows)), strict=True))

    async def get(self, call: Call) -> ConnectionData:
        """GET /:id."""
        return self._shown(await self._row(call))

    async def change(self, call: Call) -> ConnectionData:
        """PUT /:id."""
        before = await self._row(call)
        row = await self._registrar().change(before, call.body)
        self._gone(row)
        known = told(before)
        call.note.details |= {name: value for name, value in told(row).items() if value != known[name]}
        return self._shown(row)

    async def remove(self, call: Call) -> Done:
        """DELETE /:id."""
        row = await self._row(call)
        await self._registrar().remove(row.user_id, row.id)
        self._gone(row)
        call.note.add(name=row.name)
        return Done()

    async def test(self, call: Call) -> Mapping[str, Any]:
        """POST /:id/test: a failure is a result."""
        inspection = await self._registrar().test(await self._row(call))
        call.note.add(connected=inspection.connected)
        return inspection_json(inspection)

    async def schema(self, call: Call) -> Any:
        """GET /:id/schema."""
        described = await self._targets().get(await self._row(call)).describe()
        query: SchemaQuery = call.query
        return described if query.format == "object" else described["tables"]

    async def refresh(self, call: Call) -> Reply:
        """POST /:id/schema/refresh."""
        reading = asyncio.create_task(self._targets().get(await self._row(call)).refresh_schema())
        self._refreshing.add(reading)
        reading.add_done_callback(self._refreshed)
        await asyncio.wait([reading], timeout=REFRESH_SECONDS)
        if not reading.done():
            return Reply(RefreshData("refreshing"), status=202)
        reading.result()
        return Reply(RefreshData("refreshed"))

    async def advice(self, call: Call) -> Mapping[str, Any]:
        """GET /:id/advice."""
        return advice_json(await advise(self._targets().get(await self._row(call))))

    async def pool(self, call: Call) -> PoolData:
        """GET /:id/pool."""
        target = self._targets().opened((await self._row(call)).id)
        if target is None:
            return PoolData(0, 0, 0, 0)
        stats = target.stats
        return PoolData(stats.total, stats.active, stats.idle, stats.queued)

    async def _visible(self, identity: Identity) -> Sequence[Database]:
        rows = await self._registrar().list(identity.user_id)
        return [row for row in rows if _sees(identity, row)]

    async def _row(self, call: Call) -> Database:
        row = await self._registrar().get(call.caller.user_id, call.path["id"])
        if not _sees(call.caller, row):
            message = "Database not found"
            raise NotFound(message)
        return row

    async def _answers(self, row: Database) -> bool:
        try:
            async with asyncio.timeout(STATUS_SECONDS):
                await self._targets().get(row).ping()
        except (TargetFailed, TimeoutError):
            return False
        return True

    def _shown(self, row: Database) -> ConnectionData:
        target = self._targets().opened(row.id)
        return connection_data(row, target.breaker_state if target else None)

    def _gone(self, row: Database) -> None:
        """Close the pool, and let the gateway forget what it remembers of the user's databases."""
        self._targets().retire(row.id)
        self._changes.tell("databases", row.user_id)

    def _refreshed(self, task: asyncio.Task[Any]) -> None:
        self._refreshing.discard(task)
        if not task.cancelled():
            task.exception()  # told to the caller if one still waits, else logged by the target


def _sees(identity: Identity, row: Database) -> bool:
    """Tell whether a key that is confined, to some databases or to an environment, may know of this one.

    What it knows of it could also change, and so open up: a test key must not mark a live database for test.
    """
    if identity.databases is not None and row.id not in identity.databases:
        return False
    return identity.environment is None or identity.environment in environments_of(row)
