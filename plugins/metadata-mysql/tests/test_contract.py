"""The plugin keeps the contracts of its seams, without a server: composition, settings, hooks."""

import pytest
from altus4_metadata_mysql import MetadataMySQL

from altus4_core.errors import SettingsError
from altus4_core.settings import Secret
from altus4_core.store import MetadataStore, MigrationStore
from altus4_core.testing.composing import compose
from altus4_core.testing.contracts import MigrationsContract, PluginContract

URL = {"ALTUS4_METADATA_URL": "mysql://user:password@db.invalid/altus4_metadata"}
FILES = 15


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return MetadataMySQL


class TestMigrations(MigrationsContract):
    metadata = True

    @pytest.fixture
    def provider(self, tmp_path):
        return compose([MetadataMySQL], tmp_path).composition.of("migrations")[0].provider

    @pytest.fixture
    def valid(self):
        return FILES


def names(gateway, seam):
    return [entry.name for entry in gateway.composition.of(seam)]


def test_offers(tmp_path):
    gateway = compose([MetadataMySQL], tmp_path, environ=URL)
    assert names(gateway, "service") == ["migration-store", "metadata"]
    types = [entry.provider.type for entry in gateway.composition.of("service")]
    assert types == [MigrationStore, MetadataStore]
    assert names(gateway, "migrations") == ["metadata"]
    assert names(gateway, "check") == ["migrations", "grants", "server", "indexes", "clock", "pool"]
    assert gateway.composition.of("check")[0].provider.readiness
    assert gateway.problems() == []


def test_composes_without_a_url(tmp_path):
    """`altus4 plugins` and `--help` work before anything is configured."""
    assert compose([MetadataMySQL], tmp_path).problems() == []


@pytest.mark.parametrize(
    ("line", "setting"),
    [
        ("pool_size = 0", "pool_size"),
        ("read_timeout = 0", "read_timeout"),
        ("write_timeout = -1", "write_timeout"),
        ("driver = 3", "driver"),
        ("pool = 3", "pool_size"),
    ],
)
def test_wrong_settings_are_named(tmp_path, line, setting):
    gateway = compose([MetadataMySQL], tmp_path, toml=f"[plugins.metadata-mysql]\n{line}\n")
    (problem,) = gateway.composition.problems
    assert setting in problem.line()
    assert gateway.composition.loaded() == []


async def test_migrations_start_without_a_server(tmp_path):
    gateway = compose([MetadataMySQL], tmp_path, environ=URL)
    await gateway.start_services([MigrationStore])
    try:
        assert isinstance(gateway.registry.get(MigrationStore), MigrationStore)
        assert not gateway.registry.has(MetadataStore)
    finally:
        await gateway.registry.close()


def test_url_is_not_shown():
    from altus4_metadata_mysql.link import options_of

    options = options_of(Secret("mysql://user:hidden@db.invalid/x"), query_timeout=1)
    assert "hidden" not in repr(options)
    with pytest.raises(SettingsError) as caught:
        options_of(Secret("mysql://user:hidden@db.invalid/x?tls=what"), query_timeout=1)
    assert "hidden" not in str(caught.value)
