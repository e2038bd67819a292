"""A server from the distribution's packages, unpacked into the cache without root."""

import shutil
import tempfile
from pathlib import Path

import attrs

from . import apt
from .cache import Cache
from .errors import FetchError
from .filelock import locked
from .flavour import Flavour
from .installation import Installation
from .progress import Progress
from .sources import Source, archive_mirrors, read_sources


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


def cached(cache: Cache, flavour: Flavour) -> Installation | None:
    """The newest cached server of the flavour that still runs."""
    found = [
        installation
        for path in cache.servers.glob(f"{flavour}-*")
        if (installation := Installation.of_packages(path)) and installation.flavour is flavour
    ]
    return max(found, key=lambda item: [int(part) for part in item.version.split(".")], default=None)


@attrs.frozen
class Fetcher:
    """Fetches into `cache`; `configuration` and `release_file` say where the machine describes itself."""

    cache: Cache
    progress: Progress
    configuration: Path = Path("/etc/apt")
    release_file: Path = Path("/etc/os-release")

    def fetch(self, flavour: Flavour) -> Installation:
        """Download, unpack, run once, keep. Raises FetchError.

        A second process waits for the first; what a killed one left is continued or removed.
        """
        mirrors = self._mirrors()
        lock = self.cache.servers / f".{flavour}.lock"
        title = flavour.product
        with locked(lock, waiting=lambda: self.progress.note(f"waiting for another process that fetches {title}")):
            # Somebody may have fetched it while this process waited for the lock.
            if installation := cached(self.cache, flavour):
                return installation
            self._remove_leftovers(flavour)
            folder = apt.AptFolder(self.cache.downloads / flavour)
            packages = self._download(folder, mirrors, flavour)
            installation = self._unpack(packages, flavour)
            shutil.rmtree(folder.root, ignore_errors=True)
            self.progress.note(f"{title} {installation.version} is ready in {installation.root}")
            return installation

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

    def _download(self, folder: apt.AptFolder, mirrors: list[Source], flavour: Flavour) -> list[Path]:
        wanted = package_set(flavour)
        label = f"fetching {flavour.product}"
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

    def _unpack(self, packages: list[Path], flavour: Flavour) -> Installation:
        label = f"unpacking {flavour.product}"
        folder = Path(tempfile.mkdtemp(prefix=f".{flavour}-", dir=self.cache.servers))
        try:
            for number, package in enumerate(packages):
                self.progress.advance(label, number / len(packages))
                apt.unpack(package, folder)
            unpacked = Installation.of_packages(folder)
            if unpacked is None or unpacked.flavour is not flavour:
                message = f"the unpacked {flavour.product} does not run on this machine"
                raise FetchError(message)
            target = self.cache.servers / f"{flavour}-{unpacked.version}"
            shutil.rmtree(target, ignore_errors=True)
            folder.rename(target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.progress.advance(label, 1.0)
        installation = Installation.of_packages(target)
        if installation is None:
            message = f"the unpacked {flavour.product} does not run on this machine"
            raise FetchError(message)
        return installation

    def _remove_leftovers(self, flavour: Flavour) -> None:
        # Called under the lock: an unpack folder that exists now belonged to a process that was killed.
        for path in self.cache.servers.glob(f".{flavour}-*"):
            shutil.rmtree(path, ignore_errors=True)


def _read_release(path: Path) -> dict[str, str]:
    # os-release(5): NAME=value lines, values perhaps quoted.
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}
