"""Rows to test a store with."""

import uuid
from datetime import UTC, datetime

from altus4_core.store import MetadataStore
from altus4_core.stored import ApiKey, Database, SearchRow, User

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
UNICODE = "Ünïcødé 日本語 \U0001f600 'quotes' \"double\" back\\slash %s %% \t"


def new_id() -> str:
    """Give a fresh id."""
    return str(uuid.uuid4())


async def a_user(store: MetadataStore, **changes: object) -> User:
    """Add a user."""
    fields = {"id": new_id(), "email": f"{new_id()}@example.org", "name": "Ada", "password": "hash", **changes}
    user = User(**fields)  # type: ignore[arg-type]  # the test says which fields it wants
    await store.users.add(user)
    return user


def a_key(user_id: str, **changes: object) -> ApiKey:
    """Make a key."""
    digest = (new_id() + new_id()).replace("-", "")
    fields = {"id": new_id(), "user_id": user_id, "key_prefix": "altus4_sk_test_abcdefgh", "key_hash": digest}
    return ApiKey(**{"name": "Key", **fields, **changes})  # type: ignore[arg-type]  # as above


def a_database(user_id: str, **changes: object) -> Database:
    """Make a database."""
    fields = {"id": new_id(), "user_id": user_id, "name": "Shop", "host": "db.example.org", "port": 3306}
    more = {"database_name": new_id(), "username": "reader", "password_encrypted": "v1.k.n.c"}
    return Database(**{**fields, **more, **changes})  # type: ignore[arg-type]  # as above


def a_search(user_id: str, **changes: object) -> SearchRow:
    """Make a row of the search log."""
    fields = {"id": new_id(), "user_id": user_id, "query": "mysql tuning", "search_mode": "natural"}
    return SearchRow(**{**fields, "created_at": NOON, **changes})  # type: ignore[arg-type]  # as above
