"""Connections and inspections as the API and the commands show them. No secret is ever part of it."""

from collections.abc import Mapping
from typing import Any

from altus4_core.stored import Database
from altus4_databases_mysql.advice.advisor import Report
from altus4_databases_mysql.bodies import ConnectionData
from altus4_databases_mysql.breaker import State
from altus4_databases_mysql.inspection import Inspection
from altus4_databases_mysql.link import shown_tls_mode
from altus4_databases_mysql.terms import ENVIRONMENTS


def connection_data(row: Database, state: State | None = None) -> ConnectionData:
    """Give a connection. `state` is that of its breaker, if it is in use here."""
    failing = state is not None and state is not State.CLOSED
    return ConnectionData(
        id=row.id,
        name=row.name,
        host=row.host,
        port=row.port,
        database=row.database_name,
        username=row.username,
        ssl=row.ssl_enabled,
        tls_mode=shown_tls_mode(row),
        is_active=row.is_active,
        status="inactive" if not row.is_active else "error" if failing else "connected",
        environments=tuple(row.config.get("environments") or ENVIRONMENTS),
        pool=dict(row.config.get("pool") or {}),
        last_connected=row.last_connected,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


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
        **({"tls": found.tls} if found.tls else {}),
        "variables": found.variables,
        "tables": found.tables,
        "searchableTables": found.searchable_tables,
    }


def advice_json(report: Report) -> Mapping[str, Any]:
    """Give a report: `{database, readAt, tables, advice, warnings}`."""
    return {
        "database": report.database,
        "readAt": report.read_at,
        "tables": report.tables,
        "advice": report.advice,
        "warnings": [
            {"code": warning.code, "message": warning.message, **warning.details} for warning in report.warnings
        ],
    }


def told(row: Database) -> dict[str, Any]:
    """Say of a database what the audit trail should know: where it is and as whom, never with which password."""
    return {
        "name": row.name,
        "host": row.host,
        "port": row.port,
        "database": row.database_name,
        "username": row.username,
        "ssl": row.ssl_enabled,
    }
