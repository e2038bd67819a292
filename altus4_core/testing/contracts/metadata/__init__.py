"""What every `MetadataStore` promises, as tests: the one in memory and the one in MySQL pass them alike.

Derive from the class and give it a fixture `store`, empty at the start of each test, with foreign keys.
"""

from altus4_core.store import MetadataStore
from altus4_core.testing.contracts.metadata.api_keys import ApiKeyContract
from altus4_core.testing.contracts.metadata.audit import AuditContract
from altus4_core.testing.contracts.metadata.databases import DatabaseContract
from altus4_core.testing.contracts.metadata.metrics import MetricContract
from altus4_core.testing.contracts.metadata.popularqueries import PopularQueriesContract
from altus4_core.testing.contracts.metadata.searches import SearchContract
from altus4_core.testing.contracts.metadata.sessions import SessionContract
from altus4_core.testing.contracts.metadata.users import UserContract


class MetadataStoreContract(
    UserContract,
    SessionContract,
    ApiKeyContract,
    DatabaseContract,
    SearchContract,
    PopularQueriesContract,
    AuditContract,
    MetricContract,
):
    """Everything that a metadata store promises."""

    async def test_satisfies_the_protocol(self, store: MetadataStore) -> None:
        """Satisfies the protocol."""
        assert isinstance(store, MetadataStore)
        await store.ping()
