"""`altus4 audit prune`: old entries removed in small batches, each a transaction of its own."""

from datetime import timedelta

import click
import orjson

from altus4_core.commands import CommandContext, confirm_destructive
from altus4_core.progress import SilentProgress, progress_for
from altus4_core.store import MetadataStore

BATCH = 1000  # rows: their locks are held for some milliseconds


def prune_command(keep_days: int) -> click.Command:
    """Build the command; `keep_days` is the setting."""

    @click.command("prune", help="Remove entries that are older than the setting keep_days, or than --older-than-days.")
    @click.option("--older-than-days", "days", type=click.IntRange(1, 36_500), help="Instead of the setting.")
    @click.option("--batch", type=click.IntRange(1, 100_000), default=BATCH, show_default=True, help="Rows at once.")
    @click.option("--force", is_flag=True, help="Do it in production, too, and do not ask.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @click.pass_obj
    def prune(context: CommandContext, days: int | None, batch: int, *, force: bool, as_json: bool) -> None:
        keep = days or keep_days
        if not keep:
            message = "plugins.audit.keep_days is 0, which keeps entries for ever; give --older-than-days"
            raise click.UsageError(message)
        if days is not None and (not keep_days or days < keep_days):  # more than the setting lets go of
            confirm_destructive(context, "audit prune --older-than-days", force=force)
        before = context.gateway.clock.now() - timedelta(days=keep)

        async def run() -> int:
            audit = context.service(MetadataStore).audit
            shown = SilentProgress() if as_json else progress_for()
            removed = 0
            while found := await audit.prune(before, most=batch):
                removed += found
                # How many are left is not counted: that would read them all.
                shown.advance(f"removing old entries ({removed})", min(0.99, removed / (removed + batch)))
                if found < batch:
                    break
            shown.advance(f"removing old entries ({removed})", 1.0)
            return removed

        removed = context.run(run, services=(MetadataStore,))
        text = f"removed {removed} entries from before {before:%Y-%m-%d %H:%M:%S} UTC"
        click.echo(orjson.dumps({"removed": removed, "before": before.isoformat()}) if as_json else text)

    return prune
