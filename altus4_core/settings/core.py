"""The core's own settings: everything outside `[plugins.*]`, which `LoadedSettings.plugin` reads for each plugin."""

from collections.abc import Mapping
from typing import Literal

import attrs
from attrs.validators import ge, in_, le

from altus4_core.settings.field import Secret, setting

MOST_WORKERS = 64
LEAST_SPILL = 1 << 16  # bytes


@attrs.frozen
class ServerSettings:
    """Section `[server]`: the HTTP side."""

    host: str = setting("127.0.0.1", doc="Address to listen on.", env=("ALTUS4_HOST",))
    port: int = setting(
        3000,
        doc="TCP port to listen on; 0 picks a free one.",
        env=("ALTUS4_PORT",),
        validator=[ge(0), le(65535)],
    )
    workers: int = setting(
        1,
        doc="Processes that serve the port together; what is limited is limited in each, unless its doc says more.",
        env=("ALTUS4_WORKERS",),
        validator=[ge(1), le(MOST_WORKERS)],
    )
    max_body_bytes: int = setting(256 * 1024, doc="Largest request body, in bytes.", validator=ge(1024))
    body_timeout: float = setting(
        15.0, doc="Seconds within which a body, or a connection's first request, must have arrived.", validator=ge(0.1)
    )
    max_waiting_bodies: int = setting(
        64, doc="Bodies that may be on their way from one address at once; beyond it 429.", validator=ge(1)
    )
    request_timeout: float = setting(30.0, doc="Seconds after which any request is answered 504.", validator=ge(0.1))
    max_requests: int = setting(256, doc="Requests worked on at once; beyond it 503.", validator=ge(1))
    max_requests_per_tenant: int = setting(
        32, doc="Requests of one user worked on at once; beyond it 429.", validator=ge(1)
    )
    cors_origins: tuple[str, ...] = setting((), doc="Origins that browsers may call from; exact, no wildcard.")
    trusted_proxies: tuple[str, ...] = setting((), doc="CIDR ranges of proxies whose X-Forwarded-For is believed.")
    metrics: Literal["public", "protected", "off"] = setting(
        "protected",
        doc="Who may read /metrics: public, protected (role admin) or off.",
        validator=in_(["public", "protected", "off"]),
    )
    drain_delay: float = setting(
        0.0, doc="Seconds between becoming not ready and closing the listener at stop.", validator=ge(0)
    )
    drain_timeout: float = setting(10.0, doc="Seconds that requests in flight get at stop.", validator=ge(0))


@attrs.frozen
class MetadataSettings:
    """Section `[metadata]`: where the gateway keeps what it remembers."""

    url: Secret = setting(
        Secret(""),
        doc="mysql://user:password@host:port/schema?tls=required (percent-encoded).",
        env=("ALTUS4_METADATA_URL",),
    )
    require_migrated: bool = setting(True, doc="Refuse to serve while migrations are pending.")


@attrs.frozen
class SecuritySettings:
    """Section `[security]`: the two secrets."""

    session_secret: Secret = setting(
        Secret(""),
        doc="Signs session tokens and cursors; at least 32 characters.",
        env=("ALTUS4_SESSION_SECRET",),
    )
    encryption_keys: Secret = setting(
        Secret(""),
        doc="Encrypts database credentials: id:base64 of 32 bytes, comma-separated; the first encrypts.",
        env=("ALTUS4_ENCRYPTION_KEYS",),
    )


@attrs.frozen
class SearchSettings:
    """Section `[search]`."""

    default_mode: str = setting("natural", doc="Mode of a search that names none.")
    fusion: str = setting("rrf", doc="How ranked lists are merged.")
    timeout_ms: int = setting(2000, doc="Default deadline of a search, in milliseconds.", validator=ge(10))
    max_timeout_ms: int = setting(
        10_000, doc="Longest deadline a request may ask for, in milliseconds.", validator=ge(10)
    )
    category_budget_ms: int = setting(100, doc="Time for categorizers, in milliseconds.", validator=ge(1))
    batch_size: int = setting(20, doc="Searches in one batch at most.", validator=[ge(1), le(100)])
    batch_concurrency: int = setting(4, doc="Searches of one batch that run at once.", validator=[ge(1), le(20)])
    cursor_ttl: float = setting(600.0, doc="Seconds that a cursor is good for.", validator=[ge(1), le(86_400)])
    cache_ttl: float = setting(
        0.0,
        doc="Seconds for which an answer is kept for the same caller's same search; 0 keeps none.",
        validator=[ge(0), le(60)],
    )
    cache_entries: int = setting(1000, doc="Answers kept at most.", validator=ge(1))
    directory_ttl: float = setting(
        1.0, doc="Seconds for which a user's list of databases is remembered.", validator=[ge(0), le(2)]
    )


