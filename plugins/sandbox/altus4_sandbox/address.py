"""Where a server listens and who may administer it."""

import secrets
from typing import Self
from urllib.parse import quote, unquote, urlsplit

import attrs

from .errors import SandboxError
from .flavour import Flavour

# A new account's first login needs the server's key, which is fetched in clear on loopback only.
_IN_CLEAR = "?tls=disabled&loopback-key=yes"


@attrs.frozen
class ServerAddress:
    """A server and its administrator's account; `version` has three numbers, `tls` tells whether it offers TLS."""

    host: str
    port: int
    user: str
    password: str = attrs.field(repr=False)
    flavour: Flavour
    version: str
    tls: bool = True

    @property
    def url(self) -> str:
        """`mysql://user:password@host:port/`, percent-encoded, holds the password.

        Without TLS it says so, in the spelling of the `altus4_mysql` library.
        """
        return self.url_of("")

    def url_of(self, schema: str, *, tls: bool | None = None) -> str:
        """The administrator's URL of one schema; `tls=False` goes without TLS even where the server offers it."""
        account = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        query = "" if self.tls and tls is not False else _IN_CLEAR
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"mysql://{account}@{host}:{self.port}/{quote(schema, safe='')}{query}"

    @classmethod
    def from_url(cls, url: str, flavour: Flavour, version: str, *, tls: bool = True) -> Self:
        """Read such a URL. Raises SandboxError without repeating it, as it holds a password."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or 3306
        except ValueError:
            host = None
        if host is None or parts.scheme != "mysql" or not parts.username:
            message = (
                f"the administrator's URL of the {flavour.product} server must be mysql://user:password@host:port/"
            )
            raise SandboxError(message)
        return cls(host, port, unquote(parts.username), unquote(parts.password or ""), flavour, version, tls)


def new_password() -> str:
    """160 random bits in letters and digits: safe in SQL, URLs and command lines."""
    return secrets.token_hex(20)


def new_schema_name(prefix: str = "t") -> str:
    """A schema name nobody else uses, for tests that share a server."""
    return f"{prefix}_{secrets.token_hex(6)}"
