"""The migrated schema is the published one, on MySQL and on MariaDB."""

import re

import pytest

ID = "char(36)"
TIMES = {"created_at": "timestamp", "updated_at": "timestamp"}
# The published tables: columns with their types, in order.
COLUMNS = {
    "users": {
        "id": ID, "name": "varchar(255)", "email": "varchar(255)", "password": "varchar(255)", "role": "varchar(50)",
        **TIMES,
    },
    "api_keys": {
        "id": ID, "user_id": ID, "key_prefix": "varchar(30)", "key_hash": "varchar(64)", "name": "varchar(255)",
        "environment": "enum('test','live')", "permissions": "json",
        "rate_limit_tier": "enum('free','pro','enterprise')", "rate_limit_custom": "json", "expires_at": "timestamp",
        "last_used": "timestamp", "last_used_ip": "varchar(45)", "usage_count": "int", "is_active": "tinyint(1)",
        **TIMES,
    },
    "databases": {
        "id": ID, "user_id": ID, "name": "varchar(255)", "host": "varchar(255)", "port": "int",
        "database_name": "varchar(255)", "username": "varchar(255)", "password_encrypted": "text",
        "ssl_enabled": "tinyint(1)", "connection_config": "json", "is_active": "tinyint(1)",
        "last_connected": "timestamp", **TIMES,
    },
    "searches": {
        "id": ID, "user_id": ID, "database_id": ID, "query": "varchar(1000)",
        "search_mode": "enum('natural','boolean','semantic')", "search_params": "json", "result_count": "int",
        "execution_time_ms": "int", "categories": "json", "created_at": "timestamp",
    },
    "analytics": {
        "id": ID, "user_id": ID, "analytics_date": "date", "metric_name": "varchar(255)", "metric_data": "json",
        **TIMES,
    },
}  # fmt: skip
NOT_NULL = {
    "users": {"id", "name", "email", "password"},
    "api_keys": {"id", "user_id", "key_prefix", "key_hash", "name", "environment"},
    "databases": {"id", "user_id", "name", "host", "port", "database_name", "username", "password_encrypted"},
    "searches": {"id", "user_id", "query", "result_count", "execution_time_ms"},
    "analytics": {"id", "user_id", "analytics_date", "metric_name", "metric_data"},
}
# (columns, unique, type); the published primary keys and the nameless UNIQUE of the address are in it.
INDEXES = {
    "users": {
        "PRIMARY": ("id", True, "BTREE"), "email": ("email", True, "BTREE"), "idx_email": ("email", False, "BTREE"),
        "idx_role": ("role", False, "BTREE"), "idx_created_at": ("created_at", False, "BTREE"),
    },
    "api_keys": {
        "PRIMARY": ("id", True, "BTREE"), "idx_key_prefix": ("key_prefix", False, "BTREE"),
        "idx_key_hash": ("key_hash", False, "BTREE"), "idx_user_id": ("user_id", False, "BTREE"),
        "idx_environment": ("environment", False, "BTREE"),
        "idx_active_keys": ("is_active,expires_at", False, "BTREE"), "idx_last_used": ("last_used", False, "BTREE"),
    },
    "databases": {
        "PRIMARY": ("id", True, "BTREE"), "idx_user_id": ("user_id", False, "BTREE"),
        "idx_active": ("is_active", False, "BTREE"), "idx_last_connected": ("last_connected", False, "BTREE"),
        "unique_user_database": ("user_id,host,port,database_name", True, "BTREE"),
    },
    "searches": {
        "PRIMARY": ("id", True, "BTREE"), "idx_user_id": ("user_id,created_at", False, "BTREE"),
        "idx_database_id": ("database_id", False, "BTREE"), "idx_search_mode": ("search_mode", False, "BTREE"),
        "idx_created_at": ("created_at", False, "BTREE"),
        "idx_execution_time": ("execution_time_ms", False, "BTREE"), "ft_query": ("query", False, "FULLTEXT"),
    },
    "analytics": {
        "PRIMARY": ("id", True, "BTREE"), "idx_user_id": ("user_id", False, "BTREE"),
        "idx_date": ("analytics_date", False, "BTREE"), "idx_metric_name": ("metric_name", False, "BTREE"),
        "unique_user_date_metric": ("user_id,analytics_date,metric_name", True, "BTREE"),
    },
}  # fmt: skip
FOREIGN_KEYS = {
    ("api_keys", "user_id", "users", "CASCADE"),
    ("databases", "user_id", "users", "CASCADE"),
    ("searches", "user_id", "users", "CASCADE"),
    ("searches", "database_id", "databases", "SET NULL"),
    ("analytics", "user_id", "users", "CASCADE"),
}
DEFAULTS = {
    ("users", "role"): "user",
    ("api_keys", "environment"): "test",
    ("api_keys", "rate_limit_tier"): "free",
    ("api_keys", "usage_count"): "0",
    ("api_keys", "is_active"): "1",
    ("api_keys", "permissions"): '["search"]',
    ("databases", "port"): "3306",
    ("databases", "ssl_enabled"): "0",
    ("databases", "is_active"): "1",
    ("searches", "search_mode"): "natural",
    ("searches", "result_count"): "0",
    ("searches", "execution_time_ms"): "0",
    **{(table, "created_at"): "current_timestamp" for table in COLUMNS},
    **{(table, "updated_at"): "current_timestamp" for table in COLUMNS if table != "searches"},
}

