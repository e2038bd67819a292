"""What the server's error numbers mean for the gateway."""

from typing import Final

from altus4_mysql import ConnectFailed, ConnectOptions, QueryFailed

from altus4_core.errors import Altus4Error, Conflict, NotFound, Problem, StartupRefused, Unavailable, ValidationFailed
from altus4_metadata_mysql.outage import RETRY_SECONDS, unavailable

WHO: Final = "metadata-mysql"
WHERE: Final = "metadata.url, ALTUS4_METADATA_URL"

NO_SUCH_TABLE: Final = 1146
NO_RIGHTS: Final = 1044
DUPLICATE: Final = 1062
NO_PARENT: Final = frozenset({1216, 1452})
NOT_MIGRATED: Final = frozenset({NO_SUCH_TABLE, 1054})  # no such table, no such column
# Wrong for its column: too long, out of range, no text of its character set, no date, no JSON, a check refused it.
UNFIT_VALUE: Final = frozenset({1264, 1265, 1292, 1366, 1406, 3140, 3141, 3157, 3819, 4025})
TRY_AGAIN: Final = frozenset({1205, 1213})  # a lock was not to be had, a deadlock: the statement changed nothing

HINTS: Final = {
    "unreachable": "start the server, or correct host and port",
    "access_denied": "correct user and password, or grant the user its rights (README of metadata-mysql)",
    "unknown_database": "run: altus4 migrate up (it makes the schema where the user may)",
    "tls": "the server offers no acceptable TLS; set it up, or choose the mode with ?tls=",
    "not_allowed": "correct the address",
    "protocol": "what answers there is no MySQL or MariaDB server that can be talked to",
}


def refusal(error: ConnectFailed, options: ConnectOptions) -> StartupRefused:
    """Say why the server cannot be used, and what to do."""
    what = f"the metadata database {options.host}:{options.port}/{options.database}: {error}"
    # Servers say 1044 of a schema that is there, too, to a user who has no rights on it.
    reason = "access_denied" if error.errno == NO_RIGHTS else error.reason
    return StartupRefused([Problem(WHO, what, WHERE, HINTS.get(reason, ""))])


def translated(error: QueryFailed) -> Altus4Error:
    """Turn a refused statement into the core's error; the number says which, the server's text is for the log."""
    if error.errno == DUPLICATE:
        return Conflict("This exists already.")
    if error.errno in NO_PARENT:
        return NotFound("There is no such user.")
    if error.errno in UNFIT_VALUE:
        return ValidationFailed("A value cannot be stored: it is too long, out of range or no text.")
    if error.errno in NOT_MIGRATED:
        message = "The metadata schema is not up to date; run: altus4 migrate up"
        return Unavailable(message, code="METADATA_NOT_MIGRATED", retry_after=RETRY_SECONDS)
    return unavailable()
