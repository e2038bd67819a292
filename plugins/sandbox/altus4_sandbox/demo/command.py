"""`altus4 demo`: from nothing to a serving gateway in one command."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import orjson

from altus4_core.cli.doctor import examine, findings_text
from altus4_core.commands import CommandContext, fail
from altus4_core.composing.discovery import from_file
from altus4_core.composing.manager import Selection
from altus4_core.errors import Altus4Error
from altus4_core.gateway import Gateway
from altus4_core.logs import configure_logging
from altus4_core.loops import run
from altus4_core.progress import Progress, progress_for
from altus4_core.records import Severity
from altus4_core.serve import Server, serve, serve_while
from altus4_core.settings.loader import load_settings
from altus4_sandbox.demo.accounts import admin_pool, create_accounts
from altus4_sandbox.demo.databases import build_databases
from altus4_sandbox.demo.outline import Demo, DemoDatabase
from altus4_sandbox.demo.selfcheck import check, requests
from altus4_sandbox.demo.settings import demo_environment, free_port
from altus4_sandbox.demo.setup import Commands, set_up
from altus4_sandbox.errors import SandboxError
from altus4_sandbox.finder import find_or_fetch
from altus4_sandbox.server import PrivateServer


@click.command("demo")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line once ready, and nothing else.")
@click.option(
    "--check", "checking", is_flag=True, help="Make three requests, show what the doctor finds, and end with 0 or 1."
)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Or the next free one.")
@click.option("--plugin", multiple=True, metavar="FILE.py:Class", help="Load a plugin from a file, too.")
@click.pass_obj
def demo_command(context: CommandContext, port: int, plugin: tuple[str, ...], *, as_json: bool, checking: bool) -> None:
    """Serve two databases made from this machine's own Python, on a private MySQL server."""
    try:
        extra = [*context.selection.extra, *map(from_file, plugin)]
        ok = _demo(Selection(context.selection.only, extra), port, as_json=as_json, checking=checking)
    except (Altus4Error, KeyboardInterrupt) as error:
        fail(error)
    except (SandboxError, OSError) as error:
        click.echo(f"altus4: {error}", err=True)
        sys.exit(1)
    sys.exit(0 if ok else 1)


def _demo(selection: Selection, wanted_port: int, *, as_json: bool, checking: bool) -> bool:
    progress = progress_for(sys.stderr)
    installation = find_or_fetch(progress=progress)
    with tempfile.TemporaryDirectory(prefix="altus4-demo-") as folder, PrivateServer(installation) as server:
        progress.note(f"{server.flavour.product} {server.version} runs on {server.host}:{server.port}")
        port = free_port(wanted_port)
        environment = demo_environment(server.address, port, Path(folder))
        key, databases = asyncio.run(_prepare(server, environment, progress))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
        gateway = Gateway(load_settings(None, {**inherited, **environment}), selection)
        configure_logging("warning" if not as_json else "info")

        def outline(running: Server) -> Demo:
            return Demo(f"http://{running.host}:{running.port}", key, databases, server.address)

        if checking:
            return run(_checked(gateway, outline)) and run(
                _sound(Gateway(load_settings(None, {**inherited, **environment}), selection))
            )
        run(serve(gateway, ready=lambda running: _announce(outline(running), as_json=as_json)))
    return True


async def _prepare(
    server: PrivateServer, environment: dict[str, str], progress: Progress
) -> tuple[str, list[DemoDatabase]]:
    admin = admin_pool(server.address)
    try:
        schemas = await build_databases(admin, progress)
        reader = await create_accounts(admin, schemas)
    finally:
        await admin.close()
    return await asyncio.to_thread(set_up, Commands(environment), server.address, schemas, reader, progress)


async def _checked(gateway: Gateway, outline: Callable[[Server], Demo]) -> bool:
    async with serve_while(gateway) as running:
        return await check(outline(running), click.echo)


async def _sound(gateway: Gateway) -> bool:
    """Say what `altus4 doctor` finds."""
    findings = await examine(gateway)
    click.echo(findings_text(findings))
    return all(finding.severity is not Severity.ERROR for finding in findings)


def _announce(demo: Demo, *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(demo.json_ready()))
        sys.stdout.flush()
        return
    names = ", ".join(database.name for database in demo.databases)
    click.echo(f"\nAltus 4 serves {names} on {demo.url} (operations: {demo.url}/docs)")
    click.echo("Loopback addresses are open for databases in this demo; elsewhere the operator opens networks.")
    click.echo(f"\nAPI key: {demo.api_key}\n")
    for request in requests(demo):
        click.echo(f"# {request.title}\n{request.curl(demo)}\n")
    click.echo("Ctrl-C stops everything.")
