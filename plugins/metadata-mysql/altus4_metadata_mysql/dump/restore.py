"""Restoring a backup: read to its end first, then into an empty schema, then counted."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

import attrs
from altus4_mysql import ConnectOptions, quote_identifier

from altus4_core.progress import Progress
from altus4_metadata_mysql.dump.archive import HEAD, TAIL, Backup, read_lines
from altus4_metadata_mysql.dump.errors import BackupFailed
from altus4_metadata_mysql.dump.facts import Server, look
from altus4_metadata_mysql.dump.process import running
from altus4_metadata_mysql.dump.programs import CLIENT, find_program
from altus4_metadata_mysql.trackingtable import TABLE

ARGUMENTS: Final = ("--batch", "--binary-mode", "--default-character-set=utf8mb4", "--max-allowed-packet=1G")
PORTION: Final = 1 << 18
SANDBOX: Final = b"/*M!999999\\-"  # a command for MariaDB's own client, which older ones do not know
SECTION: Final = b"-- Table structure for table `"
ENDS_SECTION: Final = (
    b"-- Table structure for ", b"-- Temporary ", b"-- Dumping events", b"-- Dumping routines", b"-- Final view",
)  # fmt: skip
FOOT: Final = b"/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE"


@attrs.frozen
class Restorer:
    """Restores into one schema, which is empty by then.

    Args:
        options: Where to and as whom; the schema is `options.database`.
        driver: Name of the driver.
        programs: Folder of the client programs; "" is PATH.
        progress: Told how far it is.
    """

    options: ConnectOptions
    driver: str
    programs: str
    progress: Progress

    async def check(self, backup: Backup, known: Sequence[str]) -> Server:
        """See whether the backup fits this server and these migrations; gives the server.

        Raises:
            BackupFailed: it does not.
        """
        if backup.leaves:
            message = f"{backup.path} leaves the schema ({backup.leaves}): dump one schema, without --databases"
            raise BackupFailed(message)
        async with look(attrs.evolve(self.options, database=None), self.driver) as facts:
            server = await facts.server()
        if backup.server is not None:
            fits(backup.server, server)
        unknown = [name for name in backup.migrations if name not in known]
        if unknown:
            message = (
                f"the backup is of a newer Altus 4 or has plugins that are not enabled: {', '.join(unknown[:3])}"
                " is unknown here; install what it was made with"
            )
            raise BackupFailed(message)
        await find_program(server, CLIENT, self.programs)
        return server

    async def load(self, backup: Backup, server: Server, empty: Callable[[], Awaitable[object]]) -> None:
        """Empty the schema with `empty`, load the backup, and count the rows.

        Raises:
            BackupFailed: it did not come to its end, or the rows are not those of the backup.
        """
        program = await find_program(server, CLIENT, self.programs)
        await empty()
        size = max(1, backup.bytes)

        def passed(read: int) -> None:
            self.progress.advance("restoring", min(0.99, read / size))

        portions = portions_of(tracking_last(read_lines(backup.path, passed)))
        async with running(program, server, self.options, [*ARGUMENTS, self.options.database or ""], feed=True) as run:
            sink = run.process.stdin
            try:
                while sink is not None and (portion := await asyncio.to_thread(next, portions, b"")):
                    sink.write(portion)
                    await sink.drain()
                if sink is not None:
                    sink.close()
                    await sink.wait_closed()
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has ended, and says why
            reason = await run.end()
        if reason:
            then = "the schema is half full: correct that, and restore again with --force"
            message = f"the restore did not come to its end: {reason}; {then}"
            raise BackupFailed(message)
        self.progress.advance("restoring", 1.0)
        await self._count(backup)

    async def _count(self, backup: Backup) -> None:
        async with look(self.options, self.driver) as facts:
            there = await facts.sizes()
            counted = await facts.counts([name for name in backup.tables if name in there])
        wrong = [
            f"{name} has {counted.get(name, 'no')} rows instead of {rows}"
            for name, rows in backup.tables.items()
            if counted.get(name) != rows
        ]
        if wrong:
            then = "is anybody writing? Stop the gateways, and restore again with --force"
            message = f"what was restored is not what the backup holds ({'; '.join(wrong)}): {then}"
            raise BackupFailed(message)


def fits(dump: Server, server: Server) -> None:
    """See whether a dump of one server can be read by another.

    Raises:
        BackupFailed: of another family, or of a newer release.
    """
    if dump.product != server.product or dump.release > server.release:
        message = (
            f"the backup is of {dump.product} {dump.version} and the server is {server.product} {server.version}:"
            f" restore it into {dump.product} {dump.release[0]}.{dump.release[1]} or newer"
        )
        raise BackupFailed(message)


def tracking_last(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Put the table of migrations behind all others: a restore that was cut off must not look like a whole schema."""
    held: list[bytes] = []
    holding = False
    own = SECTION + quote_identifier(TABLE)[1:].encode()
    for line in lines:
        if line.startswith((HEAD, TAIL, SANDBOX)):
            continue
        if line.startswith(own):
            holding = True
        elif holding and line.startswith((*ENDS_SECTION, FOOT)):
            holding = False
        if line.startswith(FOOT):
            yield from held
            held = []
        if holding:
            held.append(line)
        else:
            yield line
    yield from held


def portions_of(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Join lines into pieces that are worth writing."""
    gathered: list[bytes] = []
    size = 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= PORTION:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)
