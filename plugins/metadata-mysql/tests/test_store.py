"""The repositories keep the contract, on MySQL and on MariaDB."""

from altus4_core.testing.contracts.metadata import MetadataStoreContract


class TestMySQLMetadataStore(MetadataStoreContract):
    """With the fixture `store`."""
