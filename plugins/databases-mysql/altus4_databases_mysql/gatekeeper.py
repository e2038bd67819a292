"""The gatekeeper: resolves a customer's host and lets through only addresses that the rules allow.

Asked at every new connection, so a name that changes its answer is judged again; the driver connects to the very
addresses given here.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import attrs
from altus4_mysql import ConnectFailed

from altus4_databases_mysql.addresses import AddressRules

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Resolves a host to numeric addresses; raises `OSError` when it has none."""

Resolve = Callable[[str, int], Awaitable[list[str]]]

MOST_HOST_CHARACTERS = 253  # RFC 1035


@attrs.frozen
class OwnEndpoint:
    """Something of the gateway itself that no customer's connection may reach, whatever the rules open.

    `schema` confines it to one schema of that server (None: the whole endpoint).
    """

    host: str
    port: int
    schema: str | None = None


class Gatekeeper:
    """Judges hosts and ports.

    Args:
        rules: What the operator allows.
        own: The gateway's listener and its metadata database.
        lookup: Name resolution; `SystemLookup` outside tests.
        logger: Gets the reason of a refusal; the caller gets a fixed text.
    """

    def __init__(self, rules: AddressRules, own: Sequence[OwnEndpoint], lookup: Lookup, logger: logging.Logger) -> None:
        self._rules = rules
        self._own = tuple(own)
        self._lookup = lookup
        self._logger = logger

    def resolver(self, schema: str) -> Resolve:
        """Give the resolve function for connections to this schema."""

        async def resolve(host: str, port: int) -> list[str]:
            return await self.admit(host, port, schema)

        return resolve

    async def admit(self, host: str, port: int, schema: str) -> list[str]:
        """Give the addresses to connect to, in order of preference.

        Raises:
            ConnectFailed: `not_allowed` when port, host or any of its addresses is refused; `unreachable` when
                the host has no address.
        """
        if port not in self._rules.ports:
            raise self._refused(host, port, "port not allowed")
        if not _is_name(host):
            raise self._refused(host, port, "no host name or address")
        addresses = await self._addresses(host, port)
        for address in addresses:
            reason = self._rules.refusal(address)
            if reason is None and await self._is_own(address, port, schema):
                reason = "belongs to the gateway itself"
            if reason is not None:
                raise self._refused(host, port, f"{address}: {reason}")
        return addresses

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await self._lookup(host, port)
        except (OSError, ValueError) as error:  # ValueError: what the idna codec cannot encode
            raise ConnectFailed("unreachable", server_text=str(error)) from error
        if not found:
            raise ConnectFailed("unreachable", server_text="no addresses")
        return list(dict.fromkeys(found))

    async def _is_own(self, address: str, port: int, schema: str) -> bool:
        for own in self._own:
            if own.port != port or (own.schema is not None and own.schema.casefold() != schema.casefold()):
                continue
            try:
                theirs = await self._addresses(own.host, own.port)
            except ConnectFailed:
                continue
            if address in theirs or (is_local(address) and any(is_local(other) for other in theirs)):
                return True
        return False

    def _refused(self, host: str, port: int, reason: str) -> ConnectFailed:
        shown = host[:MOST_HOST_CHARACTERS].encode("unicode_escape").decode("ascii")
        self._logger.info("connection to %s:%s refused: %s", shown, port, reason)
        return ConnectFailed("not_allowed")


class SystemLookup:
    """The system's resolver, in threads of its own so that slow name servers hold up nothing else.

    Everybody who waits for one host shares one thread.
    """

    def __init__(self, threads: int = 8) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="altus4-resolve")
        self._under_way: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def __call__(self, host: str, port: int) -> list[str]:
        """Resolve; raises `OSError`."""
        key = (host, port)
        future = self._under_way.get(key)
        if future is None:
            future = asyncio.get_running_loop().run_in_executor(self._executor, _look_up, host, port)
            self._under_way[key] = future
            future.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(future)

    def close(self) -> None:
        """Take no more work."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _finished(self, key: tuple[str, int], done: asyncio.Future[list[str]]) -> None:
        self._under_way.pop(key, None)
        if not done.cancelled():
            done.exception()  # seen, even if everybody who waited has gone


def is_local(text: str) -> bool:
    """Tell whether this numeric address is one of this machine's own: it can be bound to."""
    address = ip_address(text)
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((text, 0))
        except OSError:
            return False
    return True


def _look_up(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _is_name(host: str) -> bool:
    """Tell whether this may be handed to the resolver: no socket path, no empty name (it would mean loopback)."""
    return (
        0 < len(host) <= MOST_HOST_CHARACTERS
        and host.isprintable()
        and not any(character in "/\\@ " or character.isspace() for character in host)
    )
