"""Events on disk, while their sink cannot take them: appended with checksums, read back in order, gone when written.

A segment is a file that one process holds locked: a line that says how far it has been read, then a line an event, with
its length and CRC-32. What a process that died left behind is taken over by whoever starts next over the same folder.
"""

import asyncio
import fcntl
import logging
import os
import time
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs
import orjson

from altus4_core.records import Event

logger = logging.getLogger("altus4.events")

SUFFIX: Final = ".spill"
MAGIC: Final = b"altus4-spill-1 "
HEAD: Final = len(MAGIC) + 16 + 1  # and the offset in 16 digits
SEGMENT_BYTES: Final = 4 << 20
MOST_LINE: Final = 8 << 20
FRONT: Final = 18  # of a line: checksum and length
PIECE: Final = 1 << 18
_MEMBERS: Final = frozenset(attrs.fields_dict(Event))


@attrs.define
class Segment:
    """One file: where reading goes on, where writing does, and how many whole events lie between."""

    path: Path
    handle: int
    read_at: int = HEAD
    write_at: int = HEAD
    count: int = 0


class Spill:
    """The events of one sink that are on disk.

    Args:
        folder: Of this sink alone; made when first needed, for the owner's eyes only.
        most_bytes: How much may lie there; beyond it appending fails as on a full disk.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._segments: deque[Segment] = deque()
        self._lock = asyncio.Lock()
        self._made = 0
        self.damaged = 0

    @property
    def pending(self) -> int:
        """Give how many events wait here."""
        return sum(segment.count for segment in self._segments)

    async def adopt(self) -> None:
        """Take over what is there and nobody holds."""
        async with self._lock:
            await asyncio.to_thread(self._adopt)

    async def append(self, events: Sequence[Event]) -> None:
        """Write events behind the others, all or none.

        Raises:
            OSError: the disk is full, or cannot be written to.
            TypeError: an event holds what JSON cannot, as a lone half of a surrogate pair.
        """
        async with self._lock:
            await asyncio.to_thread(self._append, events)

    async def peek(self, most: int) -> Sequence[Event]:
        """Read the oldest events, at most `most`, leaving them here; what is not whole is left out for good."""
        async with self._lock:
            return await asyncio.to_thread(self._peek, most)

    async def advance(self, number: int) -> None:
        """Let go of the oldest events.

        Raises:
            ValueError: one that is to stay in a file with those that go is not whole; nothing of that file went.
            OSError: the disk cannot be written to.
        """
        async with self._lock:
            await asyncio.to_thread(self._advance, number)

    def close(self) -> None:
        """Let go of the files; what is in them stays for the next start."""
        for segment in self._segments:
            os.close(segment.handle)
        self._segments.clear()

    def _adopt(self) -> None:
        found: list[Segment] = []
        for path in sorted(self._folder.glob(f"*{SUFFIX}")) if self._folder.is_dir() else ():
            handle = _locked(path, os.O_RDWR)
            if handle is None:
                continue
            segment = Segment(path, handle)
            self.damaged += _survey(segment)
            if segment.count:
                found.append(segment)
                logger.info("%d events of an earlier process wait in %s", segment.count, path)
            else:
                _remove(segment)
        self._segments.extendleft(reversed(found))  # older than what this process may have written by now

    def _append(self, events: Sequence[Event]) -> None:
        lines = b"".join(_line(event) for event in events)
        held = sum(segment.write_at for segment in self._segments)
        if held + len(lines) > self._most_bytes:
            message = f"the spilled events would take more than {self._most_bytes} bytes"
            raise OSError(message)
        segment = self._segments[-1] if self._segments else None
        if segment is None or segment.write_at > SEGMENT_BYTES:
            segment = self._new_segment()
        try:
            _write(segment.handle, lines, segment.write_at)
        except OSError:
            os.ftruncate(segment.handle, segment.write_at)
            raise
        segment.write_at += len(lines)
        segment.count += len(events)

    def _new_segment(self) -> Segment:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._made += 1
        path = self._folder / f"{time.time_ns():020d}-{os.getpid()}-{self._made}{SUFFIX}"
        handle = _locked(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        if handle is None:
            message = f"{path} is locked"
            raise OSError(message)
        segment = Segment(path, handle)
        try:
            _write(handle, _head(HEAD), 0)
        except OSError:
            _remove(segment)
            raise
        self._segments.append(segment)
        return segment

    def _peek(self, most: int) -> list[Event]:
        found: list[Event] = []
        for segment in self._segments:
            try:
                records = list(_records(segment, min(segment.count, most - len(found))))
            except ValueError:
                segment.count = 0
                self.damaged += _survey(segment)
                records = list(_records(segment, min(segment.count, most - len(found))))
            found += [_event(payload) for payload, _ in records]
            if len(found) == most:
                break
        return found

    def _advance(self, number: int) -> None:
        while number and self._segments:
            segment = self._segments[0]
            step = min(number, segment.count)
            number -= step
            if step < segment.count:
                segment.read_at = [place for _, place in _records(segment, step)][-1]
                segment.count -= step
                _write(segment.handle, _head(segment.read_at), 0)
                return
            self._segments.popleft()
            _remove(segment)


def _locked(path: Path, flags: int) -> int | None:
    try:
        handle = os.open(path, flags, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    if not os.fstat(handle).st_nlink:  # between the two, who held it wrote everything and removed it
        os.close(handle)
        return None
    return handle


def _remove(segment: Segment) -> None:
    segment.path.unlink(missing_ok=True)
    os.close(segment.handle)


def _head(offset: int) -> bytes:
    return MAGIC + b"%016d\n" % offset


def _write(handle: int, data: bytes, place: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(handle, view, place)
        place += written
        view = view[written:]


def _line(event: Event) -> bytes:
    payload = orjson.dumps(attrs.asdict(event, recurse=False), default=str)
    return b"%08x %08x " % (zlib.crc32(payload), len(payload)) + payload + b"\n"


def _records(segment: Segment, number: int) -> Iterator[tuple[bytes, int]]:
    """Read the oldest records, each with the place behind it; raises ValueError when one is not whole.

    In large pieces: after each call of the system a thread waits for its turn, long while the event loop is busy.
    """
    begin, place, piece = segment.read_at, 0, b""
    for _ in range(number):
        while True:
            head = piece[place : place + FRONT]
            length = int(head[9:17], 16) if len(head) == FRONT else 0
            if length > MOST_LINE:
                message = "longer than any event"
                raise ValueError(message)
            if length and place + FRONT + length + 1 <= len(piece):
                break
            begin, known = begin + place, len(piece) - place
            place, piece = 0, os.pread(segment.handle, max(PIECE, FRONT + length + 1), begin)
            if len(piece) <= known:
                message = "shorter than it should be"
                raise ValueError(message)
        payload = piece[place + FRONT : place + FRONT + length]
        place += FRONT + length + 1
        if piece[place - 1 : place] != b"\n" or zlib.crc32(payload) != int(head[:8], 16):
            message = "not what its checksum says"
            raise ValueError(message)
        yield payload, begin + place


def _record(segment: Segment, place: int) -> tuple[bytes, int]:
    """Read a record; raises ValueError when it is not whole."""
    front = os.pread(segment.handle, 18, place)
    length = int(front[9:17], 16)
    if length > MOST_LINE:
        message = "longer than any event"
        raise ValueError(message)
    payload = os.pread(segment.handle, length + 1, place + 18)
    if payload[-1:] != b"\n" or zlib.crc32(payload[:-1]) != int(front[:8], 16):
        message = "not what its checksum says"
        raise ValueError(message)
    return payload[:-1], place + 19 + length


def _survey(segment: Segment) -> int:
    """Count whole events from where reading stopped, and leave out what is not whole.

    Returns:
        How many were left out.
    """
    size = os.fstat(segment.handle).st_size
    head = os.pread(segment.handle, HEAD, 0)
    if not head.startswith(MAGIC) or len(head) < HEAD:
        if size:
            logger.error("%s is no file of events; it is left alone under another name", segment.path)
            segment.path.rename(segment.path.with_suffix(".damaged"))
        return int(size > 0)
    segment.read_at = place = min(max(int(head[len(MAGIC) : -1]), HEAD), size)
    damaged = 0
    while place < size:
        try:
            _, place = _record(segment, place)
        except ValueError:
            damaged += _mend(segment, place)
            size = os.fstat(segment.handle).st_size
            continue
        segment.count += 1
    segment.write_at = place
    return damaged


def _mend(segment: Segment, place: int) -> int:
    """Take out a line that is not whole: what follows it moves up."""
    rest = os.pread(segment.handle, os.fstat(segment.handle).st_size - place, place)
    _, _, following = rest.partition(b"\n")
    logger.warning("%s has an event that is not whole, which is left out", segment.path)
    os.ftruncate(segment.handle, place)
    _write(segment.handle, following, place)
    return 1


def _event(payload: bytes) -> Event:
    written = orjson.loads(payload)
    values = {name: value for name, value in written.items() if name in _MEMBERS}  # a later version may write more
    return Event(**{**values, "at": datetime.fromisoformat(values["at"])})
