"""Settings of the plugin: section `[plugins.databases-mysql]`. Times in seconds."""

import attrs
from attrs.validators import ge, gt

from altus4_core.settings import setting
from altus4_databases_mysql.addresses import DEFAULT_PORTS, parse_networks


def _networks(_: object, __: object, value: tuple[str, ...]) -> None:
    parse_networks(value)


def _port_numbers(_: object, __: object, value: tuple[int, ...]) -> None:
    for port in value:
        if not 0 < port < 65536:
            message = f"{port} is no TCP port (1 to 65535)"
            raise ValueError(message)


@attrs.frozen
class DatabasesMySQLSettings:
    """What the operator decides about customers' databases."""

    allowed_networks: tuple[str, ...] = setting(
        (),
        doc="CIDR ranges that databases may be in besides public addresses: loopback and private ones are refused"
        " otherwise.",
        validator=_networks,
    )
    allowed_ports: tuple[int, ...] = setting(
        DEFAULT_PORTS, doc="TCP ports that databases may have.", validator=_port_numbers
    )
    driver: str = setting("aiomysql", doc="Driver of the mysql library: aiomysql or asyncmy.")
    pool_size: int = setting(4, doc="Connections to one database at once.", validator=ge(1))
    pool_size_limit: int = setting(8, doc="Most connections a tenant may ask for with pool.size.", validator=ge(1))
    max_waiters: int = setting(
        32, doc="Searches of one database that may wait for a connection; the next is told BUSY.", validator=ge(0)
    )
    connect_timeout: float = setting(
        5.0, doc="Seconds for name resolution, TCP, TLS and login together.", validator=gt(0)
    )
    query_timeout: float = setting(10.0, doc="Longest time of one statement, in seconds.", validator=gt(0))
    acquire_timeout: float = setting(5.0, doc="Longest wait for a connection, in seconds.", validator=gt(0))
    idle_timeout: float = setting(300.0, doc="Seconds until an unused connection is closed.", validator=gt(0))
    max_rows: int = setting(20_000, doc="Most rows of one answer.", validator=ge(1))
    max_response_bytes: int = setting(16 << 20, doc="Most bytes of one answer.", validator=ge(1024))
    schema_ttl: float = setting(300.0, doc="Seconds until a discovered schema is read again.", validator=gt(0))
    schema_timeout: float = setting(30.0, doc="Seconds for reading a whole schema.", validator=gt(0))
    breaker_failures: int = setting(
        5, doc="Failed connection attempts in a row after which a database is left alone.", validator=ge(1)
    )
    breaker_pause: float = setting(
        5.0, doc="First pause of a database that is left alone, in seconds; doubles.", validator=gt(0)
    )
    breaker_longest_pause: float = setting(60.0, doc="Longest such pause, in seconds.", validator=gt(0))
