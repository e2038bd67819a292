"""One run of a client program: its output or input streamed, its errors kept, its end explained."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from altus4_mysql import ConnectOptions

from altus4_metadata_mysql.dump.credentials import option_file
from altus4_metadata_mysql.dump.errors import BackupFailed
from altus4_metadata_mysql.dump.facts import Server
from altus4_metadata_mysql.dump.programs import Program, environment, last_words

KEPT: Final = 1 << 16  # bytes of what a program says of its errors


class Running:
    """A started program."""

    def __init__(self, process: asyncio.subprocess.Process, options: ConnectOptions) -> None:
        self.process = process
        self._options = options
        self._errors = asyncio.ensure_future(self._listen())

    async def _listen(self) -> bytes:
        kept = b""
        if self.process.stderr is not None:
            while piece := await self.process.stderr.read(KEPT):
                kept = (kept + piece)[-KEPT:]
        return kept

    async def end(self) -> str:
        """Wait for its end; gives "" when it went well, else why it did not."""
        errors = await self._errors
        code = await self.process.wait()
        return "" if code == 0 else last_words(errors, [self._options.password])


@asynccontextmanager
async def running(
    program: Program, server: Server, options: ConnectOptions, arguments: Sequence[str], *, feed: bool = False
) -> AsyncIterator[Running]:
    """Start a program that knows the connection; killed if it still runs when the block is left.

    Args:
        program: Which.
        server: Whose family decides on the spelling of options.
        options: Where to and as whom.
        arguments: After the option file.
        feed: Its input is written; else its output is read.

    Raises:
        BackupFailed: it cannot be started.
    """
    with option_file(options, server.product) as file:
        try:
            process = await asyncio.create_subprocess_exec(
                program.path, file.argument, *arguments,
                stdin=asyncio.subprocess.PIPE if feed else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL if feed else asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=file.descriptors,
                env=environment(),
                limit=1 << 20,
            )  # fmt: skip
        except OSError as error:
            message = f"cannot start {program.path}: {error.strerror}"
            raise BackupFailed(message) from error
        try:
            yield Running(process, options)
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
