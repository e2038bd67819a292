"""`altus4 audit prune` on a store in memory."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from altus4_audit import AuditPlugin
from click.testing import CliRunner

from altus4_core.cli.main import main
from altus4_core.commands import CommandContext
from altus4_core.composing.manager import Selection
from altus4_core.hookspecs import hookimpl
from altus4_core.plugin import Plugin
from altus4_core.seams import Service
from altus4_core.store import MetadataStore
from altus4_core.stored import AuditEntry
from altus4_core.testing.composing import found
from altus4_core.testing.memory import MemoryStore


@pytest.fixture
async def store():
    store = MemoryStore()
    now = datetime.now(UTC)
    await store.audit.add_many(
        [AuditEntry(id=f"a{days}", at=now - timedelta(days=days), action="x", result="ok") for days in range(1, 501, 5)]
    )
    return store


@pytest.fixture
def altus4(store):
    class Keeper(Plugin):
        name = "keeper"

        @hookimpl
        def altus4_services(self):
            @asynccontextmanager
            async def hold():
                yield store

            return [Service(MetadataStore, hold, name="metadata")]

    def run(*arguments, **environ):
        context = CommandContext(None, environ, Selection(extra=[found(Keeper), found(AuditPlugin)], none=True))
        return CliRunner().invoke(main, ["audit", *arguments], obj=context)

    return run


def test_setting_decides(altus4):
    result = altus4("prune")
    assert result.exit_code == 0, result.output
    assert "removed 27 entries from before" in result.stdout
    assert "removed 0 entries" in altus4("prune").stdout
    assert len(altus4("--limit", "1000").stdout.splitlines()) == 73


@pytest.mark.parametrize("batch", ["1", "10", "1000"])
def test_in_batches(altus4, batch):
    result = altus4("prune", "--older-than-days", "100", "--batch", batch, "--json")
    assert '"removed":80' in result.stdout


def test_for_ever(altus4):
    forever = {"ALTUS4_PLUGINS__AUDIT__KEEP_DAYS": "0"}
    assert altus4("prune", **forever).exit_code == 2
    assert "removed 80" in altus4("prune", "--older-than-days", "100", **forever).stdout


def test_production_refuses_more_than_the_setting(altus4):
    production = {"ALTUS4_ENVIRONMENT": "production"}
    refused = altus4("prune", "--older-than-days", "10", **production)
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert altus4("prune", **production).exit_code == 0
    assert altus4("prune", "--older-than-days", "10", "--force", **production).exit_code == 0
