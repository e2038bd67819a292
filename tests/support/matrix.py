"""Who may do what: the rules as the documentation states them, and the walk of every route by every principal."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from deployment import Answer

from altus4_core.routing import Route

PUBLIC, ANY = "public", "any"
RULES: Sequence[tuple[str, str, str | None]] = (  # path, permission, role: the first that fits
    (r"/|/docs|/openapi\.json|/console.*", PUBLIC, None),
    (r"/health(/live|/ready)?|/api/v1/(health|status|capabilities)", PUBLIC, None),
    (r"(/api/v1)?/metrics", "admin", "admin"),
    (r"/api/v1/auth/(register|login|refresh)", PUBLIC, None),
    (r"/api/v1/auth/.*", "session", None),
    (r"(/api/v1)?/management/health", PUBLIC, None),
    (r"(/api/v1)?/management/.*", "session", None),
    (r"/api/v1/(keys|databases|audit)(/.*)?", "admin", None),
    (r"/api/v1/analytics/admin/.*", ANY, "admin"),
    (r"/api/v1/analytics(/.*)?|/api/v1/search/(analyze|trends)(/.*)?", "analytics", None),
    (r"/api/v1/search(/.*)?", "search", None),
)
"""The one table of the documentation. A route that no rule fits fails the test: say here who may call it."""

BODIES: Mapping[str, Any] = {
    "POST /api/v1/search": {"query": "database"},
    "POST /api/v1/search/batch": {"searches": [{"query": "database"}]},
    "POST /api/v1/search/explain": {"query": "database"},
    "POST /api/v1/search/analyze": {"query": "database"},
    "POST /api/v1/keys": {"name": "Made on the way", "environment": "live"},
    "PUT /api/v1/keys/{id}": {"name": "Renamed on the way"},
    "PUT /api/v1/databases/{id}": {"name": "Renamed on the way"},
    "POST /api/v1/search/events": {"requestId": "no-such-request", "resultId": "d:t:1", "type": "click"},
    "PUT /api/v1/auth/profile": {"name": "Somebody"},
}
QUERIES = {"GET /api/v1/search": "?q=database", "GET /api/v1/search/suggestions": "?query=data"}
WHOLE_ACCOUNT = r"/api/v1/audit|/api/v1/analytics(/.*)?|/api/v1/search/trends"
"""What a key confined to some databases gets nothing of: it concerns all of them alike."""
OF_A_GREATER_KEY = r"(PUT|DELETE) /api/v1/keys/{id}|POST /api/v1/keys/{id}/regenerate"
"""What it cannot do to a key that is not confined."""
NAMED_IN_BODY = frozenset({"POST /api/v1/search/events"})  # 404 there speaks of what the body above names
LAST = (  # in this order: they end what a key is confined to, or the caller
    "DELETE /api/v1/databases/{id}", "POST /api/v1/auth/logout", "DELETE /api/v1/auth/account",
)  # fmt: skip


def operation(route: Route) -> str:
    return f"{route.method} {route.path}"


def documented(route: Route) -> tuple[str, str | None]:
    """Give permission and role of a route as the documentation has them."""
    for pattern, permission, role in RULES:
        if re.fullmatch(pattern, route.path):
            return permission, role
    raise AssertionError(f"{operation(route)}: nothing is documented about who may call it; add it to RULES")


@attrs.define
class Principal:
    """Somebody who calls. `login` gives a new token of a session; None for keys and for nobody.

    `refused` is the status that credentials get everywhere which are good for nothing.
    """

    name: str
    token: str | None = None
    permissions: frozenset[str] = frozenset()
    role: str = "user"
    foreign: bool = False
    login: Callable[[], str] | None = None
    refused: str | None = None
    confined: bool = False

    def expects(self, route: Route) -> str:
        """Say what the documentation promises: `in`, or the status of the refusal."""
        permission, role = documented(route)
        if route.path == "/api/v1/auth/refresh":  # public, since the cookie alone is enough; asked here without one
            return "in" if self.login is not None else "401"
        if permission == PUBLIC:
            return "in"
        if self.token is None or self.refused is not None:
            return self.refused or "401"
        if role is not None and self.role != role:
            return "403"
        implied = permission in self.permissions or ("admin" in self.permissions and permission != "session")
        if permission != ANY and not implied:
            return "403"
        beyond = re.fullmatch(WHOLE_ACCOUNT, route.path) or re.fullmatch(OF_A_GREATER_KEY, operation(route))
        if self.confined and beyond:
            return "403"
        return "404" if self.foreign and "{" in route.path else "in"


def in_order(routes: Sequence[Route]) -> list[Route]:
    """Put what ends the caller at the end."""
    return sorted(routes, key=lambda route: LAST.index(operation(route)) + 1 if operation(route) in LAST else 0)


def outcome(answer: Answer, route: Route) -> str:
    """Put a status into the class that matters here: whatever an operation says to who was let in is `in`."""
    if answer.status == 404 and operation(route) in NAMED_IN_BODY:
        return "in"
    return str(answer.status) if answer.status in {401, 403, 404} else "in"


def check_envelope(answer: Answer) -> None:
    error = json.loads(answer.raw)["error"]
    if answer.status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    if answer.status == 403:
        assert error["code"] in {"INSUFFICIENT_PERMISSIONS", "INSUFFICIENT_PRIVILEGES", "IP_NOT_ALLOWED"}
    if error["code"] == "INSUFFICIENT_PERMISSIONS":
        assert set(error["details"]) == {"required", "available"}


def as_table(principals: Sequence[str], rows: Mapping[str, tuple[str, Sequence[str]]]) -> str:
    """Write the matrix: a line an operation, a column a principal."""
    first = max(map(len, rows)) + 2
    widths = [max(len(name), 4) + 2 for name in principals]
    head = "".join(name.ljust(width) for name, width in zip(principals, widths, strict=True))
    lines = [f"{'operation'.ljust(first)}{'needs'.ljust(14)}{head}"]
    for name, (needs, cells) in sorted(rows.items(), key=lambda row: (row[0].split()[1], row[0])):
        shown = "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines.append(f"{name.ljust(first)}{needs.ljust(14)}{shown}")
    return "\n".join(lines)
