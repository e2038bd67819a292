"""Drivers by name. Importing one costs some 100 ms, so it happens when one is asked for."""

from .dialer import Resolve, resolve_any
from .driver import Driver
from .errors import InvalidOptions

DRIVERS = ("aiomysql", "asyncmy")


def make_driver(name: str = "aiomysql", resolve: Resolve = resolve_any) -> Driver:
    """Make a driver.

    Args:
        name: `aiomysql` (default), or `asyncmy`, which needs `pip install altus4-mysql[asyncmy]`.
        resolve: name resolution and judgement of addresses; the default judges nothing.

    Raises:
        InvalidOptions: unknown or not installed.
    """
    if name == "aiomysql":
        try:
            from .aiomysql_driver import AiomysqlDriver
        except OSError:
            # From Python 3.13 on aiomysql cannot be imported under a user id without a name (some containers).
            message = "aiomysql needs a user name to start: set the environment variable LOGNAME to any"
            raise InvalidOptions(message) from None
        return AiomysqlDriver(resolve)
    if name == "asyncmy":
        try:
            from .asyncmy_driver import AsyncmyDriver
        except ImportError:
            message = "the asyncmy driver is not installed; run: pip install 'altus4-mysql[asyncmy]'"
            raise InvalidOptions(message) from None
        return AsyncmyDriver(resolve)
    message = f"unknown MySQL driver; one of {', '.join(DRIVERS)}"
    raise InvalidOptions(message)
