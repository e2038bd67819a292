"""Connections and inspections as the API and the commands show them. No secret is ever part of it."""

from collections.abc import Mapping
from typing import Any

from altus4_core.clock import iso
from altus4_core.stored import Database
from altus4_databases_mysql.inspection import Inspection


def connection_json(row: Database) -> Mapping[str, Any]:
    """Give a connection: `{id, name, host, port, database, username, ssl, tlsMode, ...}`."""
    times = {"lastConnected": row.last_connected, "createdAt": row.created_at, "updatedAt": row.updated_at}
    return {
        "id": row.id,
        "name": row.name,
        "host": row.host,
        "port": row.port,
        "database": row.database_name,
        "username": row.username,
        "ssl": row.ssl_enabled,
        "tlsMode": row.config.get("tlsMode") or ("verify-identity" if row.ssl_enabled else "disabled"),
        "isActive": row.is_active,
        "status": "active" if row.is_active else "inactive",
        "environments": list(row.config.get("environments") or ("test", "live")),
        "pool": dict(row.config.get("pool") or {}),
        **{name: iso(moment) for name, moment in times.items() if moment is not None},
    }


def inspection_json(found: Inspection) -> Mapping[str, Any]:
    """Give an inspection: `{connected, message, responseTime, version, grants, warnings, ...}`."""
    answer: dict[str, Any] = {
        "connected": found.connected,
        "message": found.message,
        "responseTime": found.round_trip_ms,
        "grants": list(found.grants),
        "warnings": [
            {"code": warning.code, "message": warning.message, **warning.details} for warning in found.warnings
        ],
    }
    if not found.connected:
        return {**answer, "code": found.code}
    return {
        **answer,
        "version": found.version,
        "flavour": found.flavour,
        "tls": found.tls or None,
        "variables": found.variables,
        "tables": found.tables,
        "searchableTables": found.searchable_tables,
    }
