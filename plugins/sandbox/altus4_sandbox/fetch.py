"""A server from the distribution's packages, unpacked into the cache without root."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import attrs

from altus4_core.progress import Progress

from . import apt
from .cache import Cache
from .errors import FetchError
from .filelock import locked
from .flavour import Flavour
from .installation import Installation
from .sources import Source, archive_mirrors, read_sources


class Fetched(Protocol):
    """An unpacked server that ran and said what it is."""

    @property
    def version(self) -> str:
        """Numbers and dots."""
        ...

    @property
    def root(self) -> Path | None:
        """The folder of its packages."""
        ...


F = TypeVar("F", bound=Fetched)


@attrs.frozen
class PackageSet:
    """Packages of one suite that make a server with its client programs."""

    suite: str
    names: tuple[str, ...]


def package_set(flavour: Flavour) -> PackageSet:
    """Debian has MySQL in its `sid` suite only, and MariaDB 10.11 in Debian 12."""
    if flavour is Flavour.MYSQL:
        return PackageSet("sid", ("mysql-server-core", "mysql-client-core"))
    return PackageSet("bookworm", ("mariadb-server-core", "mariadb-client-core", "mariadb-client"))


@attrs.frozen
class Recipe(Generic[F]):
    """How one kind of server is had from packages.

    `name` begins the names of its folders, `product` is what people call it; `recognise` runs what is unpacked in a
    folder once, and gives None when that is not the server.
    """

    name: str
    product: str
    packages: PackageSet
    recognise: Callable[[Path], F | None]

    def cached(self, cache: Cache) -> F | None:
        """The newest cached server that still runs."""
        found = [server for path in cache.servers.glob(f"{self.name}-*") if (server := self.recognise(path))]
        return max(found, key=lambda item: [int(part) for part in item.version.split(".")], default=None)


def recipe_of(flavour: Flavour) -> Recipe[Installation]:
    """The recipe of MySQL or MariaDB."""

    def recognise(root: Path) -> Installation | None:
        installation = Installation.of_packages(root)
        return installation if installation and installation.flavour is flavour else None

    return Recipe(flavour.value, flavour.product, package_set(flavour), recognise)


def cached(cache: Cache, flavour: Flavour) -> Installation | None:
    """The newest cached server of the flavour that still runs."""
    return recipe_of(flavour).cached(cache)


@attrs.frozen
class Fetcher:
    """Fetches into `cache`; `configuration` and `release_file` say where the machine describes itself."""

    cache: Cache
    progress: Progress
    configuration: Path = Path("/etc/apt")
    release_file: Path = Path("/etc/os-release")

    def fetch(self, flavour: Flavour) -> Installation:
        """Fetch MySQL or MariaDB; see `prepare`."""
        return self.prepare(recipe_of(flavour))

    def prepare(self, recipe: Recipe[F]) -> F:
        """Download, unpack, run once, keep. Raises FetchError.

        A second process waits for the first; what a killed one left is continued or removed.
        """
        mirrors = self._mirrors()
        lock = self.cache.servers / f".{recipe.name}.lock"
        title = recipe.product
        with locked(lock, waiting=lambda: self.progress.note(f"waiting for another process that fetches {title}")):
            # Somebody may have fetched it while this process waited for the lock.
            if found := recipe.cached(self.cache):
                return found
            self._remove_leftovers(recipe.name)
            folder = apt.AptFolder(self.cache.downloads / recipe.name)
            packages = self._download(folder, mirrors, recipe.packages, title)
            server = self._unpack(packages, recipe)
            shutil.rmtree(folder.root, ignore_errors=True)
            self.progress.note(f"{title} {server.version} is ready in {server.root}")
            return server

    def _mirrors(self) -> list[Source]:
        if not apt.available():
            message = "this machine has no apt-get to fetch one with"
            raise FetchError(message)
        release = _read_release(self.release_file)
        if release.get("ID") != "debian":
            message = "packages are fetched on Debian only"
            raise FetchError(message)
        mirrors = archive_mirrors(read_sources(self.configuration), release.get("VERSION_CODENAME", ""))
        if not mirrors:
            message = f"no source in {self.configuration} names Debian's main archive"
            raise FetchError(message)
        return mirrors

    def _download(self, folder: apt.AptFolder, mirrors: list[Source], wanted: PackageSet, title: str) -> list[Path]:
        label = f"fetching {title}"
        failure: FetchError | None = None
        for mirror in mirrors:
            self.progress.advance(label, 0.0)
            folder.prepare(mirror, wanted.suite)
            try:
                folder.update()
            except FetchError as error:
                # The first mirror is the likeliest one: its failure is the one worth telling.
                failure = failure or error
                continue
            packages = folder.download(wanted.names, lambda share: self.progress.advance(label, share * 0.99))
            self.progress.advance(label, 1.0)
            return packages
        raise failure or FetchError("no mirror")

    def _unpack(self, packages: list[Path], recipe: Recipe[F]) -> F:
        label = f"unpacking {recipe.product}"
        message = f"the unpacked {recipe.product} does not run on this machine"
        folder = Path(tempfile.mkdtemp(prefix=f".{recipe.name}-", dir=self.cache.servers))
        try:
            for number, package in enumerate(packages):
                self.progress.advance(label, number / len(packages))
                apt.unpack(package, folder)
            unpacked = recipe.recognise(folder)
            if unpacked is None:
                raise FetchError(message)
            target = self.cache.servers / f"{recipe.name}-{unpacked.version}"
            shutil.rmtree(target, ignore_errors=True)
            folder.rename(target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.progress.advance(label, 1.0)
        server = recipe.recognise(target)
        if server is None:
            raise FetchError(message)
        return server

    def _remove_leftovers(self, name: str) -> None:
        # Called under the lock: an unpack folder that exists now belonged to a process that was killed.
        for path in self.cache.servers.glob(f".{name}-*"):
            shutil.rmtree(path, ignore_errors=True)


def _read_release(path: Path) -> dict[str, str]:
    # os-release(5): NAME=value lines, values perhaps quoted.
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}
