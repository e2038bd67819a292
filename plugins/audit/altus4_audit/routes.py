"""`GET /api/v1/audit`."""

from collections.abc import Callable, Sequence

from altus4_audit.view import AuditData, AuditQuery, entry_data
from altus4_core.errors import PermissionDenied
from altus4_core.records import Action
from altus4_core.routing import Call, Route
from altus4_core.store import MetadataStore


class AuditRoutes:
    """Builds the operation.

    Args:
        store: Where the entries are.
    """

    def __init__(self, store: Callable[[], MetadataStore]) -> None:
        self._store = store

    def routes(self) -> Sequence[Route]:
        """Give the routes."""
        return [
            Route(
                "GET",
                "/api/v1/audit",
                self.read,
                "Who did what, newest first.",
                action=Action("audit.read", "admin", whole_account=True),
                query=AuditQuery,
                response=AuditData,
                tag="Audit",
            )
        ]

    async def read(self, call: Call) -> AuditData:
        """GET /api/v1/audit: the own tenant's entries, or everybody's for an administrator who asks for them."""
        query: AuditQuery = call.query
        caller, audit = call.caller, self._store().audit
        if query.all and caller.role != "admin":
            message = "This needs the role admin; without all=true there are your own entries."
            raise PermissionDenied(message, code="INSUFFICIENT_PRIVILEGES")
        most = query.limit + 1  # one more says whether there are more
        if query.all:
            found = await audit.list_all(limit=most, offset=query.offset, action=query.action)
        else:
            found = await audit.list(caller.user_id, limit=most, offset=query.offset, action=query.action)
        shown = tuple(entry_data(entry) for entry in found[: query.limit])
        return AuditData(shown, query.limit, query.offset, has_more=len(found) > query.limit)
