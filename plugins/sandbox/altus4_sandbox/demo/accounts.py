"""The server accounts of a demo: the schema for metadata, and a read-only account for searching."""

from collections.abc import Sequence

from altus4_mysql import ConnectOptions, Pool, PoolSettings, literal, make_driver, parse_url, quote_identifier

from altus4_sandbox.address import ServerAddress, new_password
from altus4_sandbox.demo.settings import METADATA

READER = "altus4_search"


def admin_pool(server: ServerAddress) -> Pool:
    """Open the server as its administrator."""
    options: ConnectOptions = parse_url(server.url_of("", tls=False))
    return Pool(make_driver(), options, PoolSettings(size=2))


async def create_accounts(admin: Pool, schemas: Sequence[str]) -> tuple[str, str]:
    """Make the metadata schema and an account that may read the demo's databases and nothing else.

    Returns:
        User name and password of the reader.
    """
    password = new_password()
    account = f"{literal(READER)}@'%%'"
    await admin.fetch(f"CREATE DATABASE {quote_identifier(METADATA)} CHARACTER SET utf8mb4")
    await admin.fetch(f"CREATE USER {account} IDENTIFIED BY %s", (password,))
    for schema in schemas:
        await admin.fetch(f"GRANT SELECT, SHOW VIEW ON {quote_identifier(schema)}.* TO {account}")
    return READER, password
