"""Files of a build: digests, whole writes, and one build at a time in a folder."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from altus4_core.errors import Busy

STATE = ".build"
"""Folder of the output in which a build keeps what it knows; not to be shipped."""

_LEFT_OUT = frozenset({"__pycache__", "node_modules", "build", "dist"})


def digest(path: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_digest(*parts: str) -> str:
    """Give the SHA-256 of texts; each counts apart from its neighbours."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def tree_digest(folder: Path) -> str:
    """Give one SHA-256 of a source: hidden folders, caches and what builds leave behind do not count."""
    parts: list[str] = []
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(name for name in folders if _counts(name) and not (here / name / STATE).is_dir())
        parts += [
            f"{(here / name).relative_to(folder)}={digest(here / name)}"
            for name in sorted(names)
            if (here / name).is_file()
        ]
    return text_digest(*parts)


def _counts(name: str) -> bool:
    return not (name.startswith(".") or name in _LEFT_OUT or name.endswith(".egg-info"))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole, or as it was before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


@contextlib.contextmanager
def only_build(output: Path) -> Iterator[None]:
    """Hold the output folder; the lock ends with the process, however that ends.

    Raises:
        Busy: another build works in it.
        OSError: it cannot be made or written.
    """
    state = output / STATE
    state.mkdir(parents=True, exist_ok=True)
    handle = os.open(state / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"another build works in {output}; wait for it, or choose another --output"
            raise Busy(message) from error
        yield
    finally:
        os.close(handle)
