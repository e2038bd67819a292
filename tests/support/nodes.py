"""Two nodes of one deployment."""

import attrs
from altus4_sandbox import PrivateRedis, ServerAddress
from deployment import Deployment
from world import run_sql

EMAIL = "ann@example.com"


@attrs.frozen
class Nodes:
    first: Deployment
    second: Deployment
    redis: PrivateRedis
    server: ServerAddress
    metadata: str

    @property
    def both(self) -> tuple[Deployment, Deployment]:
        return self.first, self.second

    def logged(self) -> int:
        return int(str(run_sql(self.server, [f"SELECT COUNT(*) FROM {self.metadata}.searches"])[0][0]))
