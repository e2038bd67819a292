"""The values of one demo."""

from collections.abc import Sequence

import attrs

from altus4_sandbox.address import ServerAddress


@attrs.frozen
class DemoDatabase:
    """A connected database as the gateway knows it."""

    id: str
    name: str


@attrs.frozen
class Demo:
    """Everything somebody needs to use a running demo."""

    url: str
    api_key: str = attrs.field(repr=False)
    databases: Sequence[DemoDatabase]
    server: ServerAddress

    def json_ready(self) -> dict[str, object]:
        """Give what `altus4 demo --json` prints."""
        return {
            "url": self.url,
            "apiKey": self.api_key,
            "databases": [attrs.asdict(database) for database in self.databases],
            "host": self.server.host,
            "port": self.server.port,
            "user": self.server.user,
            "password": self.server.password,
        }
