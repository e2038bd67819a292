"""`altus4 api-keys ...`: what an operator does to keys from the command line."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import click
import orjson

from altus4_api_keys.terms import ENVIRONMENTS, PERMISSIONS, TIERS, KeyTerms, mint
from altus4_api_keys.view import WARNING, key_json, told
from altus4_core.clock import Clock
from altus4_core.commands import CommandContext
from altus4_core.errors import FieldProblem, NotFound, ValidationFailed
from altus4_core.records import RateLimit
from altus4_core.store import MetadataStore
from altus4_core.stored import ApiKey, User

Wrap = Callable[[Any], Any]


def commands(clock: Clock) -> click.Group:
    """Build the group."""
    group = click.Group("api-keys", help="Make, list and revoke API keys.")
    group.add_command(_create(clock))
    group.add_command(_list(clock))
    group.add_command(_revoke(clock))
    return group


def _create(clock: Clock) -> click.Command:
    @click.command("create", help="Make an API key and print it, once.")
    @_user
    @click.option("--name", default="Command line", show_default=True, help="What the key is for (3..255 characters).")
    @click.option("--environment", type=click.Choice(ENVIRONMENTS), default="test", show_default=True)
    @click.option(
        "--permissions", default="search", show_default=True, help=f"Comma-separated: {', '.join(PERMISSIONS)}."
    )
    @click.option("--tier", type=click.Choice(TIERS), default="free", show_default=True)
    @click.option("--requests-per-hour", type=int, help="A limit of its own; needs --burst.")
    @click.option("--burst", type=int, help="How many requests may come at once; needs --requests-per-hour.")
    @click.option("--expires-at", help="When it stops working, for example 2030-01-31T00:00:00Z.")
    @_json
    @click.pass_obj
    def create(
        context: CommandContext,
        user: str,
        name: str,
        environment: str,
        permissions: str,
        tier: str,
        requests_per_hour: int | None,
        burst: int | None,
        expires_at: str | None,
        *,
        as_json: bool,
    ) -> None:
        if (requests_per_hour is None) != (burst is None):
            message = "--requests-per-hour and --burst go together"
            raise click.UsageError(message)
        custom = None if requests_per_hour is None or burst is None else RateLimit(requests_per_hour, burst)
        wanted = [part.strip() for part in permissions.split(",") if part.strip()]

        async def run() -> tuple[ApiKey, str]:
            now = clock.now()
            terms = KeyTerms(name, environment, wanted, tier, custom, _moment(expires_at)).checked(now)
            store = context.service(MetadataStore)
            owner = await find_user(store, user)
            row, new = mint(terms, owner.id, now)
            await store.api_keys.add(row)
            await context.record("keys.create", owner.id, row.id, **told(row))
            return row, new.text

        row, text = context.run(run, services=(MetadataStore,))
        if as_json:
            _print_json({**key_json(row, clock.now()), "secretKey": text, "warning": WARNING})
            return
        click.echo(text)
        click.echo(f"{WARNING} Id {row.id}, permissions {', '.join(sorted(row.permissions))}.", err=True)

    return create


def _list(clock: Clock) -> click.Command:
    @click.command("list", help="List a user's active keys, newest first.")
    @_user
    @_json
    @click.pass_obj
    def list_keys(context: CommandContext, user: str, *, as_json: bool) -> None:
        async def run() -> list[ApiKey]:
            store = context.service(MetadataStore)
            owner = await find_user(store, user)
            return list(await store.api_keys.list(owner.id))

        now = clock.now()
        shown = [key_json(key, now) for key in context.run(run, services=(MetadataStore,))]
        shown = [key for key in shown if key["isActive"]]
        if as_json:
            _print_json({"apiKeys": shown, "total": len(shown)})
            return
        for key in shown:
            click.echo(
                f"{key['id']}  {key['keyPrefix']}...  {','.join(key['permissions'])}  {key['rateLimitTier']}  "
                f"expires {key.get('expiresAt', 'never')}  last used {key.get('lastUsed', 'never')}  {key['name']}"
            )
        if not shown:
            click.echo("No active keys. Make one with: altus4 api-keys create --user ...", err=True)

    return list_keys


def _revoke(clock: Clock) -> click.Command:
    @click.command(
        "revoke", help="Revoke a key, given by its id or its first 23 characters. Running gateways follow within 2 s."
    )
    @_user
    @click.argument("key")
    @_json
    @click.pass_obj
    def revoke(context: CommandContext, user: str, key: str, *, as_json: bool) -> None:
        async def run() -> ApiKey:
            store = context.service(MetadataStore)
            owner = await find_user(store, user)
            found = await store.api_keys.get(owner.id, key)
            if found is None:
                found = next((row for row in await store.api_keys.list(owner.id) if row.key_prefix == key), None)
            if found is None:
                message = f"{owner.email} has no API key {key}; see: altus4 api-keys list --user {owner.email}"
                raise NotFound(message)
            await store.api_keys.update(attrs.evolve(found, is_active=False, updated_at=clock.now()))
            await context.record("keys.revoke", owner.id, found.id, key_prefix=found.key_prefix)
            return found

        found = context.run(run, services=(MetadataStore,))
        if as_json:
            _print_json({"keyId": found.id, "message": "revoked"})
        else:
            click.echo(f"Revoked {found.key_prefix}... ({found.id}).")

    return revoke


async def find_user(store: MetadataStore, wanted: str) -> User:
    """Find an account by id or e-mail address.

    Raises:
        NotFound: there is none; the message says how to make one.
    """
    user = (
        await store.users.by_email(wanted.strip().lower()) if "@" in wanted else await store.users.get(wanted.strip())
    )
    if user is None:
        message = f"there is no user {wanted}; make one with: altus4 accounts create --email EMAIL --name NAME"
        raise NotFound(message)
    return user


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        problem = FieldProblem("--expires-at", "write a date like 2030-01-31T00:00:00Z", "invalid_date")
        raise ValidationFailed.of([problem]) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _print_json(value: Any) -> None:
    click.echo(orjson.dumps(value).decode())


_user: Wrap = click.option("--user", required=True, help="The owner: user id or e-mail address.")
_json: Wrap = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
