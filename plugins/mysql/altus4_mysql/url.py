"""`mysql://user:password@host:port/schema?tls=required` to `ConnectOptions`."""

import difflib
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import evolve

from .errors import InvalidOptions
from .options import TLS_MODES, ConnectOptions, TLSMode, TLSOptions

PARAMETERS = ("tls", "tls-ca", "tls-cert", "tls-key", "loopback-key", "connect-timeout")


def parse_url(url: str) -> ConnectOptions:
    """Read connection options from a URL.

    Every part is percent-decoded as UTF-8. Parameters: `tls` (a mode), `tls-ca`, `tls-cert`, `tls-key` (paths of
    PEM files), `loopback-key` (`yes` or `no`), `connect-timeout` (seconds).

    Args:
        url: the URL.

    Returns:
        the options; limits and session settings are the defaults, use `attrs.evolve` for others.

    Raises:
        InvalidOptions: one line that names the wrong part and never shows a value that may be secret.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        message = "the MySQL URL has no valid host or port; form: mysql://user:password@host:3306/schema?tls=required"
        raise InvalidOptions(message) from None
    if parts.scheme != "mysql":
        message = "a MySQL URL begins with mysql://"
        raise InvalidOptions(message)
    if not host:
        message = "the MySQL URL names no host; a '/', '#', '?' or '@' in a password must be percent-encoded"
        raise InvalidOptions(message)
    if parts.fragment:
        message = "the MySQL URL has a '#'; write it as %23 in a password or name"
        raise InvalidOptions(message)
    schema = _decode(parts.path.removeprefix("/"), "schema")
    if "/" in parts.path.removeprefix("/"):
        message = "the MySQL URL has more than one path segment; after the port comes the schema alone"
        raise InvalidOptions(message)
    parameters = _parameters(parts.query)
    options = ConnectOptions(
        host=_decode(host, "host"),
        port=3306 if port is None else port,
        user=_decode(parts.username or "", "user"),
        password=_decode(parts.password or "", "password"),
        database=schema or None,
        tls=_tls(parameters),
        loopback_key=_flag(parameters.get("loopback-key", "no")),
    )
    if "connect-timeout" in parameters:
        options = evolve(options, connect_timeout=_seconds(parameters["connect-timeout"]))
    return options


def _decode(text: str, part: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        message = f"the {part} in the MySQL URL is not percent-encoded UTF-8"
        raise InvalidOptions(message) from None


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError:
        message = "the part after '?' in the MySQL URL must be name=value pairs joined by '&'"
        raise InvalidOptions(message) from None
    for name, value in pairs:
        if name not in PARAMETERS:
            near = difflib.get_close_matches(name, PARAMETERS, n=1, cutoff=0.0)
            message = f"the MySQL URL has an unknown parameter; nearest known: {near[0]}"
            raise InvalidOptions(message)
        if name in found:
            message = f"the MySQL URL gives {name} twice"
            raise InvalidOptions(message)
        found[name] = value
    return found


def _tls(parameters: dict[str, str]) -> TLSOptions:
    mode = parameters.get("tls", "required")
    if mode not in TLS_MODES:
        message = f"tls in the MySQL URL must be one of {', '.join(TLS_MODES)}"
        raise InvalidOptions(message)
    return TLSOptions(
        mode=cast("TLSMode", mode),
        ca_pem=_file(parameters, "tls-ca"),
        cert_pem=_file(parameters, "tls-cert"),
        key_pem=_file(parameters, "tls-key"),
    )


def _file(parameters: dict[str, str], name: str) -> str | None:
    if name not in parameters:
        return None
    try:
        return Path(parameters[name]).read_text(encoding="ascii")
    except (OSError, ValueError):
        message = f"the file named by {name} in the MySQL URL cannot be read as PEM text"
        raise InvalidOptions(message) from None


def _flag(value: str) -> bool:
    if value not in {"yes", "no"}:
        message = "loopback-key in the MySQL URL must be yes or no"
        raise InvalidOptions(message)
    return value == "yes"


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        message = "connect-timeout in the MySQL URL must be seconds between 0 and 600"
        raise InvalidOptions(message)
    return seconds
