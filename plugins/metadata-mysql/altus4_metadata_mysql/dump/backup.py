"""Taking a backup: a consistent dump, streamed into a compressed file, and read again before it counts."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs
from altus4_mysql import ConnectOptions

from altus4_core.clock import iso
from altus4_core.progress import Progress
from altus4_metadata_mysql.dump.archive import PIECE, ArchiveWriter, Backup, read_backup
from altus4_metadata_mysql.dump.errors import BackupFailed
from altus4_metadata_mysql.dump.facts import Facts, Server, look
from altus4_metadata_mysql.dump.process import running
from altus4_metadata_mysql.dump.programs import DUMP, find_program

ARGUMENTS: Final = (
    "--single-transaction",  # one moment, without locking anybody out
    "--quick",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--default-character-set=utf8mb4",
    "--no-tablespaces",  # else it asks for the right PROCESS
    "--skip-add-locks",  # else restoring asks for the right LOCK TABLES
    "--max-allowed-packet=1G",
)
POSITION: Final = {"MySQL": "--source-data=2", "MariaDB": "--master-data=2"}
NEEDED_FOR_POSITION: Final = {
    "MySQL": ("RELOAD", "REPLICATION CLIENT"),
    "MariaDB": ("RELOAD", "BINLOG MONITOR"),
}


@attrs.frozen
class Taker:
    """Takes backups of one schema.

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

    async def take(self, path: Path, now: datetime, migrations: Sequence[str]) -> Backup:
        """Write a backup to `path` and verify it.

        Raises:
            BackupFailed: it did not come to its end, or is not what the server has; then nothing is kept.
            StartupRefused: the server cannot be reached.
        """
        schema = self.options.database or ""
        async with look(self.options, self.driver) as facts:
            server = await facts.server()
            sizes = await facts.sizes()
            before = await facts.counts(list(sizes))
            warnings = await self._warnings(facts, server)
        if not sizes:
            message = f"the schema {schema!r} has no tables: there is nothing to back up"
            raise BackupFailed(message)
        head = {
            "format": 1,
            "schema": schema,
            "product": server.product,
            "version": server.version,
            "takenAt": iso(now),
            "migrations": list(migrations),
        }
        writer = ArchiveWriter(path, head)
        try:
            await self._dump(writer, server, schema, sum(sizes.values()), position=server.binary_log and not warnings)
            if not writer.reader.completed:
                message = (
                    "the dump program ended early without saying why: nothing of this backup is kept; run it again"
                )
                raise BackupFailed(message)
            await asyncio.to_thread(writer.finish)
        except BaseException:
            writer.discard()
            raise
        try:
            found = await asyncio.to_thread(read_backup, path, self._reader_of(path))
            async with look(self.options, self.driver) as facts:
                after = await facts.counts([name for name in (await facts.sizes()) if name in before])
            compare(found.tables, before, after)
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        return attrs.evolve(found, warnings=tuple(warnings))

    async def _warnings(self, facts: Facts, server: Server) -> Sequence[str]:
        if not server.binary_log:
            return []
        privileges = await facts.privileges()
        missing = [right for right in NEEDED_FOR_POSITION[server.product] if not privileges.may(right, "", "")]
        if not missing:
            return []
        what = f"the user has no right {', '.join(missing)}: the position in the binary log is not recorded"
        return [f"{what}, which a recovery to a point in time needs (altus4 grants --for backup)"]

    async def _dump(self, writer: ArchiveWriter, server: Server, schema: str, size: int, *, position: bool) -> None:
        program = await find_program(server, DUMP, self.programs)
        arguments = [*ARGUMENTS]
        if server.product == "MySQL":
            # Masking policies are the whole server's, and reading them needs rights on its own tables.
            arguments += ["--set-gtid-purged=OFF", "--loose-skip-masking-policies"]
        if position:
            arguments.append(POSITION[server.product])
        async with running(program, server, self.options, [*arguments, schema]) as run:
            output = run.process.stdout
            while output is not None and (data := await output.read(PIECE)):
                await asyncio.to_thread(writer.write, data)
                self.progress.advance("dumping", min(0.99, writer.taken / max(size, 1)))
            reason = await run.end()
        if reason:
            message = (
                f"the dump did not come to its end: {reason}; nothing of it is kept: correct that and run it again"
            )
            raise BackupFailed(message)
        self.progress.advance("dumping", 1.0)

    def _reader_of(self, path: Path) -> Callable[[int], None]:
        size = max(1, path.stat().st_size)
        return lambda passed: self.progress.advance("verifying", passed / size)


def compare(dumped: Mapping[str, int], before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """See that each table has the rows in the dump that it had on the server: before it, after it, or between.

    Raises:
        BackupFailed: a table is missing, or has other rows.
    """
    wrong = []
    for table, rows in before.items():
        lowest, highest = sorted((rows, after.get(table, rows)))
        if table not in dumped:
            wrong.append(f"{table} is missing")
        elif not lowest <= dumped[table] <= highest and rows == after.get(table):
            wrong.append(f"{table} has {dumped[table]} rows instead of {rows}")
    if wrong:
        message = f"the backup is not what the server has ({'; '.join(wrong)}); nothing of it is kept: run it again"
        raise BackupFailed(message)
