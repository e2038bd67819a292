"""How Redis is reached: its URL, and clients that neither retry nor wait."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from altus4_core.errors import Problem, StartupRefused

if TYPE_CHECKING:
    from redis.asyncio import Redis

SCHEMES = ("redis", "rediss")


@attrs.frozen
class Reach:
    """Where Redis is. Times in seconds; `ca_file` is a PEM file, or empty for the system's authorities."""

    url: str = attrs.field(repr=False)
    connect_timeout: float = 0.05
    operation_timeout: float = 0.05
    connections: int = 4
    ca_file: str = ""

    @property
    def deadline(self) -> float:
        """Seconds that an operation may take in all, with connecting."""
        return self.connect_timeout + self.operation_timeout


def url_fault(url: str) -> str | None:
    """Say what is wrong with a URL, without repeating it: it holds a password."""
    form = "write it as redis://user:password@host:port/db, or rediss:// for TLS"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"is no URL: {form}; percent-encode special characters of the password"
    if parts.scheme not in SCHEMES or not parts.hostname or port == 0:
        return f"is no Redis URL: {form}"
    if parts.query or parts.fragment:
        return f"may have nothing behind the database number: {form}; options are settings of their own"
    database = parts.path.removeprefix("/")
    if database and not (database.isascii() and database.isdigit()):
        return f"must end in the number of the database: {form}"
    return None


def check_files(reach: Reach) -> None:
    """Raise StartupRefused when a file is missing: without it Redis would seem to be gone for ever."""
    if reach.ca_file and not Path(reach.ca_file).is_file():
        what = f"ca_file: there is no file {reach.ca_file}"
        raise StartupRefused([Problem("redis", what, hint="name a PEM file, or leave it empty")])


def open_client(reach: Reach, *, connections: int | None = None) -> "Redis":
    """Make a client; it connects on first use.

    It never tries again by itself: a second attempt would double the longest wait.
    """
    # Heavy, and needed only by who runs the services.
    from redis.asyncio import BlockingConnectionPool, Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    options: dict[str, Any] = {
        "max_connections": connections or reach.connections,
        "timeout": reach.deadline,
        "socket_connect_timeout": reach.connect_timeout,
        "socket_timeout": reach.operation_timeout,
        "socket_keepalive": True,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    if urlsplit(reach.url).scheme == "rediss":
        # Older releases of the library do not check the name by default.
        options |= {"ssl_cert_reqs": "required", "ssl_check_hostname": True, "ssl_ca_certs": reach.ca_file or None}
    return Redis.from_pool(BlockingConnectionPool.from_url(reach.url, **options))
