"""Listening sockets that several processes share, and what is said when an address cannot be had."""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Sequence

from aiohttp import web

from altus4_core.errors import Problem, StartupRefused

logger = logging.getLogger("altus4.serve")

BACKLOG = 1024
PAUSE = 1.0  # seconds without accepting, when there are no more file handles
OUT_OF_HANDLES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def address_problem(error: OSError, host: str, port: int) -> Problem:
    """Say why nobody can listen there, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return Problem("server", f"port {port} on {host} is taken", hint="stop what uses it, or set server.port")
    if error.errno == errno.EACCES:
        return Problem("server", f"port {port} may not be used by this account", hint="use a port above 1023")
    return Problem(
        "server", f"cannot listen on {host}:{port}: {error.strerror}", hint="set server.host to an own address"
    )


def bind(host: str, port: int) -> list[socket.socket]:
    """Bind every address of the host. Nobody listens yet: until a worker does, clients are refused, not kept waiting.

    Raises:
        StartupRefused: an address cannot be had.
    """
    bound: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            try:
                one = socket.socket(family, kind, protocol)
            except OSError:
                continue  # the host has addresses of a family that this machine does not speak
            bound.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
    except OSError as error:
        for one in bound:
            one.close()
        raise StartupRefused([address_problem(error, host, port)]) from error
    return bound


class SharedSite(web.BaseSite):
    """Accepts connections of a socket on which other processes accept, too.

    One at a time: asyncio and uvloop take whatever waits at once, and the process that wakes first would have all
    clients of a burst while the others idle. So a busy worker, which comes round less often, takes fewer.
    """

    def __init__(self, runner: web.BaseRunner, listener: socket.socket) -> None:
        super().__init__(runner)
        self._listener = listener
        self._entering: set[asyncio.Task[object]] = set()
        self._paused: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        """Give where it listens."""
        return f"http://{self._listener.getsockname()[0]}:{self._listener.getsockname()[1]}"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: somebody else does already.
        """
        await super().start()
        self._listener.setblocking(False)
        self._listener.listen(BACKLOG)
        self._resume()

    async def stop(self) -> None:
        """Accept no more; those that were accepted are connections when this returns."""
        loop = asyncio.get_running_loop()
        if self._paused is not None:
            self._paused.cancel()
        loop.remove_reader(self._listener)
        with contextlib.suppress(OSError):
            while self._take():  # whoever closes it last would reset those that still wait
                pass
        self._listener.close()
        await asyncio.gather(*self._entering, return_exceptions=True)
        await super().stop()

    def _resume(self) -> None:
        self._paused = None
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            self._take()
        except OSError as error:
            if error.errno not in OUT_OF_HANDLES:
                raise
            logger.error("connections wait: %s", error.strerror)
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._listener)
            self._paused = loop.call_later(PAUSE, self._resume)

    def _take(self) -> bool:
        """Accept one connection; False when none waits."""
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError):
            return False  # another process was quicker
        except ConnectionAbortedError:
            return True
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
        self._entering.add(task)
        task.add_done_callback(self._entered)
        return True

    def _protocol(self) -> asyncio.Protocol:
        server = self._runner.server
        if server is None:
            message = "the server is gone"
            raise ConnectionAbortedError(message)
        return server()

    def _entered(self, task: "asyncio.Task[object]") -> None:
        self._entering.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.info("a connection was lost before it began: %s", type(error).__name__)


def port_of(listeners: Sequence[socket.socket]) -> int:
    """Give the port that was bound."""
    return int(listeners[0].getsockname()[1])
