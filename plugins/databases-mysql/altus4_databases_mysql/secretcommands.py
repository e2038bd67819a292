"""`altus4 secrets ...`: the gateway's own secrets."""

import secrets
import sys

import click
import orjson

from altus4_core.clock import Clock
from altus4_core.commands import CommandContext
from altus4_core.errors import Problem, StartupRefused
from altus4_core.settings import CoreSettings
from altus4_databases_mysql.keyring import Keyring, new_key_entry

SESSION_BYTES = 48
LEAST_SESSION_CHARACTERS = 32


def secrets_group(clock: Clock) -> click.Group:
    """Build the group."""
    group = click.Group("secrets", help="Make and check the gateway's own secrets.")
    group.add_command(_generate(clock))
    group.add_command(_check())
    return group


def new_secrets(clock: Clock) -> dict[str, str]:
    """Make both secrets, by the environment variable that holds each. The key's id is the date."""
    return {
        "ALTUS4_SESSION_SECRET": secrets.token_urlsafe(SESSION_BYTES),
        "ALTUS4_ENCRYPTION_KEYS": new_key_entry(f"{clock.now():k%Y%m%d}-{secrets.token_hex(2)}"),
    }


def problems_of(settings: CoreSettings) -> list[Problem]:
    """Say what is wrong with the secrets in the settings."""
    found: list[Problem] = []
    try:
        Keyring.parse(settings.security.encryption_keys.reveal())
    except StartupRefused as refusal:
        found += refusal.problems
    session = settings.security.session_secret.reveal()
    if len(session) < LEAST_SESSION_CHARACTERS:
        what = f"the session secret has {len(session)} characters instead of at least {LEAST_SESSION_CHARACTERS}"
        hint = "run `altus4 secrets generate` and set what it prints"
        found.append(Problem("secrets", what, "security.session_secret, ALTUS4_SESSION_SECRET", hint))
    return found


def _generate(clock: Clock) -> click.Command:
    @click.command("generate", help="Print fresh secrets, ready to be put into the environment or a .env file.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    def generate(*, as_json: bool) -> None:
        made = new_secrets(clock)
        if as_json:
            click.echo(orjson.dumps(made).decode())
            return
        for name, value in made.items():
            click.echo(f"{name}={value}")

    return generate


def _check() -> click.Command:
    @click.command("check", help="Check the secrets in the settings; prints no secret.")
    @click.pass_obj
    def check(context: CommandContext) -> None:
        found = problems_of(context.settings.core)
        for problem in found:
            click.echo(f"altus4: {problem.line()}", err=True)
        if found:
            sys.exit(2)
        keyring = Keyring.parse(context.settings.core.security.encryption_keys.reveal())
        others = ", ".join(key_id for key_id in keyring.keys if key_id != keyring.primary)
        also = f"; also readable: {others}" if others else ""
        click.echo(f"Secrets are in order. Credentials are encrypted with key {keyring.primary}{also}.")

    return check
