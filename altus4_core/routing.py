"""Routes as plugins and the core declare them; `http` turns them into aiohttp handlers, `openapi` into a document."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

import attrs

from altus4_core.records import Action, Identity, Subject, Verdict

if TYPE_CHECKING:
    from aiohttp import web  # a fifth of a second that a command or a test run need not spend


class Access(Protocol):
    """The three seams before any work, for handlers that ask them themselves (logging in, registering)."""

    async def authenticate(self, request: "web.Request", remote: str) -> Identity:
        """Ask the authentication schemes; raises `Rejected`, `PermissionDenied` or `Unavailable`."""
        ...

    async def authorize(self, identity: Identity, action: Action, resource: str | None = None) -> None:
        """Ask the policies; raises `PermissionDenied`."""
        ...

    async def judge(self, subject: Subject, action: str, cost: int = 1) -> Verdict | None:
        """Ask every limiter and give the tightest verdict (None: there is no limiter).

        Cost 0 only looks, a negative one gives back. Raises `Unavailable` when a limiter failed and the setting
        says deny.
        """
        ...

    async def admit(self, subject: Subject, action: str, cost: int = 1) -> Mapping[str, str]:
        """Ask every limiter and give the headers to send; raises `TooManyRequests` when one refuses."""
        ...


@attrs.define
class AuditNote:
    """What a handler adds to the entry that the core writes into the audit trail.

    `user_id` says whose entry it is where nobody is authenticated yet (logging in); `object_id` what was acted on,
    where the path's `id` does not say it. `details` are JSON-ready and never hold a secret.
    """

    user_id: str | None = None
    object_id: str | None = None
    details: dict[str, Any] = attrs.field(factory=dict)

    def add(self, *, user_id: str | None = None, object_id: str | None = None, **details: Any) -> None:
        """Add what is given; details that are None are left out."""
        self.user_id = user_id if user_id is not None else self.user_id
        self.object_id = object_id if object_id is not None else self.object_id
        self.details.update({name: value for name, value in details.items() if value is not None})


@attrs.frozen
class Call:
    """One request as a handler sees it.

    `body` and `query` are instances of the route's `request` and `query` records (None where it has none);
    `identity` is None on public routes only. `request` is there for the rare handler that needs more,
    `access` for the one that must ask the seams before work itself, `note` for what the audit trail should say.
    """

    request_id: str
    identity: Identity | None
    path: Mapping[str, str]
    query: Any
    body: Any
    remote: str
    request: "web.Request" = attrs.field(repr=False)
    access: Access = attrs.field(repr=False)
    note: AuditNote = attrs.field(factory=AuditNote, repr=False)

    @property
    def caller(self) -> Identity:
        """Give the identity of a protected route."""
        if self.identity is None:
            message = "a public route has no caller"
            raise LookupError(message)
        return self.identity


@attrs.frozen
class Reply:
    """An answer that needs more than `data`: a status, headers, cookies, members beside `data`."""

    data: Any = None
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    beside: Mapping[str, Any] = attrs.field(factory=dict)
    cookies: tuple[Mapping[str, Any], ...] = ()  # keyword arguments of `web.Response.set_cookie`


Handler = Callable[[Call], Awaitable[Any]]


@attrs.frozen
class Route:
    """One operation.

    `handler` returns the value of `data`, a `Reply`, or a `web.StreamResponse` (pages). `action` None makes it
    public. `request`, `query` and `response` are attrs records: the first two are decoded strictly or leniently
    (`unknown`: "refuse" or "ignore" members that do not exist), all three appear in OpenAPI.

    `audit` is the operation's name in the audit trail (`keys.create`; what stands before the point is the kind of
    object). Without one, protected operations other than GET are written under the name of their action. False is for
    those that change nothing: of them, as of GET, only refusals (403) are written.

    `example` is a body that the document shows; `also` are further statuses whose answer has the same form as that of
    `status` (202 for what goes on, 503 for parts that are not ready).
    """

    method: Literal["GET", "POST", "PUT", "DELETE", "PATCH"]
    path: str
    handler: Handler
    summary: str
    action: Action | None = None
    request: type | None = None
    query: type | None = None
    response: Any = None
    unknown: Literal["refuse", "ignore"] = "ignore"
    tag: str = ""
    status: int = 200
    errors: tuple[int, ...] = ()
    limited: bool = True
    hidden: bool = False  # pages: not part of the document
    envelope: bool = True  # False: the answer's body is `data` itself; failures keep their envelope
    audit: str | Literal[False] | None = None
    example: Mapping[str, Any] | None = None
    also: tuple[int, ...] = ()

    @property
    def audited(self) -> str | None:
        """Give the name under which every call is written into the audit trail; None: refusals at most."""
        if self.audit is not None:
            return self.audit or None
        return self.action.name if self.action is not None and self.method != "GET" else None
