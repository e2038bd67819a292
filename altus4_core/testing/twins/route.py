"""A route that says what it was told."""

import attrs

from altus4_core.records import Action
from altus4_core.routing import Call, Route
from altus4_core.schema.decode import field


@attrs.frozen
class Echo:
    """What was said, and by whom."""

    text: str = field(doc="What to say.", min_length=1, max_length=1000)
    user: str = field("", doc="Who said it.")


async def _echo(call: Call) -> Echo:
    said: Echo = call.body
    return attrs.evolve(said, user=call.caller.user_id)


def echo_route(path: str = "/api/v1/memory/echo") -> Route:
    """Make the route `POST` at this path."""
    return Route(
        "POST", path, _echo, "Say it again.", action=Action("memory.echo"), request=Echo, response=Echo, tag="Memory"
    )
