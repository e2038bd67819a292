"""What a tenant says about a database: checked, before anything is connected or stored."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from altus4_mysql import TLS_MODES

from altus4_core.errors import FieldProblem, ValidationFailed

ENVIRONMENTS = ("test", "live")
LONGEST_NAME = 255
LONGEST_SCHEMA = 64  # characters, MySQL's own
LONGEST_USER = 80  # MariaDB's; MySQL has 32
LONGEST_PASSWORD = 1024
LONGEST_PEM = 64 * 1024

# Smallest and largest value of each: the allow list of what a tenant may set.
POOL_RANGES: Mapping[str, tuple[int, int]] = {
    "size": (1, 64),
    "acquireTimeoutMs": (10, 600_000),
    "queryTimeoutMs": (10, 600_000),
    "idleTimeoutMs": (1_000, 86_400_000),
}
OPTION_RANGES: Mapping[str, tuple[int, int]] = {"connectTimeoutMs": (100, 60_000)}

_PEM_BEGIN = "-----BEGIN "


@attrs.frozen
class ConnectionTerms:
    """A connection as its owner describes it. Secrets are not printed.

    `pool` and `options` hold only what was given; times are whole milliseconds.
    """

    name: str
    host: str
    database: str
    username: str
    password: str = attrs.field(repr=False, default="")
    port: int = 3306
    tls_mode: str = "required"
    ca: str | None = None
    client_cert: str | None = None
    client_key: str | None = attrs.field(repr=False, default=None)
    pool: Mapping[str, int] = attrs.field(factory=dict)
    environments: Sequence[str] = ENVIRONMENTS
    options: Mapping[str, Any] = attrs.field(factory=dict)

    def checked(self) -> "ConnectionTerms":
        """Give the terms, with a host in the one spelling that is compared.

        Raises:
            ValidationFailed: with every problem.
        """
        problems = [
            *_texts(self),
            *_tls(self),
            *_numbers("pool", self.pool, POOL_RANGES),
            *_numbers("options", self.options, OPTION_RANGES),
            *_environments(self.environments),
        ]
        if not 0 < self.port < 65536:
            problems.append(FieldProblem("port", "must be between 1 and 65535", "range"))
        if problems:
            raise ValidationFailed.of(problems)
        return attrs.evolve(self, host=canonical_host(self.host), environments=tuple(dict.fromkeys(self.environments)))


def canonical_host(host: str) -> str:
    """Write a host as it is stored: lower case, without brackets or a final dot; addresses in their usual form."""
    text = host.strip().lower().removesuffix(".")
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def _texts(terms: ConnectionTerms) -> list[FieldProblem]:
    problems = []
    for field, value, longest, least in (
        ("name", terms.name, LONGEST_NAME, 1),
        ("host", terms.host, LONGEST_NAME, 1),
        ("database", terms.database, LONGEST_SCHEMA, 1),
        ("username", terms.username, LONGEST_USER, 1),
        ("password", terms.password, LONGEST_PASSWORD, 0),
    ):
        if not least <= len(value) <= longest or (least and not value.strip()):
            problems.append(FieldProblem(field, f"must have {least} to {longest} characters", "length"))
        elif "\0" in value or (field != "password" and not value.isprintable()):
            problems.append(FieldProblem(field, "must not hold control characters", "characters"))
    if terms.host.startswith("/"):
        problems.append(FieldProblem("host", "must be a host name or address; sockets are not supported", "host"))
    return problems


def _tls(terms: ConnectionTerms) -> list[FieldProblem]:
    problems = []
    if terms.tls_mode not in TLS_MODES:
        problems.append(FieldProblem("tlsMode", f"must be one of {', '.join(TLS_MODES)}", "choice"))
    for field, value in (("ca", terms.ca), ("clientCert", terms.client_cert), ("clientKey", terms.client_key)):
        if value and (not value.lstrip().startswith(_PEM_BEGIN) or len(value) > LONGEST_PEM or not value.isascii()):
            problems.append(FieldProblem(field, "must be PEM text (-----BEGIN ...)", "pem"))
    if bool(terms.client_cert) != bool(terms.client_key):
        missing = "clientKey" if terms.client_cert else "clientCert"
        problems.append(FieldProblem(missing, "a client certificate and its key belong together", "required"))
    return problems


def _numbers(field: str, values: Mapping[str, Any], ranges: Mapping[str, tuple[int, int]]) -> list[FieldProblem]:
    problems = []
    for name, value in values.items():
        place = f"{field}.{name}"[:80]
        if name not in ranges:
            problems.append(FieldProblem(place, f"is not allowed; one of {', '.join(ranges)}", "unknown"))
            continue
        low, high = ranges[name]
        if type(value) is not int or not low <= value <= high:
            problems.append(FieldProblem(place, f"must be a whole number between {low} and {high}", "range"))
    return problems


def _environments(values: Sequence[str]) -> list[FieldProblem]:
    if not values or any(value not in ENVIRONMENTS for value in values):
        return [FieldProblem("environments", f"must list one or both of {', '.join(ENVIRONMENTS)}", "choice")]
    return []
