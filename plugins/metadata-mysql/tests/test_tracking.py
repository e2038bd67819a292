"""The tracking table and the session: the contract, and what a real server can do to them."""

import pytest

from altus4_core.testing.contracts.migration_store import MigrationStoreContract

pytestmark = pytest.mark.mysql


class TestMySQLMigrationStore(MigrationStoreContract):
    @pytest.fixture
    def migration_store(self, schema):
        return schema.migrations()
