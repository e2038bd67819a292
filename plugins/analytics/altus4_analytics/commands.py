"""`altus4 analytics`: figures computed anew, and old rows let go."""

from datetime import UTC, datetime, timedelta

import click
import orjson

from altus4_analytics.roller import Roller
from altus4_core.clock import Clock
from altus4_core.commands import CommandContext, confirm_destructive
from altus4_core.progress import progress_for
from altus4_core.store import MetadataStore


def commands(clock: Clock, keep_days: int) -> click.Group:
    """Build the group."""

    @click.group("analytics", help="Roll the search log up into figures, and let old searches go.")
    def group() -> None:
        pass

    def roller(context: CommandContext) -> Roller:
        return Roller(lambda: context.service(MetadataStore), clock, 0, 0)

    @group.command("rebuild", help="Compute the figures of past days anew from the search log.")
    @click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC); default: a year ago.")
    @click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC); default: yesterday.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.pass_obj
    def rebuild(context: CommandContext, since: datetime | None, until: datetime | None, *, as_json: bool) -> None:
        today = clock.now().astimezone(UTC).date()
        first = since.date() if since else today - timedelta(days=365)
        last = until.date() if until else today - timedelta(days=1)
        if last < first:
            raise click.UsageError(f"the last day, {last}, is before the first, {first}")

        async def run() -> int:
            return await roller(context).rebuild(first, last, progress_for())

        _tell({"rolledUp": context.run(run, services=(MetadataStore,))}, "days of users rolled up", as_json=as_json)

    @group.command("prune", help="Delete searches older than so many days; their figures stay.")
    @click.option(
        "--keep-days",
        "days",
        type=click.IntRange(1, 36_500),
        help="Days that stay; default: keep_days of [plugins.analytics].",
    )
    @click.option("--force", is_flag=True, help="Do not ask; needed in production.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.pass_obj
    def prune(context: CommandContext, days: int | None, *, force: bool, as_json: bool) -> None:
        kept = days or keep_days
        if not kept:
            raise click.UsageError("say --keep-days: keep_days of [plugins.analytics] is 0, which keeps all searches")
        confirm_destructive(context, f"deleting searches older than {kept} days", force=force)

        async def run() -> int:
            return await roller(context).prune(kept, progress_for())

        _tell({"deleted": context.run(run, services=(MetadataStore,))}, "searches deleted", as_json=as_json)

    return group


def _tell(result: dict[str, int], what: str, *, as_json: bool) -> None:
    click.echo(orjson.dumps(result).decode() if as_json else f"{next(iter(result.values()))} {what}.")
