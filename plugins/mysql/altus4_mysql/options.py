"""Everything a connection can be told, as frozen records: an allow list, never `**config`."""

from typing import Any, Literal, get_args

from attrs import Attribute, field, frozen, validators

from .errors import InvalidOptions
from .protocol import MAX_PAYLOAD

TLSMode = Literal["disabled", "required", "verify-ca", "verify-identity"]
TLS_MODES: tuple[str, ...] = get_args(TLSMode)


def _positive(_: object, attribute: "Attribute[Any]", value: float) -> None:
    if not value > 0:
        message = f"{attribute.name} must be greater than 0"
        raise InvalidOptions(message)


@frozen
class TLSOptions:
    """How a connection is encrypted.

    `required` keeps listeners out but accepts any certificate; only the `verify-` modes keep impostors out.
    """

    mode: TLSMode = field(default="required", metadata={"doc": "disabled, required, verify-ca or verify-identity"})
    ca_pem: str | None = field(default=None, metadata={"doc": "PEM text of the CAs; None: the system's"})
    cert_pem: str | None = field(default=None, metadata={"doc": "PEM text of a client certificate (chain)"})
    key_pem: str | None = field(default=None, repr=False, metadata={"doc": "PEM text of its private key"})

    def __attrs_post_init__(self) -> None:
        """Refuse modes and combinations that would do something else than meant."""
        if self.mode not in TLS_MODES:
            message = f"unknown tls mode; one of {', '.join(TLS_MODES)}"
            raise InvalidOptions(message)
        if (self.cert_pem is None) != (self.key_pem is None):
            message = "a TLS client certificate and its key belong together; give both or neither"
            raise InvalidOptions(message)


@frozen
class Limits:
    """Caps on one answer, enforced while its bytes are read."""

    max_packet_bytes: int = field(
        default=4 << 20, validator=_positive, metadata={"doc": "one packet (a row), bytes; below 16 MiB"}
    )
    max_response_bytes: int = field(default=16 << 20, validator=_positive, metadata={"doc": "one answer, bytes"})
    max_rows: int = field(default=100_000, validator=_positive, metadata={"doc": "rows of one answer"})
    max_columns: int = field(default=1_024, validator=_positive, metadata={"doc": "columns of one answer"})
    #: A NULL is one byte on the wire and a short string three, but 8 and about 60 in memory.
    max_cells: int = field(default=2_000_000, validator=_positive, metadata={"doc": "rows times columns"})

    def __attrs_post_init__(self) -> None:
        """Continuation packets are not accepted, so one packet stays below 16 MiB."""
        if self.max_packet_bytes >= MAX_PAYLOAD:
            message = f"max_packet_bytes must be below {MAX_PAYLOAD}"
            raise InvalidOptions(message)


@frozen
class SessionOptions:
    """What a session is set to, in one round trip, before its first use."""

    sql_mode: str = field(
        default="STRICT_TRANS_TABLES",
        validator=validators.matches_re(r"[A-Z_]*(,[A-Z_]+)*"),
        metadata={"doc": "sql_mode"},
    )
    time_zone: str = field(
        default="+00:00", validator=validators.matches_re(r"[+-]\d\d:\d\d"), metadata={"doc": "time_zone as offset"}
    )
    read_only: bool = field(default=False, metadata={"doc": "transactions read only: customers' servers"})
    repeatable_read: bool = field(
        default=False,
        metadata={"doc": "REPEATABLE READ, whatever the server has: gap locks, one view"},
    )


@frozen
class ConnectOptions:
    """One server, one account, and how far it is trusted."""

    host: str = field(metadata={"doc": "name or address; the name is what TLS checks"})
    port: int = field(default=3306, metadata={"doc": "TCP port"})
    user: str = field(default="", metadata={"doc": "account"})
    password: str = field(default="", repr=False, metadata={"doc": "sent as UTF-8"})
    database: str | None = field(default=None, metadata={"doc": "schema used at login; None: none"})
    tls: TLSOptions = field(factory=TLSOptions, metadata={"doc": "encryption"})
    loopback_key: bool = field(
        default=False,
        metadata={"doc": "fetch the server's RSA key without TLS when the peer is a loopback address"},
    )
    connect_timeout: float = field(
        default=5.0, validator=_positive, metadata={"doc": "seconds for name, TCP, TLS and login together"}
    )
    query_timeout: float = field(default=30.0, validator=_positive, metadata={"doc": "default deadline, seconds"})
    limits: Limits = field(factory=Limits, metadata={"doc": "caps on answers"})
    session: SessionOptions = field(factory=SessionOptions, metadata={"doc": "session settings"})

    def __attrs_post_init__(self) -> None:
        """Refuse what could not be sent or would be cut by a NUL."""
        if not self.host or self.host.startswith("/"):
            message = "host must be a name or an address; unix sockets are not supported"
            raise InvalidOptions(message)
        if not 0 < self.port < 65536:
            message = "port must be between 1 and 65535"
            raise InvalidOptions(message)
        for name in ("host", "user", "password", "database"):
            value = getattr(self, name) or ""
            if "\0" in value or (not value.isprintable() and name != "password"):
                message = f"{name} must not hold control characters"
                raise InvalidOptions(message)
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                message = f"{name} is not valid text"
                raise InvalidOptions(message) from None