@attrs.frozen
class DeadlineSettings:
    """Section `[deadlines]`: how long a provider may take, in seconds."""

    service_start: float = setting(30.0, doc="A service factory at start.", validator=ge(0.01))
    ping: float = setting(1.5, doc="A readiness ping.", validator=ge(0.01))
    auth: float = setting(2.0, doc="An authentication scheme.", validator=ge(0.01))
    policy: float = setting(0.5, doc="A policy.", validator=ge(0.01))
    limiter: float = setting(0.5, doc="A limiter.", validator=ge(0.01))
    target_open: float = setting(5.0, doc="Opening a database.", validator=ge(0.01))
    suggester: float = setting(0.5, doc="A suggester.", validator=ge(0.01))
    sink: float = setting(10.0, doc="One batch in an analytics sink.", validator=ge(0.01))
    check: float = setting(5.0, doc="A doctor's check.", validator=ge(0.01))


@attrs.frozen
class LimitSettings:
    """Section `[limits]`: how limiters are used."""

    on_fault: Literal["allow", "deny"] = setting(
        "allow", doc="What a limiter's fault means: allow or deny.", validator=in_(["allow", "deny"])
    )


@attrs.frozen
class EventSettings:
    """Section `[events]`: the way to the analytics sinks."""

    queue_size: int = setting(
        10_000, doc="Events waiting per sink; beyond it the newest are dropped and counted.", validator=ge(1)
    )
    batch_size: int = setting(500, doc="Most events in one batch.", validator=ge(1))
    interval_ms: int = setting(
        40,
        doc="Longest time an event waits for its batch, in milliseconds; a quarter later it is written or on disk.",
        validator=ge(1),
    )
    flush_timeout: float = setting(5.0, doc="Seconds that sinks get at stop.", validator=ge(0))
    spill: str = setting(
        "auto",
        doc="Folder for events that a sink cannot take now; auto: a folder of this metadata database under the state"
        " directory of the account; off: they wait in memory and are lost with it.",
    )
    spill_bytes: int = setting(
        256 << 20,
        doc="Most bytes on disk per sink, of all workers; beyond it events wait in memory.",
        validator=ge(LEAST_SPILL),
    )
    query_text: Literal["plain", "hashed", "omitted"] = setting(
        "plain",
        doc="What events say of the text that was searched: plain, hashed (equal texts stay equal), or omitted.",
        validator=in_(["plain", "hashed", "omitted"]),
    )


@attrs.frozen
class CoreSettings:
    """All core settings. `enable` None means the dependencies of the distribution `altus4`, in their order."""

    environment: Literal["development", "test", "production"] = setting(
        "development",
        doc="development, test or production; production refuses what destroys data.",
        env=("ALTUS4_ENVIRONMENT",),
        validator=in_(["development", "test", "production"]),
    )
    log_level: str = setting(
        "info",
        doc="debug, info, warning or error.",
        env=("ALTUS4_LOG_LEVEL",),
        validator=in_(["debug", "info", "warning", "error"]),
    )
    enable: tuple[str, ...] | None = setting(
        None, doc="Plugins to load, in order, `standard` (the default) for the usual set; nothing else is imported."
    )
    prefer: Mapping[str, str] = setting(
        factory=dict,
        doc='Which plugin provides a name that several claim: "search-mode.natural" = "search-x".',
    )
    server: ServerSettings = setting(factory=ServerSettings, doc="The HTTP side.")
    metadata: MetadataSettings = setting(factory=MetadataSettings, doc="The metadata database.")
    security: SecuritySettings = setting(factory=SecuritySettings, doc="The secrets.")
    search: SearchSettings = setting(factory=SearchSettings, doc="Searching.")
    deadlines: DeadlineSettings = setting(factory=DeadlineSettings, doc="Deadlines of providers.")
    limits: LimitSettings = setting(factory=LimitSettings, doc="Use of limiters.")
    events: EventSettings = setting(factory=EventSettings, doc="The way to the analytics sinks.")
