"""`altus4 accounts ...`: accounts made by an operator."""

import uuid
from collections.abc import Callable
from typing import Any

import click
import orjson

from altus4_accounts.details import NAME_LENGTH, ROLES, clean_email, clean_name, email_problems, password_problems
from altus4_core.clock import Clock, iso
from altus4_core.commands import CommandContext, read_password
from altus4_core.errors import Conflict, NotFound, ValidationFailed
from altus4_core.names import name_problems
from altus4_core.store import MetadataStore
from altus4_core.stored import User

Wrap = Callable[[Any], Any]


def commands(clock: Clock, cost: int) -> click.Group:
    """Build the group; `cost` is bcrypt's."""
    group = click.Group("accounts", help="Make accounts; give them a new password.")
    group.add_command(_create(clock, cost))
    group.add_command(_create_admin(clock, cost))
    group.add_command(_set_password(clock, cost))
    return group


def _create(clock: Clock, cost: int) -> click.Command:
    @click.command("create", help="Make an account; without a password it can only be used through API keys.")
    @_details
    @click.option("--role", type=click.Choice(ROLES), default="user", show_default=True)
    @click.pass_obj
    def create(
        context: CommandContext, email: str, name: str, role: str, *, password_stdin: bool, as_json: bool
    ) -> None:
        _make(context, clock, cost, email, name, role, password_stdin=password_stdin, as_json=as_json)

    return create


def _create_admin(clock: Clock, cost: int) -> click.Command:
    @click.command("create-admin", help="Make an account with role admin.")
    @_details
    @click.pass_obj
    def create_admin(context: CommandContext, email: str, name: str, *, password_stdin: bool, as_json: bool) -> None:
        _make(context, clock, cost, email, name, "admin", password_stdin=password_stdin, as_json=as_json)

    return create_admin


def _set_password(clock: Clock, cost: int) -> click.Command:
    @click.command("set-password", help="Give an account a new password; all its sessions end, its keys go on.")
    @click.option("--email", required=True, help="The account's address.")
    @click.pass_obj
    def set_password(context: CommandContext, email: str) -> None:
        password = read_password("New password")

        async def run() -> User:
            from altus4_accounts.passwords import hash_password

            problems = password_problems(password)
            if problems:
                raise ValidationFailed.of(problems)
            store = context.service(MetadataStore)
            user = await store.users.by_email(clean_email(email))
            if user is None:
                message = f"no account has the address {email}"
                raise NotFound(message)
            if not await store.users.replace_password(user.id, old=user.password, new=hash_password(password, cost)):
                message = "the password was changed by somebody else just now; try again"
                raise Conflict(message)
            await store.sessions.revoke_all(user.id, clock.now())
            await context.record("account.password", user.id, user.id)
            return user

        user = context.run(run, services=(MetadataStore,))
        click.echo(f"{user.email} has a new password; its sessions end within two seconds")

    return set_password


def _make(
    context: CommandContext,
    clock: Clock,
    cost: int,
    email: str,
    name: str,
    role: str,
    *,
    password_stdin: bool,
    as_json: bool,
) -> None:
    password = read_password("Password") if password_stdin else None

    async def run() -> User:
        from altus4_accounts.passwords import hash_password

        address, called = clean_email(email), clean_name(name)
        problems = email_problems(address) + name_problems("name", called, *NAME_LENGTH)
        if password is not None:
            problems += password_problems(password)
        if problems:
            raise ValidationFailed.of(problems)
        hashed = "" if password is None else hash_password(password, cost)
        now = clock.now().replace(microsecond=0)  # as the columns have it
        user = User(str(uuid.uuid4()), address, called, hashed, role, now, now)
        await context.service(MetadataStore).users.add(user)
        await context.record("account.register", user.id, user.id, email=user.email, role=user.role)
        return user

    user = context.run(run, services=(MetadataStore,))
    if as_json:
        shown = {"id": user.id, "email": user.email, "name": user.name, "role": user.role}
        if user.created_at is not None:
            shown["createdAt"] = iso(user.created_at)
        click.echo(orjson.dumps(shown).decode())
        return
    click.echo(f"{user.id}  {user.email}  {user.role}")
    click.echo(f"Make a key with: altus4 api-keys create --user {user.email}", err=True)


def _details(function: Any) -> Any:
    options: list[Wrap] = [
        click.option("--email", required=True, help="The address; kept in lower case, unique."),
        click.option("--name", required=True, help="What to call the person or program (2..255 characters)."),
        click.option("--password-stdin", is_flag=True, help="Read a password from the first line of standard input."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    ]
    for option in reversed(options):
        function = option(function)
    return function
