"""The rows of the store in memory, and what holds between them: who owns what, and what goes with its owner."""

from datetime import UTC, date, datetime

import attrs

from altus4_core.clock import Clock, SystemClock
from altus4_core.errors import NotFound, Unavailable, ValidationFailed
from altus4_core.searchlog import ResultEvent
from altus4_core.stored import ApiKey, AuditEntry, Database, MetricRow, SearchRow, Session, User


@attrs.define
class Tables:
    """All rows, by id.

    Args:
        clock: Source of the times of rows that come without.
        foreign_keys: Whether a row's owner must be there, as in SQL.
        away: Whether the store is away: then everything raises `Unavailable`.
    """

    clock: Clock = attrs.field(factory=SystemClock)
    foreign_keys: bool = False
    away: bool = False
    users: dict[str, User] = attrs.field(factory=dict)
    sessions: dict[str, Session] = attrs.field(factory=dict)
    api_keys: dict[str, ApiKey] = attrs.field(factory=dict)
    hours: dict[tuple[str, datetime], int] = attrs.field(factory=dict)
    databases: dict[str, Database] = attrs.field(factory=dict)
    searches: dict[str, SearchRow] = attrs.field(factory=dict)
    result_events: dict[tuple[str, str, str], ResultEvent] = attrs.field(factory=dict)
    audit: dict[str, AuditEntry] = attrs.field(factory=dict)
    metrics: dict[tuple[str, date, str], MetricRow] = attrs.field(factory=dict)

    def reach(self) -> None:
        """Be there, or raise `Unavailable`."""
        if self.away:
            message = "The metadata store is away."
            raise Unavailable(message, retry_after=1)

    def now(self) -> datetime:
        """Give the time in whole seconds, as the columns have it."""
        return whole(self.clock.now())

    def owned(self, user_id: str) -> None:
        """Be owned by somebody who is there, or raise `NotFound`."""
        if self.foreign_keys and user_id not in self.users:
            message = "There is no such user."
            raise NotFound(message)

    def remove_user(self, user_id: str) -> bool:
        """Remove a user and everything of theirs."""
        if self.users.pop(user_id, None) is None:
            return False
        for key_id in [key.id for key in self.api_keys.values() if key.user_id == user_id]:
            del self.api_keys[key_id]
            self.hours = {place: count for place, count in self.hours.items() if place[0] != key_id}
        self.sessions = {row.id: row for row in self.sessions.values() if row.user_id != user_id}
        self.databases = {row.id: row for row in self.databases.values() if row.user_id != user_id}
        self.searches = {row.id: row for row in self.searches.values() if row.user_id != user_id}
        self.result_events = {place: row for place, row in self.result_events.items() if row.user_id != user_id}
        self.metrics = {place: row for place, row in self.metrics.items() if place[0] != user_id}
        return True


def whole(moment: datetime) -> datetime:
    """Give a time in whole seconds, UTC: what a column of type TIMESTAMP keeps."""
    return moment.astimezone(UTC).replace(microsecond=0)


def text(value: str, longest: int, field: str) -> str:
    """Give a text that a column can hold, or raise `ValidationFailed`."""
    if len(value) > longest or "\0" in value or not _is_text(value):
        message = f"{field}: cannot be stored"
        raise ValidationFailed(message)
    return value


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
