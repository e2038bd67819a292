"""When a search is refused although some of it was answered."""

from collections.abc import Sequence
from typing import Any

from altus4_core.errors import BadGateway, DeadlineExceeded, Unsearchable
from altus4_core.records import DatabaseOutcome, DatabaseStatus, SearchRequest

FAILED = frozenset({DatabaseStatus.TIMEOUT, DatabaseStatus.ERROR, DatabaseStatus.CIRCUIT_OPEN})


def judge(request: SearchRequest, outcomes: Sequence[DatabaseOutcome]) -> None:
    """Refuse when nobody could answer, or when the caller wants all or nothing.

    Raises:
        BadGateway, DeadlineExceeded: no database answered, though one should have, or one did not and the request says
            `partial: fail`. A skipped one, which has nothing to search, has not answered.
        Unsearchable: no searched table has an index.
    """
    if not outcomes:
        return
    failed = [outcome for outcome in outcomes if outcome.status in FAILED]
    wanting = [outcome for outcome in outcomes if outcome.status is DatabaseStatus.PARTIAL]
    if request.partial == "allow":
        wanting = []
    nobody = all(outcome.status in FAILED or outcome.status is DatabaseStatus.SKIPPED for outcome in outcomes)
    if (failed and (nobody or request.partial == "fail")) or wanting:
        details = [
            {"id": outcome.id, "status": outcome.status.value, "code": outcome.error.code if outcome.error else ""}
            for outcome in (*failed, *wanting)
        ]
        if nobody and all(outcome.status is DatabaseStatus.TIMEOUT for outcome in failed):
            message = "No database answered in time."
            raise DeadlineExceeded(message, details=details)
        message = "No database could answer." if nobody else "A database failed."
        raise BadGateway(message, code="SEARCH_FAILED", details=details)
    skipped = [outcome.error for outcome in outcomes if outcome.status is DatabaseStatus.SKIPPED and outcome.error]
    without = [error for error in skipped if error.code == "NO_FULLTEXT_INDEX"]
    if not without or failed:
        return
    # A table without an index in its entry was skipped, not searched.
    others = [table for outcome in outcomes for table in outcome.tables]
    absent = all(notice.code == "UNKNOWN_TABLE" for table in others for notice in table.notices)
    if absent and not any(table.index for table in others):
        listed = [item for error in without for item in _as_list(error.details.get("details"))]
        raise Unsearchable(without[0].message, code="NO_FULLTEXT_INDEX", details=listed)


def _as_list(details: Any) -> list[Any]:
    if details is None:
        return []
    return list(details) if isinstance(details, list | tuple) else [details]
