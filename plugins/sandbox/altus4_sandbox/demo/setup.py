"""Setting a demo up with the gateway's own commands, as an operator would."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

import attrs

from altus4_core.progress import Progress
from altus4_sandbox.address import ServerAddress
from altus4_sandbox.demo.outline import DemoDatabase
from altus4_sandbox.errors import SandboxError

EMAIL = "demo@example.com"
SECONDS = 60


class SetupFailedError(SandboxError):
    """One of the gateway's commands failed; the text is what it printed."""


@attrs.frozen
class Commands:
    """Runs `altus4 ...` with the demo's environment."""

    environment: Mapping[str, str] = attrs.field(repr=False)

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run one command and give what it printed.

        Raises:
            SetupFailedError: with its own error line.
        """
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
        result = subprocess.run(  # noqa: S603 -- our own program with our own arguments
            [sys.executable, "-m", "altus4_core", *arguments],
            input=stdin,
            env={**inherited, **self.environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if result.returncode:
            lines = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
            message = f"altus4 {arguments[0]} {arguments[1] if len(arguments) > 1 else ''}: {lines[-1]}"
            raise SetupFailedError(message)
        return result.stdout


def set_up(
    commands: Commands, server: ServerAddress, schemas: Sequence[str], reader: tuple[str, str], progress: Progress
) -> tuple[str, list[DemoDatabase]]:
    """Migrate, make a user and a key, and connect the databases.

    Args:
        commands: The gateway's commands.
        server: Where everything is.
        schemas: The databases to connect.
        reader: User name and password of a read-only account.
        progress: Told each step.

    Returns:
        The API key and the connected databases.
    """
    progress.note("running the migrations")
    commands.run("migrate", "up")
    progress.note("making a user and a key")
    commands.run("accounts", "create", "--email", EMAIL, "--name", "Demo", "--json")
    key = json.loads(
        commands.run(
            "api-keys", "create", "--user", EMAIL, "--name", "Demo key", "--permissions", "search,analytics",
            "--requests-per-hour", "1000000", "--burst", "10000", "--json",
        )
    )  # fmt: skip
    databases = []
    for schema in schemas:
        progress.note(f"connecting {schema}")
        databases.append(connect(commands, server, schema, reader))
    return str(key["secretKey"]), databases


def connect(commands: Commands, server: ServerAddress, schema: str, reader: tuple[str, str]) -> DemoDatabase:
    """Connect a database to the user that `set_up` made."""
    user, password = reader
    added = json.loads(
        commands.run(
            "databases", "add", "--user", EMAIL, "--name", schema, "--host", server.host, "--port", str(server.port),
            "--database", schema, "--username", user, "--password-stdin", "--tls-mode", "disabled", "--json",
            stdin=password,
        )
    )  # fmt: skip
    return DemoDatabase(added["id"], added["name"])
