"""`altus4 audit`: the trail for an operator."""

from collections.abc import Sequence

import click
import orjson

from altus4_audit.prune import prune_command
from altus4_audit.view import entry_data, entry_line
from altus4_core.commands import CommandContext
from altus4_core.errors import NotFound
from altus4_core.schema.encode import to_json
from altus4_core.store import MetadataStore
from altus4_core.stored import AuditEntry


def command(keep_days: int) -> click.Command:
    """Build the command; `keep_days` is the setting."""

    @click.group(
        "audit",
        invoke_without_command=True,
        help="Show who did what, newest first: everybody's entries, or one user's.",
    )
    @click.option("--user", help="User id or e-mail address; the id of an account that is gone works, too.")
    @click.option("--action", help="Only this action (keys.create), or all of one kind (keys).")
    @click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.pass_context
    def audit(ctx: click.Context, /, user: str | None, action: str | None, limit: int, *, as_json: bool) -> None:
        if ctx.invoked_subcommand is not None:
            return
        context: CommandContext = ctx.obj

        async def run() -> Sequence[AuditEntry]:
            store = context.service(MetadataStore)
            if user is None:
                return await store.audit.list_all(limit=limit, offset=0, action=action)
            return await store.audit.list(await _id_of(store, user), limit=limit, offset=0, action=action)

        entries = context.run(run, services=(MetadataStore,))
        if as_json:
            shown = to_json({"entries": [entry_data(entry) for entry in entries]})
            click.echo(orjson.dumps(shown).decode())
            return
        for entry in entries:
            click.echo(entry_line(entry))
        if not entries:
            click.echo("No entries.", err=True)

    audit.add_command(prune_command(keep_days))
    return audit


async def _id_of(store: MetadataStore, wanted: str) -> str:
    if "@" not in wanted:
        return wanted.strip()
    user = await store.users.by_email(wanted.strip().lower())
    if user is None:
        message = f"there is no user {wanted}; give the id of an account that is gone"
        raise NotFound(message)
    return user.id
