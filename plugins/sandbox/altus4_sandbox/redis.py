"""A private Redis server for tests: started on a random loopback port, killed or frozen at will."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

from altus4_core.progress import Progress, SilentProgress

from .address import new_password
from .cache import Cache
from .errors import FetchError, SandboxError, ServerUnavailableError, StartError
from .fetch import Fetcher, PackageSet, Recipe
from .greeting import free_port
from .guarded import GuardedProcess
from .installation import loader_of
from .logtail import tail
from .workspace import Workspace

_VERSION = re.compile(r"Redis server v=(\d+\.\d+\.\d+)")
_HOST = "127.0.0.1"
_PORT_ATTEMPTS = 5
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0


@attrs.frozen
class RedisInstallation:
    """A `redis-server` that ran and said its version; `argv` starts it, `root` as in Installation."""

    version: str
    argv: tuple[str, ...]
    root: Path | None = None

    @classmethod
    def of_command(cls, argv: Sequence[str], root: Path | None = None) -> Self | None:
        """Run it with `--version`; None when it is no Redis."""
        try:
            # A candidate from PATH or our own cache; no shell is involved.
            done = subprocess.run(  # noqa: S603
                [*argv, "--version"], capture_output=True, text=True, errors="replace", timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        match = _VERSION.search(done.stdout)
        return cls(match[1], tuple(argv), root) if match else None

    @classmethod
    def of_packages(cls, root: Path) -> Self | None:
        """The server in unpacked distribution packages; None when it does not run."""
        prefix = loader_of(root)
        return None if prefix is None else cls.of_command([*prefix, str(root / "usr/bin/redis-server")], root)


def redis_recipe() -> Recipe[RedisInstallation]:
    """Debian 12 has Redis 7.0."""
    packages = PackageSet("bookworm", ("redis-server",))
    return Recipe("redis", "Redis", packages, RedisInstallation.of_packages)


def find_or_fetch_redis(progress: Progress | None = None, cache: Cache | None = None) -> RedisInstallation:
    """The `redis-server` on PATH, else a cached one, else one from the distribution's packages, without root.

    Raises ServerUnavailableError with one line that says what to install.
    """
    if (path := shutil.which("redis-server")) and (found := RedisInstallation.of_command([path])):
        return found
    kept = cache or Cache.from_environment()
    if found := redis_recipe().cached(kept):
        return found
    try:
        return Fetcher(kept, progress or SilentProgress()).prepare(redis_recipe())
    except FetchError as error:
        message = (
            f"no Redis server: none on PATH, none cached, and {error}. Install redis-server with your package manager"
        )
        raise ServerUnavailableError(message) from error


class PrivateRedis:
    """One server with a password, without persistence; use it in `with`. It dies with the process that started it.

    `extra` are further arguments of redis-server. `start`, `restart` and `stop` block for some ten milliseconds.
    """

    def __init__(self, installation: RedisInstallation, extra: Sequence[str] = ()) -> None:
        self.installation = installation
        self.password = new_password()
        self.host = _HOST
        self.port = 0
        self._extra = tuple(extra)
        self._workspace: Workspace | None = None
        self._process: GuardedProcess | None = None

    @property
    def url(self) -> str:
        """The URL of database 0; it holds the password."""
        return f"redis://:{self.password}@{self.host}:{self.port}/0"

    def start(self) -> Self:
        """Serve on a free port; returns when it answers. Raises StartError."""
        if self._workspace is not None:
            message = "the server is started already: stop() it first, or restart() it"
            raise SandboxError(message)
        self._workspace = Workspace.create()
        try:
            for attempt in range(_PORT_ATTEMPTS):
                self.port = free_port()
                try:
                    self._serve()
                except StartError:
                    # Somebody may have taken the port in the meantime.
                    if attempt == _PORT_ATTEMPTS - 1:
                        raise
                else:
                    break
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Shut down, then remove the folder. May be called again."""
        process, self._process = self._process, None
        if process is not None:
            process.thaw()  # a frozen server cannot obey
            process.finish(_STOP_SECONDS)
        workspace, self._workspace = self._workspace, None
        if workspace is not None:
            workspace.remove()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would."""
        process, self._process = self._running(), None
        process.kill()

    def pause(self) -> None:
        """Freeze the server (SIGSTOP): its port accepts, nobody answers."""
        self._running().freeze()

    def resume(self) -> None:
        """Let a frozen server go on (SIGCONT)."""
        self._running().thaw()

    def restart(self) -> None:
        """Start again on the same port, empty. Raises StartError."""
        if self._process is not None:
            self._process.finish(_STOP_SECONDS)
            self._process = None
        self._serve()

    def _running(self) -> GuardedProcess:
        if self._process is None or not self._process.running():
            message = "the server does not run: start() or restart() it first"
            raise SandboxError(message)
        return self._process

    def _serve(self) -> None:
        workspace = self._workspace
        if workspace is None:
            message = "the server was not started: call start() first"
            raise SandboxError(message)
        configuration = workspace.folder / "redis.conf"
        configuration.touch(mode=0o600)
        # In a file, not among the arguments: everybody on the machine can read those.
        configuration.write_text(f"requirepass {self.password}\n", encoding="utf-8")
        log = workspace.folder / "server.err"
        arguments = ["--bind", _HOST, "--port", str(self.port), "--dir", str(workspace.folder)]
        arguments += ["--save", "", "--appendonly", "no", *self._extra]
        command = [*self.installation.argv, str(configuration), *arguments]
        process = GuardedProcess.start(command, folder=workspace.folder, lock=workspace.lock, log=log)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if not process.running(0.02) or time.monotonic() > deadline:
                process.kill()
                message = f"Redis {self.installation.version} did not start; its log ends:\n{tail(log)}"
                raise StartError(message)
        self._process = process

    def _answers(self) -> bool:
        # Redis' protocol, inline form; only our own server knows the password.
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\n".encode())
                return connection.recv(16).startswith(b"+OK")
        except OSError:
            return False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
