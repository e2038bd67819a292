"""For tests of this library and of whoever builds on it."""

from .hostile import HostileServer, Peer, Script
from .proxy import Proxy

__all__ = ["HostileServer", "Peer", "Proxy", "Script"]
