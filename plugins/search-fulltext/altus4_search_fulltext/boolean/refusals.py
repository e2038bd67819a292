"""Why a boolean query is not run."""

from altus4_core.errors import Unsearchable

_SHOWN = 60  # characters of a token in a message


def invalid(position: int, what: str, hint: str) -> Unsearchable:
    """Make the refusal of a query that makes no sense.

    Args:
        position: Characters before the place, in the query as received (after NFC and trimming).
        what: What is wrong there.
        hint: What to write instead.
    """
    message = f"The boolean query cannot be understood at position {position}: {what}. {hint}"
    return Unsearchable(message, code="INVALID_BOOLEAN_QUERY", details={"position": position, "hint": hint})


def too_expensive(token: str, position: int, what: str, limit: int) -> Unsearchable:
    """Make the refusal of a query that would cost the server too much.

    Args:
        token: The one that is too much.
        position: Where it stands.
        what: Which limit it exceeds, a whole clause.
        limit: The limit's number.
    """
    shown = token if len(token) <= _SHOWN else f"{token[:_SHOWN]}..."
    message = f"'{shown}' at position {position} makes the query too expensive: {what}."
    return Unsearchable(
        message, code="QUERY_TOO_EXPENSIVE", details={"token": token, "position": position, "limit": limit}
    )
