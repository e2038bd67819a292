"""Locks between processes that vanish with their holder, even one killed with -9 (flock)."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def try_lock(path: Path) -> int | None:
    """Lock the file `path` (created when missing); the descriptor that holds the lock, or None when it is held."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def locked(path: Path, *, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock for the block; `waiting` is called once when somebody else holds it."""
    descriptor = try_lock(path)
    if descriptor is None and waiting is not None:
        waiting()
    while descriptor is None:
        # Polling instead of a blocking flock: an interrupt then ends the wait at once on every platform.
        time.sleep(0.1)
        descriptor = try_lock(path)
    try:
        yield
    finally:
        os.close(descriptor)
