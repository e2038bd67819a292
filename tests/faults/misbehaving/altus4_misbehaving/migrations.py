"""Migrations that cannot be planned."""

from pathlib import Path
from typing import Any

import attrs

from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.seams import Migrations


@attrs.frozen
class MigrationSettings:
    """Section `[plugins.bad-migrations]`."""

    folder: str = setting("sql", doc="The folder, relative to the settings.")
    after: tuple[str, ...] = setting((), doc="Namespaces before this one.")


class BadMigrations(Plugin):
    """Offers whatever is in a folder."""

    name = "bad-migrations"
    Settings = MigrationSettings
    settings: MigrationSettings

    @hookimpl
    def altus4_migrations(self, ctx: PluginContext) -> list[Any]:
        """Offer it."""
        folder = Path(ctx.config_folder) / self.settings.folder
        return [Migrations("bad-migrations", str(folder), self.settings.after)]
