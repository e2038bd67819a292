"""The exception tree. Every error that may reach a client has a stable code and an HTTP status.

Rule: `str(error)` is one clear line written by us, safe to show to anybody. What a database, driver or
library said is chained as `__cause__` and goes to the log only.
"""

from asyncio import CancelledError
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

if TYPE_CHECKING:
    from altus4_core.records import Identity

FOREIGN_FAULTS = (Exception, SystemExit, CancelledError)
"""What foreign code may raise where nobody cancelled it. None of it may end the process."""


@attrs.frozen
class FieldProblem:
    """One entry of a validation error's `details`."""

    field: str
    message: str
    code: str = "invalid"


class Altus4Error(Exception):
    """Base of all errors of the gateway.

    Args:
        message: One line for the person who gets it; says what to do where that is known.
        code: Stable upper-case code; the class's own when omitted.
        details: JSON-ready extra information for the client.
        retry_after: Seconds after which trying again makes sense (sent as `Retry-After`, rounded up).
    """

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: Any = None,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or self.code
        self.details = details
        self.retry_after = retry_after
        self.headers = dict(headers or {})


class ValidationFailed(Altus4Error):
    """400: the request is understood but a value is not acceptable. `details` lists `FieldProblem`s."""

    code = "VALIDATION_ERROR"
    status = 400

    @classmethod
    def of(cls, problems: Sequence[FieldProblem]) -> "ValidationFailed":
        """Build from field problems; the message names the first."""
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        message = f"{first.field}: {first.message}{more}" if first.field else f"{first.message}{more}"
        return cls(message, details=[attrs.asdict(problem) for problem in problems])


class CursorExpired(ValidationFailed):
    """400: what a cursor pins is no longer there; the search is to be begun again from its first page."""

    code = "INVALID_CURSOR"


class InvalidJSON(Altus4Error):
    """400: the body is not the JSON we accept."""

    code = "INVALID_JSON"
    status = 400


class Rejected(Altus4Error):
    """401: the credentials are missing or wrong. An authentication scheme raises it; nothing else is tried."""

    code = "INVALID_TOKEN"
    status = 401


class PermissionDenied(Altus4Error):
    """403: the identity is known and may not do this.

    `identity` is set by an authentication scheme that knows who calls and refuses all the same, for the audit trail.
    """

    code = "INSUFFICIENT_PERMISSIONS"
    status = 403
    identity: "Identity | None" = None


class NotFound(Altus4Error):
    """404: unknown, or belongs to somebody else. The two are never told apart."""

    code = "NOT_FOUND"
    status = 404


class MethodNotAllowed(Altus4Error):
    """405."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class Conflict(Altus4Error):
    """409: the state of the object does not allow it."""

    code = "CONFLICT"
    status = 409


class PayloadTooLarge(Altus4Error):
    """413: the body is over the limit."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413


class UnsupportedMediaType(Altus4Error):
    """415: not `application/json`."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class Unsearchable(Altus4Error):
    """422: a well-formed search that cannot be run."""

    code = "UNSEARCHABLE"
    status = 422


class TooManyRequests(Altus4Error):
    """429: the caller's own quota is used up."""

    code = "RATE_LIMIT_EXCEEDED"
    status = 429


class BadGateway(Altus4Error):
    """502: what we depend on answered wrongly, for this request."""

    code = "BAD_GATEWAY"
    status = 502


class Unavailable(Altus4Error):
    """503: we cannot serve this now. Always sent with `Retry-After`."""

    code = "SERVICE_UNAVAILABLE"
    status = 503


class LimitsUnknown(Unavailable):
    """503: a limiter cannot count now, and its own settings say to refuse then."""

    code = "LIMITER_UNAVAILABLE"


class DeadlineExceeded(Altus4Error):
    """504: the time for this request ran out."""

    code = "TIMEOUT"
    status = 504


class RequestTimeout(Altus4Error):
    """408: the body did not arrive in time."""

    code = "REQUEST_TIMEOUT"
    status = 408


class TargetFailed(Altus4Error):
    """One database could not answer. Caught by the pipeline and shown as that database's entry.

    `code` is one of `UNREACHABLE`, `ACCESS_DENIED`, `UNKNOWN_DATABASE`, `TLS`, `NOT_ALLOWED`,
    `CREDENTIALS_UNREADABLE`, `TIMEOUT`, `CIRCUIT_OPEN`, `BUSY`, `QUERY_FAILED`, ...
    """

    code = "QUERY_FAILED"
    status = 502


class MigrationFailed(Altus4Error):
    """A migration's statement failed; the text names the statement, not what the server said."""

    code = "MIGRATION_FAILED"


class Busy(Altus4Error):
    """Somebody else holds the lock; commands end with exit code 75."""

    code = "BUSY"
    status = 503
    exit_code: ClassVar[int] = 75


class ProviderFault(Altus4Error):
    """A plugin's provider broke its contract (raised, was late, returned junk). Raised by `dispatch` only."""

    code = "PLUGIN_FAULT"
    status = 500

    def __init__(self, plugin: str, seam: str, provider: str, kind: str, detail: str) -> None:
        super().__init__(f"{seam} {provider!r} of plugin {plugin!r} {detail}")
        self.plugin = plugin
        self.seam = seam
        self.provider = provider
        self.kind = kind


@attrs.frozen
class Problem:
    """One located start-up problem: who, what, where, what to do."""

    who: str
    what: str
    where: str = ""
    hint: str = ""
    usage: bool = False  # wrong settings or usage: exit code 2 instead of 1

    def line(self) -> str:
        """Give the problem as one line."""
        where = f" [{self.where}]" if self.where else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.who}: {self.what}{where}{hint}"


class StartupRefused(Altus4Error):
    """The gateway cannot start; `problems` has every reason found, one located line each."""

    code = "STARTUP_REFUSED"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.line() for problem in problems))
        self.problems = tuple(problems)


class SettingsError(StartupRefused):
    """The settings are wrong: exit code 2."""

    code = "SETTINGS_ERROR"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__([attrs.evolve(problem, usage=True) for problem in problems])


def told_of(error: Exception) -> Altus4Error:
    """Give what a caller is told of an error: nothing of what went on inside."""
    if isinstance(error, ProviderFault):
        return BadGateway("A part of the gateway failed; it has been logged.")
    if isinstance(error, Altus4Error):
        return error
    return Altus4Error("Something went wrong here; it has been logged.")
