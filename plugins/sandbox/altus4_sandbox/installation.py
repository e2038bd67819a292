"""One server on disk: how to call it, where its files are, and its client programs."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import attrs

from .errors import ProgramMissingError
from .flavour import Flavour, identify

# MariaDB renamed its programs; distributions ship either name, so both are tried.
_MARIADB_NAMES = {
    "mysql": "mariadb",
    "mysqldump": "mariadb-dump",
    "mysqlbinlog": "mariadb-binlog",
    "mysqladmin": "mariadb-admin",
    "mysqlcheck": "mariadb-check",
    "mysqlimport": "mariadb-import",
}


@attrs.frozen
class Installation:
    """A server binary that ran and said what it is.

    `loader` is empty for a binary that runs as it is, else the dynamic loader and library path it needs.
    `root` is the folder its packages were unpacked into; None for a server of the machine's own.
    """

    flavour: Flavour
    version: str
    binary: Path
    loader: tuple[str, ...] = ()
    root: Path | None = None

    @classmethod
    def of_binary(cls, binary: Path) -> Self | None:
        """Run `binary --version`; None when it is no server."""
        found = identify([str(binary)])
        return None if found is None else cls(found.flavour, found.version, binary)

    @classmethod
    def of_packages(cls, root: Path) -> Self | None:
        """The server in unpacked distribution packages, called through their own loader; None when it does not run."""
        binary = next((path for name in ("mariadbd", "mysqld") if (path := root / "usr/sbin" / name).is_file()), None)
        prefix = loader_of(root)
        if binary is None or prefix is None:
            return None
        found = identify([*prefix, str(binary)])
        return None if found is None else cls(found.flavour, found.version, binary, prefix, root)

    @property
    def argv(self) -> tuple[str, ...]:
        """The command that starts the server, without arguments."""
        return (*self.loader, str(self.binary))

    @property
    def share(self) -> Path | None:
        """The folder with messages, character sets and (MariaDB) the system tables' SQL; None when it is unknown."""
        bases = [self.root / "usr"] if self.root else [self.binary.resolve().parent.parent, Path("/usr")]
        names = ("mysql", "mariadb") if self.flavour is Flavour.MYSQL else ("mariadb", "mysql")
        folders = (base / "share" / name for base in bases for name in names)
        return next((path for path in folders if (path / "charsets").is_dir()), None)

    @property
    def plugin_folder(self) -> Path | None:
        """The folder of server plugins of unpacked packages; None lets the server use its own."""
        return None if self.root is None else self.root / "usr/lib/mysql/plugin"

    def program(self, name: str) -> tuple[str, ...]:
        """The argument vector that starts a client program (`mysql`, `mysqldump`, `mysqlbinlog`, ...).

        Give `--no-defaults` as its first argument when the machine's option files must not count.
        Raises ProgramMissingError.
        """
        names = [name]
        if self.flavour is Flavour.MARIADB and name in _MARIADB_NAMES:
            names.insert(0, _MARIADB_NAMES[name])
        if self.root is not None:
            folders = [self.root / "usr/bin", self.root / "usr/sbin"]
        else:
            own = self.binary.resolve().parent
            folders = [self.binary.parent, own, own.parent / "bin"]
        for candidate in names:
            for folder in folders:
                if (folder / candidate).is_file():
                    return (*self.loader, str(folder / candidate))
            if self.root is None and (found := shutil.which(candidate)):
                return (found,)
        message = f"{self.flavour.product} {self.version} ({self.binary}) has no {name}: install its client programs"
        raise ProgramMissingError(message)


def loader_of(root: Path) -> tuple[str, ...] | None:
    """The loader of unpacked packages with its library path, to be put before a program; None without a loader."""
    loader = next(_loaders(root), None)
    if loader is None:
        return None
    return (str(loader), "--library-path", ":".join(str(path) for path in _library_folders(root, loader)))


def _loaders(root: Path) -> Iterator[Path]:
    patterns = ("lib64", "lib", "usr/lib64", "usr/lib", "lib/*", "usr/lib/*")
    found = sorted({path.resolve() for base in patterns for path in root.glob(f"{base}/ld-linux*.so.*")})
    return iter(found)


def _library_folders(root: Path, loader: Path) -> list[Path]:
    # Debian keeps libraries in /lib/<triplet> and /usr/lib/<triplet>; the loader's own folder names the triplet.
    triplet = loader.parent.name
    folders = [root / "lib" / triplet, root / "usr/lib" / triplet, root / "usr/lib"]
    return [path for path in folders if path.is_dir()]
