"""From options to a logged-in stream, under one deadline."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar

from attrs import frozen

from .driver import DriverConnection
from .errors import ConnectFailed, ConnectionLost, ProtocolError, QueryFailed, ResultTooLarge
from .handshake import LOGIN_BUDGET, login
from .options import ConnectOptions, TLSOptions
from .packet import Greeting, Okay
from .session import session_statement
from .tls import build_context
from .wire import Wire

#: Resolves a name and judges what came: an async function of host and port that returns the addresses (as text)
#: that may be connected to, in order of preference, or raises `ConnectFailed("not_allowed")`.
Resolve = Callable[[str, int], Awaitable[list[str]]]

Connected = TypeVar("Connected", bound=DriverConnection)

_CONTEXTS = 128


async def resolve_any(host: str, port: int) -> list[str]:
    """Resolve without judging: for servers that the operator named.

    Raises:
        OSError: the name cannot be resolved.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@frozen
class Dialled:
    """A logged-in stream and what the login told."""

    wire: Wire
    greeting: Greeting
    okay: Okay
    address: str


class Dialer:
    """Opens streams.

    Args:
        resolve: name resolution and judgement of addresses.
    """

    def __init__(self, resolve: Resolve = resolve_any) -> None:
        self._resolve = resolve
        self._contexts: dict[TLSOptions, ssl.SSLContext] = {}

    async def open(
        self, options: ConnectOptions, make: Callable[[Dialled], Connected], only: str | None = None
    ) -> Connected:
        """Resolve, connect, encrypt, log in and set the session, all within `options.connect_timeout`.

        The connection goes to the very address that was judged; the name is kept for TLS alone.

        Args:
            options: where to and as whom.
            make: builds the driver's connection on the logged-in stream.
            only: connect to this address alone, if it still is among the judged ones.

        Raises:
            ConnectFailed: with its reason.
        """
        # Reading the system's CAs takes our time, not the server's.
        context = await self._context(options.tls)
        dialled: Dialled | None = None
        try:
            async with asyncio.timeout(options.connect_timeout):
                dialled = await self._dial(options, only, context)
                connection = make(dialled)
                await connection.query(session_statement(options.session, connection.flavour))
                return connection
        except TimeoutError:
            _abort(dialled)
            message = f"the MySQL server did not answer within {options.connect_timeout:g} s; check host and port"
            raise ConnectFailed("unreachable", message) from None
        except QueryFailed as error:
            _abort(dialled)
            message = "the MySQL server refused the session settings (utf8mb4, sql_mode, time_zone, read only)"
            raise ConnectFailed("protocol", message, errno=error.errno, server_text=error.server_text) from None
        except (ConnectionLost, ProtocolError, ResultTooLarge) as error:
            _abort(dialled)
            raise ConnectFailed("protocol", server_text=str(error)) from None
        except BaseException:
            _abort(dialled)
            raise

    async def _dial(self, options: ConnectOptions, only: str | None, context: ssl.SSLContext | None) -> Dialled:
        addresses = await self._addresses(options)
        if only is not None:
            if only not in addresses:
                raise ConnectFailed("unreachable", nobody_there=True)
            addresses = [only]
        loop = asyncio.get_running_loop()
        failure: ConnectFailed | None = None
        for index, address in enumerate(addresses):
            # A silent first address leaves time for the others; the last one has what is left.
            share = options.connect_timeout / 2 if index + 1 < len(addresses) else options.connect_timeout
            try:
                async with asyncio.timeout(share):
                    wire = await _connect(loop, address, options)
            except OSError as error:  # TimeoutError is one
                refused = isinstance(error, ConnectionRefusedError)
                failure = ConnectFailed("unreachable", nobody_there=refused, server_text=str(error))
                continue
            try:
                greeting, okay = await login(wire, options, context)
            except BaseException:
                wire.abort()
                raise
            return Dialled(wire, greeting, okay, address)
        raise failure or ConnectFailed("unreachable")

    async def _addresses(self, options: ConnectOptions) -> list[str]:
        try:
            addresses = await self._resolve(options.host, options.port)
        except (OSError, UnicodeError) as error:
            raise ConnectFailed("unreachable", server_text=str(error)) from None
        for address in addresses:
            try:
                ipaddress.ip_address(address)
            except ValueError:
                # A name here would be resolved once more, past the judge.
                raise ConnectFailed("not_allowed", "the resolver returned something that is no address") from None
        return addresses[:8]

    async def _context(self, options: TLSOptions) -> ssl.SSLContext | None:
        if options.mode == "disabled":
            return None
        context = self._contexts.get(options)
        if context is None:
            context = await asyncio.to_thread(build_context, options)
            if len(self._contexts) >= _CONTEXTS:
                self._contexts.clear()
            self._contexts[options] = context
        return context


def _abort(dialled: Dialled | None) -> None:
    if dialled is not None:
        dialled.wire.abort()


async def _connect(loop: asyncio.AbstractEventLoop, address: str, options: ConnectOptions) -> Wire:
    transport, wire = await loop.create_connection(
        lambda: Wire(loop, LOGIN_BUDGET, LOGIN_BUDGET),
        address,
        options.port,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return wire
