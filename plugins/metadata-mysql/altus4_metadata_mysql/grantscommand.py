"""`altus4 grants`: the statements that make the accounts, for an administrator to read and run."""

from collections.abc import Mapping

import click
import orjson

from altus4_core.cli.migrating import json_option
from altus4_core.commands import CommandContext, read_password
from altus4_core.errors import Altus4Error
from altus4_core.tables import TableRights
from altus4_metadata_mysql.grants import PURPOSES, Account, statements
from altus4_metadata_mysql.link import options_of

TITLES = {
    "migrate": "altus4 migrate, and altus4 restore",
    "app": "altus4 serve and its other commands: what the enabled plugins need; after altus4 migrate up",
    "backup": "altus4 backup",
    "search": "a customer's database, read only: what altus4 databases add is given",
}


def grants_command(tables: TableRights) -> click.Command:
    """Build the command; `tables` is what the enabled plugins need."""

    @click.command("grants", help="Print CREATE USER and GRANT for the accounts of a deployment. Changes nothing.")
    @click.option(
        "--for", "purpose", type=click.Choice(list(PURPOSES)), help="One account only (default: the first three)."
    )
    @click.option("--user", help="Name of the account (default: altus4_app, ...); needs --for.")
    @click.option("--host", default="%", show_default=True, help="Where the account may come from.")
    @click.option("--schema", help="The schema (default: that of the metadata URL); a customer's with --for search.")
    @click.option("--server", type=click.Choice(["mysql", "mariadb"]), default="mysql", show_default=True)
    @click.option("--password-stdin", is_flag=True, help="Read the password; else a new one is made up.")
    @click.option("--no-tls", is_flag=True, help="Let the account in without encryption, too.")
    @json_option
    @click.pass_obj
    def grants(
        context: CommandContext,
        purpose: str | None,
        user: str | None,
        host: str,
        schema: str | None,
        server: str,
        *,
        password_stdin: bool,
        no_tls: bool,
        as_json: bool,
    ) -> None:
        if purpose is None and (user or password_stdin):
            message = "--user and --password-stdin need --for"
            raise click.UsageError(message)
        if purpose == "search" and not schema:
            message = "--for search needs --schema: the customer's schema"
            raise click.UsageError(message)
        place = schema or _schema_of(context)
        product = "MySQL" if server == "mysql" else "MariaDB"
        password = {"password": read_password("Password")} if password_stdin else {}
        _check({"--user": user, "--host": host, "the password": password.get("password")})
        found = {}
        for each in [purpose] if purpose else ["migrate", "app", "backup"]:
            account = Account(user or PURPOSES[each], host, tls=not no_tls, **password)
            found[each] = statements(each, account, place, tables, product)
        if as_json:
            click.echo(orjson.dumps(found))
            return
        click.echo("-- An account that is there already keeps its password: the one below is not it.")
        for each, lines in found.items():
            click.echo(f"-- {TITLES[each]}")
            for line in lines:
                click.echo(f"{line};")

    return grants


def _check(texts: Mapping[str, str | None]) -> None:
    """Refuse what CREATE USER cannot spell in a way that means the same in every sql_mode."""
    for name, text in texts.items():
        if text is not None and (not text or "\\" in text or not text.isprintable()):
            message = f"{name} must have characters, and neither a backslash nor control characters among them"
            raise click.UsageError(message)


def _schema_of(context: CommandContext) -> str:
    try:
        return options_of(context.settings.core.metadata.url, query_timeout=1.0).database or ""
    except Altus4Error:
        return "altus4_metadata"
