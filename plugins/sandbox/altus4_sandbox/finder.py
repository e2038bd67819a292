"""Finds a server: named, on PATH, cached, else fetched; MySQL all the way before MariaDB."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from altus4_core.progress import Progress, SilentProgress

from .cache import Cache
from .errors import FetchError, ProgramMissingError, SandboxError, ServerUnavailableError
from .fetch import Fetcher, cached
from .flavour import Flavour
from .installation import Installation

SERVER_VARIABLE = "ALTUS4_SANDBOX_MYSQLD"
# Older servers lack what the migrations and searches use (check constraints, caching_sha2, utf8mb4 defaults).
_OLDEST = {Flavour.MYSQL: (8, 0), Flavour.MARIADB: (10, 6)}


@attrs.frozen
class Finder:
    """Looks for servers of this machine. `named` is the operator's explicit path, tried first."""

    cache: Cache
    progress: Progress = attrs.field(factory=SilentProgress)
    named: Path | None = None
    search_path: str = ""
    fetch: Callable[[Flavour], Installation] | None = None

    def find(self, flavour: Flavour | None = None, programs: Sequence[str] = ()) -> Installation:
        """The first usable server; without `flavour` MySQL, and MariaDB only when MySQL cannot be had.

        A server that comes without one of the client `programs` (`mysqldump`, ...) is passed over.
        Raises ServerUnavailableError with one line that says what to install, and SandboxError when the
        named path is no server. Takes seconds when it has to fetch: call it in a thread from asyncio.
        """
        self._check_named()
        reasons: list[str] = []
        for wanted in (flavour,) if flavour else (Flavour.MYSQL, Flavour.MARIADB):
            for installation in self._candidates(wanted, programs):
                if reasons:
                    self.progress.note(f"MySQL cannot be had ({reasons[0]}): using MariaDB {installation.version}")
                return installation
            try:
                installation = (self.fetch or Fetcher(self.cache, self.progress).fetch)(wanted)
            except FetchError as error:
                reasons.append(str(error))
            else:
                if reasons:
                    self.progress.note(f"MySQL cannot be had ({reasons[0]}): using MariaDB {installation.version}")
                return installation
        title = flavour.product if flavour else "MySQL or MariaDB"
        package = "mariadb-server" if flavour is Flavour.MARIADB else "mysql-server"
        message = (
            f"no {title} server: none on PATH, none cached, and {reasons[0]}. Install {package} with your package"
            f" manager (for example `brew install {package.removesuffix('-server')}`), or set {SERVER_VARIABLE} to the"
            " path of a server binary"
        )
        raise ServerUnavailableError(message)

    def _check_named(self) -> None:
        if self.named is not None and Installation.of_binary(self.named) is None:
            message = (
                f"{SERVER_VARIABLE} names {self.named}, which is no MySQL or MariaDB server: `{self.named} --version`"
                " must run and say so"
            )
            raise SandboxError(message)

    def _candidates(self, wanted: Flavour, programs: Sequence[str]) -> Iterator[Installation]:
        for path in self._paths():
            installation = Installation.of_binary(path)
            if installation and installation.flavour is wanted and _usable(installation, programs):
                yield installation
            elif path == self.named and installation:
                title = installation.flavour.product
                needed = " with ".join([wanted.product, *programs[:1]])
                self.progress.note(f"{path} is {title} {installation.version}: passed over, {needed} is wanted")
        if installation := cached(self.cache, wanted):
            yield installation

    def _paths(self) -> Iterator[Path]:
        if self.named is not None:
            yield self.named
        # Every folder of PATH, not only the first hit: a MariaDB's `mysqld` may stand before a real one.
        for folder in self.search_path.split(os.pathsep):
            for name in ("mysqld", "mariadbd"):
                if folder and (found := shutil.which(name, path=folder)):
                    yield Path(found)


def find_or_fetch(
    flavour: Flavour | str | None = None,
    *,
    programs: Sequence[str] = (),
    progress: Progress | None = None,
    cache: Cache | None = None,
    environment: Mapping[str, str] | None = None,
) -> Installation:
    """A server for this process's environment; see Finder.find for the order and the errors."""
    variables = os.environ if environment is None else environment
    named = variables.get(SERVER_VARIABLE)
    finder = Finder(
        cache=cache or Cache.from_environment(variables),
        progress=progress or SilentProgress(),
        named=Path(named).expanduser().absolute() if named else None,
        search_path=variables.get("PATH", ""),
    )
    return finder.find(Flavour(flavour) if flavour else None, programs)


def _usable(installation: Installation, programs: Sequence[str]) -> bool:
    major, minor, *_ = (int(part) for part in installation.version.split("."))
    if (major, minor) < _OLDEST[installation.flavour]:
        return False
    try:
        for name in programs:
            installation.program(name)
    except ProgramMissingError:
        return False
    return True
