"""For tests of this library and of whoever builds on it."""

from .certificates import Certificate, CertificateAuthority
from .hostile import HostileServer, Peer, Script
from .proxy import Proxy
from .schema import SchemaTarget, opened_schema

__all__ = [
    "Certificate",
    "CertificateAuthority",
    "HostileServer",
    "Peer",
    "Proxy",
    "SchemaTarget",
    "Script",
    "opened_schema",
]
