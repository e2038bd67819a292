"""The file of a backup: what the dump program wrote, compressed, between a line that says what it is and one that says
what is in it. `gunzip` gives plain SQL: both are comments.
"""

import gzip
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import attrs
import orjson

from altus4_metadata_mysql.dump.errors import BackupFailed
from altus4_metadata_mysql.dump.facts import Server, product_of
from altus4_metadata_mysql.dump.rowcount import DumpReader

HEAD: Final = b"-- Altus 4 backup: "
TAIL: Final = b"-- Altus 4 rows: "
GZIP: Final = b"\x1f\x8b"
LEVEL: Final = 6
PIECE: Final = 1 << 18


@attrs.frozen
class Backup:
    """What is known of a backup. `tables` are rows by table; `migrations` those applied when it was taken."""

    path: Path
    tables: Mapping[str, int]
    bytes: int
    server: Server | None
    schema: str = ""
    taken_at: str = ""
    migrations: Sequence[str] = ()
    binlog: tuple[str, int] | None = None
    leaves: str = ""
    warnings: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Give it for programs."""
        place = None if self.binlog is None else {"file": self.binlog[0], "position": self.binlog[1]}
        return {
            "file": str(self.path),
            "bytes": self.bytes,
            "schema": self.schema,
            "server": None if self.server is None else f"{self.server.product} {self.server.version}",
            "takenAt": self.taken_at,
            "tables": dict(self.tables),
            "binlog": place,
            "warnings": list(self.warnings),
        }


class ArchiveWriter:
    """Writes a backup under a name that says it is not finished; `finish` gives it its own.

    Args:
        path: Where the backup is to be.
        head: JSON-ready; what it is.

    Raises:
        BackupFailed: the file cannot be made, or there is one of that name.
    """

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        self.path = path
        self.part = path.with_name(path.name + ".part")
        if path.exists():
            message = f"{path} is there already: choose another name"
            raise BackupFailed(message)
        try:
            self._file: IO[bytes] = os.fdopen(os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except FileExistsError:
            message = f"{self.part} is there already: another backup is being written, or was cut off; remove it then"
            raise BackupFailed(message) from None
        except OSError as error:
            message = f"cannot write {self.part}: {error.strerror}"
            raise BackupFailed(message) from error
        self.reader = DumpReader()
        self.taken = 0
        self._rest = b""
        self._gzip = gzip.GzipFile(path.name.removesuffix(".gz"), "wb", LEVEL, self._file)
        self._say(HEAD, head)

    def write(self, data: bytes) -> None:
        """Write a piece of the dump, however it is cut."""
        self.taken += len(data)
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self.reader.line(line + b"\n")
        self._put(data)

    def finish(self) -> None:
        """Write what is in it, make sure that the disk has it, and give the file its name."""
        if self._rest:
            self.reader.line(self._rest)
        self._say(TAIL, {"tables": self.reader.rows, "binlog": self.reader.position})
        try:
            self._gzip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self.part.rename(self.path)
        except OSError as error:
            raise self._full(error) from error

    def discard(self) -> None:
        """Remove what was written."""
        self.part.unlink(missing_ok=True)
        try:
            self._file.close()
        except OSError:
            return

    def _say(self, what: bytes, data: Mapping[str, Any]) -> None:
        self._put(what + orjson.dumps(data) + b"\n")

    def _put(self, data: bytes) -> None:
        try:
            self._gzip.write(data)
        except OSError as error:
            raise self._full(error) from error

    def _full(self, error: OSError) -> BackupFailed:
        what = f"cannot write {self.part}: {error.strerror}"
        message = f"{what}; nothing of this backup is kept: free space, or choose another folder"
        return BackupFailed(message)


def read_lines(path: Path, passed: Callable[[int], None] = lambda _bytes: None) -> Iterator[bytes]:
    """Read a dump line by line, compressed or not; `passed` is told how many bytes of the file have been read.

    Raises:
        BackupFailed: it cannot be read, or not to its end.
    """
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == GZIP
            raw.seek(0)
            source: IO[bytes] = gzip.GzipFile(fileobj=raw) if compressed else raw  # type: ignore[assignment]
            rest = b""
            while piece := source.read(PIECE):
                lines = (rest + piece).split(b"\n")
                rest = lines.pop()
                for line in lines:
                    yield line + b"\n"
                passed(raw.tell())
            if rest:
                yield rest
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = f"{path} is damaged or cut off: it is no whole backup; use another one"
        raise BackupFailed(message) from error
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or error}"
        raise BackupFailed(message) from error


def read_backup(path: Path, passed: Callable[[int], None] = lambda _bytes: None) -> Backup:
    """Read a backup to its end, count its rows and compare them with what it says.

    Raises:
        BackupFailed: it cannot be read, is cut off, or holds other rows than it says.
    """
    reader = DumpReader()
    head: Mapping[str, Any] = {}
    tail: Mapping[str, Any] | None = None
    for line in read_lines(path, passed):
        if line.startswith((HEAD, TAIL)) and not reader.open:
            data = _json(line, path)
            if line.startswith(HEAD):
                head = data
            else:
                tail = data
        else:
            reader.line(line)
    if not reader.completed or (head and tail is None):
        message = f"{path} has no end: it is no dump, or was cut off while it was written; use another one"
        raise BackupFailed(message)
    if tail is not None and tail.get("tables") != reader.rows:
        message = f"{path} holds other rows than were written: it is damaged; use another one"
        raise BackupFailed(message)
    version = str(head.get("version") or reader.server_version)
    product = str(head.get("product") or product_of(version))
    return Backup(
        path,
        reader.rows,
        path.stat().st_size,
        Server(product, version.split("-", maxsplit=1)[0]) if version else None,
        str(head.get("schema", "")),
        str(head.get("takenAt", "")),
        tuple(head.get("migrations", ())),
        reader.position,
        reader.leaves,
    )


def _json(line: bytes, path: Path) -> Mapping[str, Any]:
    try:
        data = orjson.loads(line.partition(b": ")[2])
    except ValueError:
        data = None
    if not isinstance(data, dict):
        message = f"{path} is damaged: what it says of itself cannot be read; use another one"
        raise BackupFailed(message)
    return data
