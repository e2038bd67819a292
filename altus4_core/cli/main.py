"""The command line: the core's commands, and those of enabled plugins."""

import asyncio
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import click

from altus4_core.cli.build import build
from altus4_core.cli.migrate import migrate
from altus4_core.cli.newplugin import new_plugin
from altus4_core.commands import EXIT_FAILED, EXIT_USAGE, CommandContext, bug_line, fail
from altus4_core.composing.discovery import from_file
from altus4_core.composing.manager import Selection
from altus4_core.errors import Altus4Error, SettingsError
from altus4_core.settings.core import MOST_WORKERS


class Altus4Group(click.Group):
    """Looks commands up among the core's first, then among the plugins': those never block the core's."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List all commands; without the plugins' where these cannot be loaded."""
        try:
            return sorted({*super().list_commands(ctx), *_of_plugins(ctx)})
        except Altus4Error:
            return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find one command."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        try:
            return _of_plugins(ctx).get(cmd_name)
        except Altus4Error as error:
            fail(error)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. What it raises becomes one line: a traceback says nothing to an operator."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Altus4Error as error:
            fail(error)
        except Exception as error:  # noqa: BLE001 -- the last resort, for every command of every plugin
            _explain_bug(ctx, error)


def _of_plugins(ctx: click.Context) -> dict[str, click.Command]:
    if ctx.obj is None:
        ctx.obj = _context(ctx)
    return {entry.name: entry.provider for entry in ctx.obj.gateway.composition.of("command")}


def _explain_bug(ctx: click.Context, error: Exception) -> NoReturn:
    from altus4_core.logs import redact

    command = ctx.invoked_subcommand or "altus4"
    if isinstance(ctx.obj, CommandContext) and ctx.obj.settings.core.log_level == "debug":
        click.echo(redact("".join(traceback.format_exception(error))), err=True)
    click.echo(f"altus4: {bug_line(command, error)}", err=True)
    sys.exit(EXIT_FAILED)


def _context(ctx: click.Context) -> CommandContext:
    parameters = ctx.params
    extra = [from_file(reference) for reference in parameters.get("plugin") or ()]
    only = parameters.get("only")
    path = parameters.get("config")
    selection = Selection(only.split(",") if only else None, extra, none=bool(parameters.get("no_plugins")))
    return CommandContext(Path(path) if path else None, os.environ, selection)


@click.group(cls=Altus4Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", type=click.Path(dir_okay=False), help="Settings file (default: ALTUS4_CONFIG, ./altus4.toml)."
)
@click.option("--plugin", multiple=True, metavar="FILE.py:Class", help="Load a plugin from a file, too.")
@click.option("--only", metavar="NAMES", help="Load only these of the enabled plugins, comma-separated.")
@click.option("--no-plugins", is_flag=True, help="Load no plugin but those given with --plugin.")
@click.version_option(package_name="altus4-core", prog_name="altus4")
@click.pass_context
def main(ctx: click.Context, /, **_: object) -> None:
    """Altus 4: one search over many live databases."""
    try:
        if ctx.obj is None:
            ctx.obj = _context(ctx)
    except Altus4Error as error:
        fail(error)


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="TCP port to listen on.")
@click.option("--workers", type=click.IntRange(1, MOST_WORKERS), help="Processes that serve the port together.")
@click.option("--plugin", multiple=True, metavar="FILE.py:Class", help="Load a plugin from a file, too.")
@click.pass_obj
def serve(
    context: CommandContext, host: str | None, port: int | None, workers: int | None, plugin: tuple[str, ...]
) -> None:
    """Serve HTTP until interrupted."""
    import attrs

    from altus4_core.logs import configure_logging
    from altus4_core.loops import run
    from altus4_core.serve import serve as serve_gateway

    try:
        if plugin:
            context.selection = attrs.evolve(
                context.selection, extra=[*context.selection.extra, *map(from_file, plugin)]
            )
        given = {"ALTUS4_HOST": host, "ALTUS4_PORT": port, "ALTUS4_WORKERS": workers}
        context.override(**{name: str(value) for name, value in given.items() if value is not None})
        configure_logging(context.settings.core.log_level)
        # Wrong settings are one process's to refuse, with everything else that is wrong.
        if context.settings.core.server.workers > 1 and not context.settings.problems:
            from altus4_core.workers.supervise import supervise

            sys.exit(supervise(context))
        run(serve_gateway(context.gateway))
    except (Altus4Error, KeyboardInterrupt) as error:
        fail(error)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def plugins(context: CommandContext, *, as_json: bool) -> None:
    """Show plugins, what they provide and what is wrong with them."""
    from altus4_core.composing.introspection import plugin_report, plugin_table

    report = plugin_report(context.gateway)
    if as_json:
        import orjson

        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    else:
        click.echo(plugin_table(report))
    if report["problems"]:
        sys.exit(1)


main.add_command(migrate)
main.add_command(new_plugin)
main.add_command(build)


@main.group()
def config() -> None:
    """Look at the settings."""


@config.command("explain")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def config_explain(context: CommandContext, *, as_json: bool) -> None:
    """Show every value, where it comes from and what it means. Secrets are not shown."""
    from altus4_core.composing.introspection import explain_rows, explain_table

    rows = explain_rows(context)
    if as_json:
        import orjson

        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    else:
        click.echo(explain_table(rows))
    if context.settings.problems:
        fail(SettingsError(context.settings.problems))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--strict", is_flag=True, help="Warnings end with exit code 1, too.")
@click.pass_obj
def doctor(context: CommandContext, *, as_json: bool, strict: bool) -> None:
    """Check settings, services and everything plugins know how to check.

    Exit code: 0 nothing wrong, or warnings; 1 an error; 2 settings or plugins that keep the gateway from starting.
    """
    from altus4_core.cli.doctor import examine, findings_json, findings_text
    from altus4_core.records import Severity

    try:
        findings = asyncio.run(examine(context.gateway))
    except (Altus4Error, KeyboardInterrupt) as error:
        fail(error)
    click.echo(findings_json(findings) if as_json else findings_text(findings))
    if any(finding.severity is Severity.ERROR for finding in findings):
        sys.exit(EXIT_USAGE if context.gateway.problems() else 1)
    if strict and any(finding.severity is Severity.WARNING for finding in findings):
        sys.exit(1)
