"""What of the gateway itself no customer's connection may reach: its listener and its metadata schema."""

from altus4_mysql import InvalidOptions, parse_url

from altus4_core.settings import CoreSettings
from altus4_databases_mysql.gatekeeper import OwnEndpoint


def own_endpoints(settings: CoreSettings) -> tuple[OwnEndpoint, ...]:
    """Give the endpoints.

    Of the metadata server the metadata schema alone is closed: a small installation keeps its data beside it, and
    whether that server's address may be reached is for the address rules.
    """
    found: list[OwnEndpoint] = []
    if settings.server.port:
        found.append(OwnEndpoint(settings.server.host, settings.server.port))
    try:
        metadata = parse_url(settings.metadata.url.reveal())
    except InvalidOptions:
        return tuple(found)  # not set, or another kind of store; whoever reads it says what is wrong
    return (*found, OwnEndpoint(metadata.host, metadata.port, metadata.database))
