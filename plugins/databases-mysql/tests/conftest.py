"""Fixtures: a schema with a read-only account on a real server, and targets opened on it."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
from altus4_databases_mysql.addresses import AddressRules, parse_networks
from altus4_databases_mysql.connector import Connector
from altus4_databases_mysql.credentials import Vault
from altus4_databases_mysql.gatekeeper import Gatekeeper, SystemLookup
from altus4_databases_mysql.keyring import Keyring, new_key_entry
from altus4_databases_mysql.link import password_place
from altus4_databases_mysql.settings import DatabasesMySQLSettings
from altus4_databases_mysql.target import MySQLOpenTarget
from altus4_mysql import Pool, make_driver, parse_url
from altus4_sandbox import ServerAddress, new_schema_name

from altus4_core.clock import SystemClock
from altus4_core.stored import Database

LOGGER = logging.getLogger("altus4.databases-mysql")


@attrs.frozen
class Customer:
    """A schema on a real server with its read-only account, and the administrator's pool."""

    server: ServerAddress
    schema: str
    username: str
    password: str
    admin: Pool

    async def run(self, *statements: str) -> None:
        """Run statements as the administrator in the schema."""
        async with self.admin.lease() as lease:
            lease.discard()
            await lease.fetch(f"USE `{self.schema}`")
            for statement in statements:
                await lease.fetch(statement.replace("%", "%%"), deadline=30)


@asynccontextmanager
async def customer_of(server: ServerAddress) -> AsyncIterator[Customer]:
    schema, password = new_schema_name("dbm"), secrets.token_hex(8)
    username = f"ro_{secrets.token_hex(4)}"
    admin = Pool(make_driver(), parse_url(server.url))
    try:
        await admin.fetch(f"CREATE DATABASE `{schema}` CHARACTER SET utf8mb4")
        for host in ("localhost", "%%"):
            await admin.fetch(f"CREATE USER '{username}'@'{host}' IDENTIFIED BY '{password}'")
            await admin.fetch(f"GRANT SELECT ON `{schema}`.* TO '{username}'@'{host}'")
        yield Customer(server, schema, username, password, admin)
    finally:
        try:
            await admin.fetch(f"DROP DATABASE `{schema}`", deadline=60)
            for host in ("localhost", "%%"):
                await admin.fetch(f"DROP USER '{username}'@'{host}'")
        finally:
            await admin.close()


@pytest.fixture
async def customer(any_server: ServerAddress) -> AsyncIterator[Customer]:
    """On MySQL, then on MariaDB."""
    async with customer_of(any_server) as made:
        yield made


@pytest.fixture
async def mysql_customer(mysql_server: ServerAddress) -> AsyncIterator[Customer]:
    """On MySQL only."""
    async with customer_of(mysql_server) as made:
        yield made


@pytest.fixture
def private_customer() -> Callable[..., object]:
    """The context manager that makes a customer on a server of the test's own."""
    return lambda server: customer_of(getattr(server, "address", server))


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring.parse(new_key_entry("k1")))


@pytest.fixture
def connect(vault: Vault) -> Callable[..., Connector]:
    """Make a connector that may reach loopback on one port."""

    def make(port: int, store: Any = None, **settings: Any) -> Connector:
        chosen = DatabasesMySQLSettings(
            allowed_networks=("127.0.0.0/8", "::1/128"),
            allowed_ports=(port,),
            **settings,
        )
        rules = AddressRules(parse_networks(chosen.allowed_networks), frozenset(chosen.allowed_ports))
        keeper = Gatekeeper(rules, (), SystemLookup(), LOGGER)
        return Connector(vault, keeper, chosen, SystemClock(), LOGGER, store)

    return make


@pytest.fixture
def row(vault: Vault) -> Callable[..., Database]:
    """Make a row as the store would give it."""

    def make(customer: Customer, *, password: str | None = None, **changes: Any) -> Database:
        database = Database(
            id="db-1",
            user_id="user-1",
            name="shop",
            host=customer.server.host,
            port=customer.server.port,
            database_name=customer.schema,
            username=customer.username,
            password_encrypted=vault.encrypt(
                customer.password if password is None else password, password_place("db-1", "user-1")
            ),
            config={"tlsMode": "required" if customer.server.tls else "disabled"},
        )
        return attrs.evolve(database, **changes)

    return make


Opener = Callable[..., Awaitable[MySQLOpenTarget]]


@pytest.fixture
async def opened(connect: Callable[..., Connector], row: Callable[..., Database]) -> AsyncIterator[Opener]:
    """Open targets that are closed when the test ends."""
    targets: list[MySQLOpenTarget] = []

    async def make(customer: Customer, *, settings: dict[str, Any] | None = None, **changes: Any):
        connector = connect(customer.server.port, **(settings or {}))
        targets.append(connector.open(row(customer, **changes)))
        return targets[-1]

    yield make
    for target in targets:
        await target.aclose()


@pytest.fixture
def in_thread() -> Callable[..., Awaitable[object]]:
    """Run a command, which brings its own event loop, while the test's goes on."""
    return asyncio.to_thread
