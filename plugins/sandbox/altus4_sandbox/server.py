"""A private server: started on a random loopback port, stopped or killed at will, never outliving its owner."""

import asyncio
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

from .address import ServerAddress, new_password
from .cache import Cache
from .errors import SandboxError, StartError
from .flavour import Flavour
from .greeting import Greeting, free_port, read_greeting
from .guarded import GuardedProcess
from .installation import Installation
from .logtail import tail
from .options import ServerOptions, service_arguments
from .template import TemplateStore
from .workspace import Workspace

HOST = "127.0.0.1"
ADMINISTRATOR = "root"
_PORT_ATTEMPTS = 5
_PORT_TAKEN = ("Bind on TCP/IP port", "Address already in use")


class PrivateServer:
    """One server with a data folder of its own; use it in `with` or `async with`.

    Its methods block for about a second (`start`, `restart`, `stop`): call them in a thread from asyncio.
    `start_timeout` and `stop_timeout` are seconds; after `stop_timeout` the server is killed, so a stop takes
    less than 10 s by default.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        cache: Cache | None = None,
        options: ServerOptions | None = None,
        start_timeout: float = 60.0,
        stop_timeout: float = 7.0,
        workspace_parent: Path | None = None,
    ) -> None:
        self.installation = installation
        self._templates = TemplateStore(cache or Cache.from_environment())
        self._options = options or ServerOptions()
        self._start_timeout = start_timeout
        self._stop_timeout = stop_timeout
        self._parent = workspace_parent
        self._workspace: Workspace | None = None
        self._process: GuardedProcess | None = None
        self._address: ServerAddress | None = None
        self._abandoned = threading.Event()

    @property
    def address(self) -> ServerAddress:
        """Host, port, account and version; SandboxError before the first start."""
        if self._address is None:
            message = "the server was not started: call start() first"
            raise SandboxError(message)
        return self._address

    @property
    def host(self) -> str:
        """Always the loopback address."""
        return self.address.host

    @property
    def port(self) -> int:
        """The TCP port, the same after a restart."""
        return self.address.port

    @property
    def user(self) -> str:
        """The administrator's name."""
        return self.address.user

    @property
    def password(self) -> str:
        """The administrator's password, made for this server."""
        return self.address.password

    @property
    def url(self) -> str:
        """The administrator's URL; it holds the password."""
        return self.address.url

    @property
    def flavour(self) -> Flavour:
        """MySQL or MariaDB."""
        return self.installation.flavour

    @property
    def version(self) -> str:
        """Three numbers."""
        return self.installation.version

    @property
    def folder(self) -> Path:
        """The server's temporary folder (`data`, `files`, `tmp`, `server.err`); SandboxError when not started."""
        if self._workspace is None:
            message = "the server has no folder: call start() first"
            raise SandboxError(message)
        return self._workspace.folder

    @property
    def pid(self) -> int | None:
        """The server's process id; None when it does not run."""
        return self._process.pid if self._process is not None and self._process.running() else None

    def start(self) -> Self:
        """Make a data folder and serve it; returns when connections are accepted. Raises StartError, SandboxError."""
        if self._workspace is not None:
            message = "the server is started already: stop() it first, or restart() it"
            raise SandboxError(message)
        self._workspace = workspace = Workspace.create(self._parent)
        try:
            for name in ("tmp", "files"):
                (workspace.folder / name).mkdir()
            self._templates.copy_to(self.installation, workspace.folder / "data")
            password = new_password()
            self._serve_somewhere(password)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Shut down cleanly, or kill after the time-out; then remove the data. May be called again."""
        process, self._process = self._process, None
        if process is not None:
            process.finish(self._stop_timeout)
        workspace, self._workspace = self._workspace, None
        if workspace is not None:
            workspace.remove()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would; the data stay for `restart`."""
        process, self._process = self._running(), None
        process.kill()

    def pause(self) -> None:
        """Freeze the server (SIGSTOP): its port accepts, nobody answers."""
        self._running().freeze()

    def resume(self) -> None:
        """Let a frozen server go on (SIGCONT)."""
        self._running().thaw()

    def restart(self) -> None:
        """Start again on the same port and data, after a clean shutdown if it still runs. Raises StartError."""
        if self._workspace is None:
            message = "the server was not started: call start() first"
            raise SandboxError(message)
        process, self._process = self._process, None
        if process is not None:
            process.finish(self._stop_timeout)
        if not self._serve(self.address, None):
            message = f"port {self.port} was taken by another program meanwhile: stop that, or start a new server"
            raise StartError(message)

    def _running(self) -> GuardedProcess:
        if self._process is None or not self._process.running():
            message = "the server does not run: start() or restart() it first"
            raise SandboxError(message)
        return self._process

    def _serve_somewhere(self, password: str) -> None:
        init_file = self.folder / "init.sql"
        init_file.touch(mode=0o600)
        init_file.write_text(f"ALTER USER '{ADMINISTRATOR}'@'localhost' IDENTIFIED BY '{password}';\n")
        try:
            for _ in range(_PORT_ATTEMPTS):
                address = ServerAddress(HOST, free_port(), ADMINISTRATOR, password, self.flavour, self.version)
                if self._serve(address, init_file):
                    return
        finally:
            init_file.unlink()
        message = f"no free port on {HOST}: {_PORT_ATTEMPTS} ports in a row were taken by others, try again"
        raise StartError(message)

    def _serve(self, address: ServerAddress, init_file: Path | None) -> bool:
        # False: somebody took the port in the meantime.
        workspace = self._workspace
        assert workspace is not None  # noqa: S101 - both callers have just made sure of it
        log = workspace.folder / "server.err"
        begin = log.stat().st_size if log.exists() else 0
        arguments = service_arguments(
            self.installation, workspace.folder, port=address.port, options=self._options, init_file=init_file
        )
        command = [*self.installation.argv, *arguments]
        process = GuardedProcess.start(command, folder=workspace.folder, lock=workspace.lock, log=log)
        try:
            greeting = self._await_ready(process, address, log, begin)
        except BaseException as error:
            process.kill()
            if isinstance(error, StartError) and any(text in _since(log, begin) for text in _PORT_TAKEN):
                return False
            raise
        self._process, self._address = process, attrs.evolve(address, tls=greeting.tls)
        return True

    def _await_ready(self, process: GuardedProcess, address: ServerAddress, log: Path, begin: int) -> Greeting:
        name = f"{self.flavour.product} {self.version}"
        deadline = time.monotonic() + self._start_timeout
        while not self._abandoned.is_set():
            # The log first: a greeting alone could come from a stranger who took the port a moment ago.
            if "ready for connections" in _since(log, begin) and (
                greeting := read_greeting(address.host, address.port, timeout=2)
            ):
                return greeting
            if not process.running(0.02):
                message = f"{name} ended while it started (exit code {process.exit_code}); its log ends:\n{tail(log)}"
                raise StartError(message)
            if time.monotonic() > deadline:
                message = f"{name} was not ready after {self._start_timeout:g} s; its log ends:\n{tail(log)}"
                raise StartError(message)
        message = f"the start of {name} was given up"
        raise StartError(message)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        self._abandoned.clear()
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread cannot be interrupted: tell it to give up, and leave nothing behind.
            self._abandoned.set()
            await asyncio.wait([starting])
            if starting.exception() is None:
                await asyncio.to_thread(self.stop)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stopping = asyncio.ensure_future(asyncio.to_thread(self.stop))
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            await asyncio.wait([stopping])
            raise


def _since(log: Path, begin: int) -> str:
    try:
        with log.open("rb") as file:
            file.seek(begin)
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
