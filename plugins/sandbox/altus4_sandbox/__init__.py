"""A private MySQL or MariaDB server without root, for the demo and for tests."""

from .address import ServerAddress, new_schema_name
from .cache import Cache
from .errors import FetchError, ProgramMissingError, SandboxError, ServerUnavailableError, StartError
from .finder import Finder, find_or_fetch
from .flavour import Flavour
from .installation import Installation
from .options import ServerOptions, TlsFiles
from .plugin import Sandbox
from .redis import PrivateRedis, RedisInstallation, find_or_fetch_redis
from .server import PrivateServer

__all__ = [
    "Cache",
    "FetchError",
    "Finder",
    "Flavour",
    "Installation",
    "PrivateRedis",
    "PrivateServer",
    "ProgramMissingError",
    "RedisInstallation",
    "Sandbox",
    "SandboxError",
    "ServerAddress",
    "ServerOptions",
    "ServerUnavailableError",
    "StartError",
    "TlsFiles",
    "find_or_fetch",
    "find_or_fetch_redis",
    "new_schema_name",
]