pytestmark = pytest.mark.mysql


def plain_type(text):
    """MariaDB still tells how wide an integer is shown, and keeps JSON as text with a check."""
    return re.sub(r"^int\(\d+\)", "int", text.lower()).replace("longtext", "json")


def plain_default(text):
    """Both servers tell defaults in their own quoting."""
    if text is None or text.upper() == "NULL":
        return None
    plain = text.replace("\\", "").lower().replace("current_timestamp()", "current_timestamp")
    return plain.removeprefix("_utf8mb4").removeprefix("_utf8mb3").strip("'()")


async def facts(schema, sql):
    return await schema.query(sql.replace("$", f"'{schema.name}'"))


@pytest.mark.parametrize("table", COLUMNS)
async def test_columns(migrated, table):
    rows = await facts(
        migrated,
        "SELECT column_name, column_type, is_nullable FROM information_schema.columns"
        f" WHERE table_schema = $ AND table_name = '{table}' ORDER BY ordinal_position",
    )
    published = len(COLUMNS[table])
    assert [(name, plain_type(kind)) for name, kind, _ in rows][:published] == list(COLUMNS[table].items())
    not_null = {name for name, _, nullable in rows[:published] if nullable == "NO"}
    # Where the server's explicit_defaults_for_timestamp is off, its times are NOT NULL.
    assert not_null - {"created_at", "updated_at"} == NOT_NULL[table]


async def test_defaults(migrated):
    rows = await facts(
        migrated,
        "SELECT table_name, column_name, column_default, extra FROM information_schema.columns WHERE table_schema = $",
    )
    found = {(table, column): plain_default(default) for table, column, default, _ in rows}
    assert {place: found[place] for place in DEFAULTS} == DEFAULTS
    kept = {table for table, column, _, extra in rows if column == "updated_at" and "on update" in extra.lower()}
    assert kept >= {"users", "api_keys", "databases", "analytics"}


@pytest.mark.parametrize("table", COLUMNS)
async def test_indexes(migrated, table):
    rows = await facts(
        migrated,
        "SELECT index_name, GROUP_CONCAT(column_name ORDER BY seq_in_index), MIN(non_unique) = 0, MIN(index_type)"
        f" FROM information_schema.statistics WHERE table_schema = $ AND table_name = '{table}' GROUP BY index_name",
    )
    found = {name: (columns, bool(unique), kind) for name, columns, unique, kind in rows}
    assert {name: found.get(name) for name in INDEXES[table]} == INDEXES[table]


async def test_foreign_keys(migrated):
    rows = await facts(
        migrated,
        "SELECT k.table_name, k.column_name, k.referenced_table_name, r.delete_rule"
        " FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r"
        " ON r.constraint_schema = k.table_schema AND r.constraint_name = k.constraint_name"
        " AND r.table_name = k.table_name"
        " WHERE k.table_schema = $ AND k.referenced_column_name = 'id'",
    )
    assert {tuple(row) for row in rows} >= FOREIGN_KEYS


async def test_engine_and_character_set(migrated):
    rows = await facts(
        migrated,
        "SELECT table_name, engine, table_collation FROM information_schema.tables WHERE table_schema = $",
    )
    assert {row[0] for row in rows} >= {*COLUMNS, "migrations"}
    assert {row[1] for row in rows} == {"InnoDB"}
    assert all(row[2].startswith("utf8mb4_") for row in rows)
    keys = await facts(
        migrated,
        "SELECT table_name, column_name, collation_name FROM information_schema.columns WHERE table_schema = $"
        " AND (column_type = 'char(36)' OR column_name IN ('key_hash', 'key_prefix'))",
    )
    assert {collation for _, _, collation in keys} == {"ascii_bin"}


async def test_published_table_of_migrations(migrated):
    rows = await facts(
        migrated,
        "SELECT column_name, column_type, column_key, extra FROM information_schema.columns"
        " WHERE table_schema = $ AND table_name = 'migrations' ORDER BY ordinal_position",
    )
    assert [(name, plain_type(kind), key) for name, kind, key, _ in rows[:3]] == [
        ("id", "int", "PRI"),
        ("filename", "varchar(255)", "UNI"),
        ("applied_at", "timestamp", ""),
    ]
    assert rows[0][3] == "auto_increment"
