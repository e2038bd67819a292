"""The temporary folder of one running server, and the sweep of those whose owner died."""

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Self

import attrs

from .errors import SandboxError
from .filelock import locked, try_lock


@attrs.frozen
class Workspace:
    """A private folder that is locked as long as its server or the process that made it lives."""

    folder: Path
    lock: int

    @classmethod
    def create(cls, parent: Path | None = None) -> Self:
        """Make one below `parent` (the system's temporary folder), after sweeping what dead owners left there.

        Raises SandboxError when somebody else owns the place.
        """
        base = (parent or Path(tempfile.gettempdir())) / f"altus4-sandbox-{os.getuid()}"
        try:
            base.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = base.lstat()
        except OSError as error:
            message = f"cannot use the folder {base} ({error.strerror}): set TMPDIR to another place"
            raise SandboxError(message) from error
        # The temporary folder is everybody's: a link or a folder planted there must not receive our data.
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            message = f"{base} belongs to somebody else: remove it or set TMPDIR to another place"
            raise SandboxError(message)
        # One at a time, so that nobody sweeps a folder in the moment between its making and its locking.
        with locked(base / ".lock"):
            sweep(base)
            folder = Path(tempfile.mkdtemp(prefix="server-", dir=base))
            lock = try_lock(folder / "lock")
        if lock is None:
            message = f"cannot lock {folder}: set TMPDIR to a folder on a local disk"
            raise SandboxError(message)
        return cls(folder, lock)

    def remove(self) -> None:
        """Delete the folder and give up the lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self.lock)


def sweep(base: Path) -> list[Path]:
    """Remove the folders below `base` that nobody holds a lock on; returns them."""
    swept = []
    for folder in base.glob("server-*"):
        try:
            lock = try_lock(folder / "lock")
        except OSError:
            continue
        if lock is None:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
        swept.append(folder)
    return swept
