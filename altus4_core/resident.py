"""Memory of this process, as the operating system counts it."""

import os
from pathlib import Path

_STATM = Path("/proc/self/statm")


def resident_kib() -> float | None:
    """Give the resident memory in KiB; None where the system does not tell it as Linux does."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024
