"""The operations under `/api/v1/keys`, and those that set a user's first key up."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from altus4_api_keys.bodies import (
    CreateBody,
    DayCount,
    KeyList,
    LimitStatus,
    ManagementHealth,
    NewKeyData,
    OneKey,
    RegenerateBody,
    Revoked,
    SetupBody,
    SetupStatus,
    UpdateBody,
    UsageData,
    UsageFigures,
    UsageQuery,
)
from altus4_api_keys.bounds import Bounds
from altus4_api_keys.figures import Figures, UsageReader
from altus4_api_keys.keyformat import NewKey
from altus4_api_keys.known import SCHEME, KeyLookup
from altus4_api_keys.policy import SESSION_ONLY
from altus4_api_keys.terms import PERMISSIONS, KeyTerms, mint, whole_seconds
from altus4_api_keys.usage import UsageRecorder
from altus4_api_keys.view import WARNING, key_json, told
from altus4_core.changes import Changes
from altus4_core.clock import Clock
from altus4_core.errors import Conflict, FieldProblem, NotFound, ValidationFailed
from altus4_core.records import Action, Identity, Subject, Verdict
from altus4_core.routing import Call, Reply, Route
from altus4_core.store import MetadataStore
from altus4_core.stored import ApiKey

PATH: Final = "/api/v1/keys"
MANAGEMENT: Final = "/api/v1/management"
COMPAT: Final = "X-Altus4-Compat"
TAG: Final = "API keys"


class KeyRoutes:
    """Builds the operations.

    Args:
        store: Where keys are.
        lookup: What is remembered of them: told of every change.
        recorder: What is counted of their use and not yet written.
        clock: Source of time.
        changes: Told of every change, too, for other processes to hear of it.
    """

    def __init__(
        self,
        store: Callable[[], MetadataStore],
        lookup: Callable[[], KeyLookup],
        recorder: Callable[[], UsageRecorder],
        clock: Clock,
        changes: Changes,
    ) -> None:
        self._store = store
        self._lookup = lookup
        self._changes = changes
        self._recorder = recorder
        self._usage = UsageReader(store, recorder)
        self._clock = clock

    def routes(self) -> Sequence[Route]:
        """Give the routes."""
        read, write = Action("keys.read", "admin"), Action("keys.write", "admin")
        account = Action("keys.setup", SESSION_ONLY)
        one = f"{PATH}/{{id}}"

        def route(method: Any, path: str, handler: Any, summary: str, **more: Any) -> Route:
            return Route(method, path, handler, summary, tag=TAG, **more)

        return [
            route("POST", PATH, self.create, "Make a key; its text is shown once.",
                  action=write, request=CreateBody, response=NewKeyData, status=201, errors=(404,),
                  audit="keys.create"),
            route("GET", PATH, self.list_keys, "List the active keys, newest first.", action=read, response=KeyList),
            route("GET", one, self.read, "Read a key.", action=read, response=OneKey),
            route("PUT", one, self.update, "Change a key.", action=write, request=UpdateBody, response=OneKey,
                  errors=(409,), audit="keys.update"),
            route("DELETE", one, self.revoke, "Revoke a key; repeatable.",
                  action=write, response=Revoked, audit="keys.revoke"),
            route("POST", f"{one}/regenerate", self.regenerate, "Replace a key; the old one may go on for a while.",
                  action=write, request=RegenerateBody, response=NewKeyData, errors=(409,), audit="keys.regenerate"),
            route("GET", f"{one}/usage", self.usage, "How a key was used.",
                  action=read, query=UsageQuery, response=UsageData),
            route("GET", f"{MANAGEMENT}/migration-status", self.status, "Whether the user has keys yet.",
                  action=account, response=SetupStatus),
            route("GET", f"{MANAGEMENT}/health", self.health, "Whether keys can be managed.",
                  response=ManagementHealth),
            *(
                route("POST", f"{MANAGEMENT}/{path}", self.set_up, "Make a user's first key.",
                      action=account, request=SetupBody, response=NewKeyData, status=201, errors=(409,),
                      audit="keys.setup")
                for path in ("setup", "setup-initial-api-key")
            ),
        ]  # fmt: skip

    async def create(self, call: Call) -> Reply:
        """POST /keys."""
        body: CreateBody = call.body
        now = self._clock.now()
        terms = body.terms().checked(now)
        bounds = await self._bounds(call.caller)
        terms = bounds.inherited(terms)
        bounds.check(terms)
        bounds.check_limits(terms)
        await self._check_databases(call.caller, terms.databases)
        row, new = mint(terms, call.caller.user_id, now)
        await self._store().api_keys.add(row)
        call.note.add(object_id=row.id, **told(row))
        return Reply(_new_json(row, new, now), status=201)

    async def list_keys(self, call: Call) -> Any:
        """GET /keys."""
        keys = await self._active(call.caller)
        if call.request.headers.get(COMPAT, "").strip().lower() == "sdk":
            return keys
        return {"apiKeys": keys, "total": len(keys)}

    async def read(self, call: Call) -> Any:
        """GET /keys/{id}."""
        return _one_json(self._recorder().applied(await self._key(call)), self._clock.now())

    async def update(self, call: Call) -> Any:
        """PUT /keys/{id}."""
        body: UpdateBody = call.body
        now = self._clock.now()
        key = await self._usable_key(call, now)
        terms = body.terms(key)
        if terms.environment != key.environment:
            problem = FieldProblem("environment", "cannot change: it is part of the key's text", "immutable")
            raise ValidationFailed.of([problem])
        # An expiry that has passed may stay as it is; only a new one must lie in the future.
        moved = terms.expires_at != key.expires_at
        checked = (terms if moved else attrs.evolve(terms, expires_at=None)).checked(now)
        terms = checked if moved else attrs.evolve(checked, expires_at=key.expires_at)
        bounds = await self._bounds(call.caller)
        if call.caller.credential_id != key.id:
            bounds.check_control(KeyTerms.of(key))  # else narrowed first, then ended or regenerated
        bounds.check(terms)
        bounds.check_limits(terms, key)
        if terms.databases is not None and set(terms.databases) - set(key.databases or ()):
            await self._check_databases(call.caller, terms.databases)
        changed = attrs.evolve(
            key,
            name=terms.name,
            permissions=frozenset(terms.permissions),
            rate_limit_tier=terms.tier,
            rate_limit_custom=terms.custom,
            expires_at=terms.expires_at,
            allowed_ips=None if terms.allowed_ips is None else tuple(terms.allowed_ips),
            databases=None if terms.databases is None else tuple(terms.databases),
            updated_at=whole_seconds(now),
        )
        await self._store().api_keys.update(changed)
        self._forget(key)
        before = told(key)
        call.note.details |= {name: value for name, value in told(changed).items() if value != before[name]}
        return _one_json(self._recorder().applied(changed), now)

    def _forget(self, key: ApiKey) -> None:
        self._lookup().forget(key.key_hash)
        self._changes.tell("key", key.id)

    async def revoke(self, call: Call) -> Revoked:
        """DELETE /keys/{id}."""
        key = await self._key(call)
        if key.is_active:
            if call.caller.credential_id != key.id:
                (await self._bounds(call.caller)).check_control(KeyTerms.of(key))
            await self._store().api_keys.update(attrs.evolve(key, is_active=False))
        self._forget(key)
        call.note.add(key_prefix=key.key_prefix)
        return Revoked(key.id, "The API key is revoked.")

    async def regenerate(self, call: Call) -> Any:
        """POST /keys/{id}/regenerate."""
        body: RegenerateBody = call.body
        now = self._clock.now()
        key = await self._usable_key(call, now)
        if key.retired_at is not None or (key.expires_at is not None and now >= key.expires_at):
            raise _ended()
        terms = KeyTerms.of(key)
        # The answer holds the new key's text: nobody gets one that can do more.
        bounds = await self._bounds(call.caller)
        bounds.check(terms)
        own = await self._own(call.caller)
        if own is not None and own.id != key.id:
            bounds.check_rate(await self._per_hour(call, own), await self._per_hour(call, key))
        row, new = mint(terms, call.caller.user_id, now)
        await self._store().api_keys.add(row)
        until = now + timedelta(seconds=body.grace_period_seconds)
        if not await self._store().api_keys.retire(key.user_id, key.id, until):
            await self._store().api_keys.update(attrs.evolve(row, is_active=False))
            raise _ended()
        if body.grace_period_seconds == 0:
            await self._store().api_keys.update(attrs.evolve(key, is_active=False, retired_at=until))
        self._forget(key)
        call.note.add(new_id=row.id, grace_period_seconds=body.grace_period_seconds, key_prefix=key.key_prefix)
        return {**_new_json(row, new, now), "oldKeyId": key.id}

    async def usage(self, call: Call) -> UsageData:
        """GET /keys/{id}/usage."""
        query: UsageQuery = call.query
        now = self._clock.now()
        figures = await self._usage.read(call.caller.user_id, call.path["id"], query.days, now)
        if figures is None:
            raise _not_found()
        return await self._usage_data(call, figures, now)

    async def set_up(self, call: Call) -> Reply:
        """POST /management/setup."""
        body: SetupBody = call.body
        now = self._clock.now()
        terms = KeyTerms(body.name, body.environment, PERMISSIONS).checked(now)
        row, new = mint(terms, call.caller.user_id, now)
        if not await self._store().api_keys.add_first(row, now):
            message = "This user has an API key already; make further ones with POST /api/v1/keys."
            raise Conflict(message, code="API_KEY_EXISTS")
        call.note.add(object_id=row.id, **told(row))
        return Reply(_new_json(row, new, now), status=201)

    async def status(self, call: Call) -> SetupStatus:
        """GET /management/migration-status."""
        count = len(await self._active(call.caller))
        return SetupStatus(has_api_keys=count > 0, api_key_count=count, setup_required=count == 0)

    async def health(self, call: Call) -> ManagementHealth:
        """GET /management/health."""
        await self._store().ping()
        return ManagementHealth("healthy", self._clock.now())

    async def _usage_data(self, call: Call, figures: Figures, now: datetime) -> UsageData:
        key = figures.key
        verdict = await self._verdict(call, key)
        status = LimitStatus(
            tier=key.rate_limit_tier,
            remaining=verdict.remaining if verdict is not None else 0,
            reset_time=now + timedelta(seconds=verdict.reset_after if verdict is not None else 0),
        )
        usage = UsageFigures(
            api_key_id=key.id,
            request_count=key.usage_count,
            rate_limit_status=status,
            daily=tuple(DayCount(day, count) for day, count in figures.daily),
            last_used=key.last_used,
        )
        return UsageData(
            usage=usage,
            key_id=key.id,
            total_requests=key.usage_count,
            requests_this_month=figures.this_month,
            rate_limit_tier=key.rate_limit_tier,
            quota_used=figures.this_hour,
            quota_limit=verdict.limit if verdict is not None else 0,
        )

    async def _active(self, caller: Identity) -> list[dict[str, Any]]:
        now, usage = self._clock.now(), self._recorder()
        keys = await self._store().api_keys.list(caller.user_id)
        shown = [key_json(usage.applied(key), now) for key in keys]
        return [key for key in shown if key["isActive"]]

    async def _key(self, call: Call) -> ApiKey:
        key = await self._store().api_keys.get(call.caller.user_id, call.path["id"])
        if key is None:
            raise _not_found()
        return key

    async def _usable_key(self, call: Call, now: datetime) -> ApiKey:
        key = await self._key(call)
        if not key.is_active or (key.retired_at is not None and now >= key.retired_at):
            raise _ended()
        return key

    async def _bounds(self, caller: Identity) -> Bounds:
        return Bounds.of(caller, await self._own(caller))

    async def _own(self, caller: Identity) -> ApiKey | None:
        if caller.scheme != SCHEME:
            return None
        return await self._store().api_keys.get(caller.user_id, caller.credential_id)

    async def _per_hour(self, call: Call, key: ApiKey) -> int:
        """Ask the limiters what a key may do in an hour: only they know what a tier is worth."""
        verdict = await self._verdict(call, key)
        return verdict.limit if verdict is not None else 0

    async def _verdict(self, call: Call, key: ApiKey) -> Verdict | None:
        """Ask what is left of a key's limit, counting nothing."""
        subject = Subject("key", key.id, key.rate_limit_tier, key.rate_limit_custom)
        return await call.access.judge(subject, "keys.usage", 0)

    async def _check_databases(self, caller: Identity, ids: Sequence[str] | None) -> None:
        if ids is None:
            return
        known = {database.id for database in await self._store().databases.list(caller.user_id)}
        if not set(ids) <= known:
            message = "Database not found"
            raise NotFound(message)


def _not_found() -> NotFound:
    return NotFound("API key not found")


def _ended() -> Conflict:
    return Conflict("This key is revoked, replaced or expired; make a new one.", code="API_KEY_ENDED")


def _one_json(key: ApiKey, now: datetime) -> dict[str, Any]:
    shown = key_json(key, now)
    return {**shown, "apiKey": shown}


def _new_json(key: ApiKey, new: NewKey, now: datetime) -> dict[str, Any]:
    return {**_one_json(key, now), "key": new.prefix, "secretKey": new.text, "warning": WARNING}
