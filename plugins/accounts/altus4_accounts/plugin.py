"""Wiring of the plugin `accounts`."""

from collections.abc import Iterable

import attrs
import click
from attrs.validators import ge, le

from altus4_accounts.commands import commands
from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.store import MetadataStore


@attrs.frozen
class AccountSettings:
    """Section `[plugins.accounts]`."""

    bcrypt_cost: int = setting(12, doc="Work per password hash; one more doubles it.", validator=[ge(4), le(16)])
    password_queue: int = setting(
        32, doc="Passwords that may wait for one of the two hashing threads; beyond it 503.", validator=ge(1)
    )


class AccountsPlugin(Plugin):
    """Accounts: people and programs that own databases and keys."""

    name = "accounts"
    Settings = AccountSettings
    requires = (MetadataStore,)
    settings: AccountSettings

    @hookimpl
    def altus4_commands(self, ctx: PluginContext) -> Iterable[click.Command]:
        """Offer `altus4 accounts`."""
        return [commands(ctx.clock, self.settings.bcrypt_cost)]
