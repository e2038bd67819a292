"""`altus4 secrets ...`: the gateway's own secrets."""

import secrets
import sys
from collections.abc import Iterator
from typing import Any

import click
import orjson

from altus4_core.clock import Clock
from altus4_core.commands import CommandContext
from altus4_core.errors import Problem, StartupRefused
from altus4_core.progress import progress_for
from altus4_core.records import Severity
from altus4_core.settings import CoreSettings
from altus4_core.store import MetadataStore
from altus4_core.vault import CredentialVault
from altus4_databases_mysql.checks import finding_of
from altus4_databases_mysql.keyring import Keyring, new_key_entry
from altus4_databases_mysql.rotation import Rotation, Survey, rotate, survey

SESSION_BYTES = 48
LEAST_SESSION_CHARACTERS = 32


def secrets_group(clock: Clock) -> click.Group:
    """Build the group."""
    group = click.Group("secrets", help="Make, check and rotate the gateway's own secrets.")
    for command in (_generate(clock), _check(), _rotate()):
        group.add_command(command)
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
    @click.command("check", help="Check the secrets in the settings, and whether they open what is stored.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.pass_obj
    def check(context: CommandContext, *, as_json: bool) -> None:
        keyring = _keyring(context)
        if not as_json:  # before anything stored is asked for: it may not be there yet
            others = ", ".join(key_id for key_id in keyring.keys if key_id != keyring.primary)
            also = f"; also readable: {others}" if others else ""
            # No more than that is known: whether they open what is stored comes next.
            click.echo(f"The secrets are well-formed. Credentials are encrypted with key {keyring.primary}{also}.")
        found = context.run(lambda: _survey(context), services=(MetadataStore, CredentialVault))
        finding = finding_of(found)
        if as_json:
            click.echo(orjson.dumps(_json(found, keyring)).decode())
        else:
            for line in _lines(found, keyring):
                click.echo(line)
        if finding.severity is Severity.ERROR:
            click.echo(f"altus4: {finding.message}; {finding.hint}", err=True)
            for database_id in found.unreadable:
                click.echo(f"altus4: cannot be opened: database {database_id}", err=True)
            sys.exit(1)

    return check


def _rotate() -> click.Command:
    @click.command(
        "rotate",
        help="Seal all stored credentials with the first key of the keyring. May be stopped and started again, and run "
        "beside running gateways that know both keys.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.pass_obj
    def rotate_all(context: CommandContext, *, as_json: bool) -> None:
        keyring = _keyring(context)
        progress = progress_for()

        async def run() -> tuple[Rotation, Survey]:
            before = await _survey(context)
            label = f"sealing with key {keyring.primary}"
            rows, vault = context.service(MetadataStore).databases, context.service(CredentialVault)
            done = await rotate(
                rows, vault, lambda count: progress.advance(label, count / max(before.databases, count, 1))
            )
            await context.record("secrets.rotate", None, keyring.primary, sealed=done.sealed, left=len(done.left))
            return done, await _survey(context)

        done, found = context.run(run, services=(MetadataStore, CredentialVault))
        if as_json:
            shown = {"sealed": done.sealed, "leftForNextTime": done.left, **_json(found, keyring)}
            click.echo(orjson.dumps(shown).decode())
        else:
            click.echo(f"{_counted(done.sealed)} sealed anew with key {keyring.primary}.")
            for line in _lines(found, keyring):
                click.echo(line)
        for database_id in found.unreadable:
            click.echo(f"altus4: cannot be opened, left as it is: database {database_id}", err=True)
        for database_id in done.left:
            click.echo(f"altus4: changed meanwhile, run this again: database {database_id}", err=True)
        if found.unreadable_count or done.left:
            sys.exit(1)

    return rotate_all


def _keyring(context: CommandContext) -> Keyring:
    """Give the keyring of the settings; print what is wrong and end when it cannot be used."""
    found = problems_of(context.settings.core)
    for problem in found:
        click.echo(f"altus4: {problem.line()}", err=True)
    if found:
        sys.exit(2)
    return Keyring.parse(context.settings.core.security.encryption_keys.reveal())


async def _survey(context: CommandContext) -> Survey:
    return await survey(context.service(MetadataStore).databases, context.service(CredentialVault))


def _lines(found: Survey, keyring: Keyring) -> Iterator[str]:
    """Say which keys are in use, and which could go."""
    for key_id, count in sorted(found.secrets.items()):
        there = "" if key_id in keyring.keys else ", which is not there"
        yield f"{_counted(count)} sealed with key {key_id or '(none)'}{there}."
    for key_id in keyring.keys:
        if key_id != keyring.primary and not found.secrets[key_id]:
            yield f"Key {key_id} seals nothing any more and may be taken out of ALTUS4_ENCRYPTION_KEYS."


def _counted(count: int) -> str:
    return "1 secret is" if count == 1 else f"{count} secrets are"


def _json(found: Survey, keyring: Keyring) -> dict[str, Any]:
    return {
        "primary": keyring.primary,
        "databases": found.databases,
        "secretsByKey": dict(found.secrets),
        "stale": found.stale,
        "unreadable": found.unreadable_count,
        "unreadableDatabases": found.unreadable,
    }
