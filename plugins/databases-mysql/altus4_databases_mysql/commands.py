"""`altus4 databases ...`: connected databases from the command line."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import orjson

from altus4_core.clock import Clock, iso
from altus4_core.commands import CommandContext, read_password
from altus4_core.errors import NotFound, ValidationFailed
from altus4_core.schema.encode import to_json
from altus4_core.store import MetadataStore
from altus4_core.stored import Database, User
from altus4_databases_mysql.connector import Connector
from altus4_databases_mysql.inspection import Inspection
from altus4_databases_mysql.registrar import Registrar
from altus4_databases_mysql.terms import ConnectionTerms
from altus4_databases_mysql.view import connection_data, inspection_json, told

TLS_CHOICES = ("disabled", "required", "verify-ca", "verify-identity")
SERVICES = (MetadataStore, Connector)

Wrap = Callable[[Any], Any]


def databases_group(clock: Clock) -> click.Group:
    """Build the group."""
    group = click.Group("databases", help="Connect, list, test and remove users' databases.")
    for make in (_add, _list, _test, _remove):
        group.add_command(make(clock))
    return group


def _add(clock: Clock) -> click.Command:
    @click.command("add", help="Connect a database; refused unless the connection works.")
    @_user
    @click.option("--name", required=True, help="What it is called in answers.")
    @click.option("--host", required=True, help="Host name or address.")
    @click.option("--port", type=click.IntRange(1, 65535), default=3306, show_default=True)
    @click.option("--database", required=True, help="The schema.")
    @click.option("--username", required=True, help="An account that may SELECT there and nothing else.")
    @click.option("--password-stdin", is_flag=True, help="Read the password from standard input (one line).")
    @click.option("--password-env", metavar="VARIABLE", help="Take the password from this environment variable.")
    @click.option("--tls-mode", type=click.Choice(TLS_CHOICES), default="required", show_default=True)
    @click.option("--ca", type=_PEM, help="File with the CA certificates of the server, PEM.")
    @click.option("--client-cert", type=_PEM, help="File with a client certificate, PEM.")
    @click.option("--client-key", type=_PEM, help="File with its private key, PEM.")
    @_json
    @click.pass_obj
    def add(
        context: CommandContext,
        user: str,
        name: str,
        host: str,
        port: int,
        database: str,
        username: str,
        password_env: str | None,
        tls_mode: str,
        ca: Path | None,
        client_cert: Path | None,
        client_key: Path | None,
        *,
        password_stdin: bool,
        as_json: bool,
    ) -> None:
        terms = ConnectionTerms(
            name=name,
            host=host,
            database=database,
            username=username,
            password=_password(password_env, from_stdin=password_stdin),
            port=port,
            tls_mode=tls_mode,
            ca=_pem(ca),
            client_cert=_pem(client_cert),
            client_key=_pem(client_key),
        )

        async def run() -> Database:
            registrar, owner = await _registrar(context, clock, user)
            try:
                row = await registrar.add(owner.id, terms)
            except ValidationFailed as refusal:
                raise _with_hint(refusal) from refusal
            await context.record("databases.add", owner.id, row.id, **told(row))
            return row

        row = context.run(run, services=SERVICES)
        if as_json:
            _print_json(to_json(connection_data(row)))
        else:
            click.echo(f"{row.id}  {row.name}  {row.host}:{row.port}/{row.database_name}")

    return add


def _list(clock: Clock) -> click.Command:
    @click.command("list", help="List a user's databases.")
    @_user
    @_json
    @click.pass_obj
    def list_databases(context: CommandContext, user: str, *, as_json: bool) -> None:
        async def run() -> list[Database]:
            registrar, owner = await _registrar(context, clock, user)
            return list(await registrar.list(owner.id))

        rows = context.run(run, services=SERVICES)
        if as_json:
            _print_json(to_json([connection_data(row) for row in rows]))
            return
        for row in rows:
            shown = connection_data(row)
            address = f"{row.host}:{row.port}/{row.database_name}"
            used = iso(shown.last_connected) if shown.last_connected else "never"
            click.echo(f"{row.id}  {address}  {row.username}  {shown.tls_mode}  last connected {used}  {row.name}")
        if not rows:
            click.echo("No databases. Connect one with: altus4 databases add --user ...", err=True)

    return list_databases


def _test(clock: Clock) -> click.Command:
    @click.command("test", help="Connect to a database, given by id or name, and tell what is there.")
    @_user
    @click.argument("database")
    @_json
    @click.pass_obj
    def test(context: CommandContext, user: str, database: str, *, as_json: bool) -> None:
        async def run() -> Inspection:
            registrar, owner = await _registrar(context, clock, user)
            return await registrar.test(await registrar.find(owner.id, database))

        found = context.run(run, services=SERVICES)
        if as_json:
            _print_json(inspection_json(found))
        elif found.connected:
            click.echo(
                f"Connected: {found.flavour} {found.version}, TLS {found.tls or 'none'}, {found.round_trip_ms} ms"
            )
            click.echo(f"Tables: {found.tables}, searchable: {found.searchable_tables}")
            for warning in found.warnings:
                click.echo(f"{warning.code}: {warning.message}")
        else:
            click.echo(f"altus4: {found.code}: {found.message}", err=True)
        if not found.connected:
            sys.exit(1)

    return test


def _remove(clock: Clock) -> click.Command:
    @click.command("remove", help="Take a database, given by id or name, away. Running gateways follow within 2 s.")
    @_user
    @click.argument("database")
    @_json
    @click.pass_obj
    def remove(context: CommandContext, user: str, database: str, *, as_json: bool) -> None:
        async def run() -> Database:
            registrar, owner = await _registrar(context, clock, user)
            row = await registrar.find(owner.id, database)
            await registrar.remove(owner.id, row.id)
            await context.record("databases.remove", owner.id, row.id, name=row.name)
            return row

        row = context.run(run, services=SERVICES)
        if as_json:
            _print_json({"id": row.id, "removed": True})
        else:
            click.echo(f"Removed {row.name} ({row.id}).")

    return remove


async def _registrar(context: CommandContext, clock: Clock, wanted: str) -> tuple[Registrar, User]:
    """Give the registrar and the user, found by id or e-mail address; raises `NotFound`."""
    store = context.service(MetadataStore)
    text = wanted.strip()
    user = await store.users.by_email(text.lower()) if "@" in text else await store.users.get(text)
    if user is None:
        message = f"there is no user {wanted}; make one with: altus4 accounts create --email EMAIL --name NAME"
        raise NotFound(message)
    return Registrar(store, context.service(Connector), clock), user


def _password(variable: str | None, *, from_stdin: bool) -> str:
    """Read the password; never from an argument, which every user of the machine could see."""
    if from_stdin == bool(variable):
        message = "give the password with either --password-stdin or --password-env VARIABLE"
        raise click.UsageError(message)
    if variable is None:
        return read_password("Password of the database user")
    if variable not in os.environ:
        message = f"--password-env: there is no environment variable {variable}"
        raise click.UsageError(message)
    return os.environ[variable]


def _with_hint(refusal: ValidationFailed) -> ValidationFailed:
    """Tell the operator, who alone can, how to open an address."""
    if not isinstance(refusal.details, dict) or refusal.details.get("reason") != "NOT_ALLOWED":
        return refusal
    hint = (
        "To open an address or a port, see allowed_networks and allowed_ports in [plugins.databases-mysql]; the"
        " server's system schemas and the gateway's own one stay closed."
    )
    return ValidationFailed(f"{refusal.message} {hint}", code=refusal.error_code)


def _pem(path: Path | None) -> str | None:
    try:
        return None if path is None else path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read as PEM text"
        raise click.UsageError(message) from error


def _print_json(value: Any) -> None:
    click.echo(orjson.dumps(value).decode())


_PEM = click.Path(exists=True, dir_okay=False, path_type=Path)
_user: Wrap = click.option("--user", required=True, help="The owner: user id or e-mail address.")
_json: Wrap = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
