"""How commands run: with a composed gateway, just the services they need, and errors as single lines."""

import asyncio
import getpass
import os
import sys
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import attrs
import click

from altus4_core.composing.manager import Selection
from altus4_core.errors import Altus4Error, StartupRefused, ValidationFailed
from altus4_core.gateway import Gateway
from altus4_core.migrate.plan import MigrationsRefused
from altus4_core.settings.loader import LoadedSettings, load_settings
from altus4_core.store import MetadataStore
from altus4_core.stored import AuditEntry

T = TypeVar("T")

COMMAND = "command"  # the scheme of entries in the audit trail that commands write
OTHER_NAMES = {f"ALTUS4_{name}": (f"ALTUS4_SERVER__{name}",) for name in ("HOST", "PORT", "WORKERS")}
EXIT_FAILED = 1
EXIT_USAGE = 2


@attrs.define
class CommandContext:
    """What `@click.pass_obj` gives a command: settings and a composed gateway, both made on first use."""

    config: Path | None
    environ: Mapping[str, str]
    selection: Selection
    _settings: LoadedSettings | None = None
    _gateway: Gateway | None = None

    @property
    def settings(self) -> LoadedSettings:
        """Give the settings; what is wrong with them keeps the gateway from starting, not from being composed."""
        if self._settings is None:
            self._settings = load_settings(self.config, self.environ, strict=False)
        return self._settings

    @property
    def gateway(self) -> Gateway:
        """Give the composed gateway; nothing is started."""
        if self._gateway is None:
            self._gateway = Gateway(self.settings, self.selection)
        return self._gateway

    def override(self, **environ: str) -> None:
        """Let environment variables say something else, before any service is started."""
        others = {long for name in environ for long in OTHER_NAMES.get(name, ())}  # of one setting, one name counts
        self.environ = {**{name: value for name, value in self.environ.items() if name not in others}, **environ}
        self._settings = self._gateway = None

    def service(self, wanted: type[T]) -> T:
        """Give a running service, inside the function given to `run`."""
        return self.gateway.registry.get(wanted)

    async def record(self, action: str, user_id: str | None, object_id: str, **details: Any) -> None:
        """Write into the audit trail what the command has done, inside the function given to `run`.

        It is done by then: where the trail cannot be written, that is said on standard error, and nothing fails.

        Args:
            action: The name that the same operation has over HTTP (`keys.create`).
            user_id: Whose account it concerns; None: not a single one.
            object_id: What was acted on.
            details: JSON-ready, without secrets; those that are None are left out.
        """
        entry = AuditEntry(
            id=str(uuid.uuid4()),
            at=self.gateway.clock.now(),
            action=action,
            result="success",
            user_id=user_id,
            scheme=COMMAND,
            credential_id=_operator(),
            object_kind=action.partition(".")[0],
            object_id=object_id,
            details={name: value for name, value in details.items() if value is not None} or None,
        )
        try:
            await self.service(MetadataStore).audit.add_many([entry])
        except Altus4Error as error:
            click.echo(f"altus4: done, but not written into the audit trail: {error}", err=True)

    def run(self, function: Callable[[], Awaitable[T]], *, services: Collection[type] = ()) -> T:
        """Start these services, await `function()`, stop them, and give its result.

        Errors of the gateway are printed as single lines and end the process with the right exit code.
        """

        async def main() -> T:
            gateway = self.gateway
            try:
                await gateway.start_services(services)
                return await function()
            finally:
                await gateway.registry.close()

        try:
            return asyncio.run(main())
        except (Altus4Error, KeyboardInterrupt) as error:
            fail(error)


def _operator() -> str | None:
    """Give the name of the account on this machine that runs the command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number that has no name
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else None


def fail(error: BaseException) -> NoReturn:
    """Print an error as lines on standard error and exit."""
    if isinstance(error, KeyboardInterrupt):
        sys.exit(130)
    lines, code = error_lines(error)
    for line in lines:
        click.echo(f"altus4: {line}", err=True)
    sys.exit(code)


def error_lines(error: BaseException) -> tuple[list[str], int]:
    """Give what is said of an error, a line each, and the exit code."""
    if isinstance(error, StartupRefused | MigrationsRefused):
        code = EXIT_USAGE if any(problem.usage for problem in error.problems) else EXIT_FAILED
        return [problem.line() for problem in error.problems], code
    code = getattr(error, "exit_code", EXIT_FAILED)
    problems = error.details if isinstance(error, ValidationFailed) and isinstance(error.details, list) else []
    return [f"{each['field']}: {each['message']}" for each in problems] or [str(error)], code


def bug_line(command: str, error: BaseException) -> str:
    """Say of an error that nobody foresaw: a traceback says nothing to an operator."""
    return f"{command} failed: {type(error).__name__}; this is a bug; ALTUS4_LOG_LEVEL=debug shows where"


def confirm_destructive(context: Any, what: str, *, force: bool) -> None:
    """Refuse what destroys data in production unless forced; elsewhere ask whoever sits at a terminal."""
    try:
        environment = context.settings.core.environment
    except Altus4Error as error:
        fail(error)
    if environment == "production" and not force:
        click.echo(f"altus4: {what} destroys data; in production it needs --force", err=True)
        sys.exit(EXIT_FAILED)
    if not force and sys.stdin.isatty() and not click.confirm(f"{what} destroys data. Go on?", err=True):
        sys.exit(EXIT_FAILED)


def read_password(prompt: str) -> str:
    """Read a password: the first line of standard input, or typed unseen at a terminal."""
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True, default="", show_default=False, err=True))
    return sys.stdin.readline().rstrip("\r\n")
