"""A server whose transactions are less isolated than the store needs."""

import asyncio

import pytest
from altus4_metadata_mysql.store import MySQLMetadataStore
from altus4_sandbox import ServerOptions, new_schema_name

from altus4_core.testing.contracts.metadata import MetadataStoreContract


@pytest.mark.mysql
@pytest.mark.parametrize("flavour", ["mysql", "mariadb"])
async def test_read_committed(private_server, schema_of, flavour):
    options = ServerOptions(extra_args=("--transaction-isolation=READ-COMMITTED",))
    server = await asyncio.to_thread(private_server, flavour, options)
    schema = schema_of(server.address, new_schema_name("meta"))
    ((level,),) = await schema.query(
        f"SELECT @@{'tx' if flavour == 'mariadb' else 'transaction'}_isolation", schema=False
    )
    assert level == "READ-COMMITTED"
    await schema.migrate()
    link = schema.link()
    try:
        await MetadataStoreContract().test_first_key(MySQLMetadataStore(link))
    finally:
        await link.close()
