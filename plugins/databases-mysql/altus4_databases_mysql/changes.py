"""From a body to connection terms: a new connection's, or those of a row with some things changed."""

from collections.abc import Mapping
from typing import Any

import attrs

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.schema.field import Unset
from altus4_core.stored import Database
from altus4_core.vault import CredentialVault
from altus4_databases_mysql.bodies import ChangeBody, ConnectBody
from altus4_databases_mysql.link import key_place, password_place, shown_tls_mode
from altus4_databases_mysql.terms import ENVIRONMENTS, ConnectionTerms, canonical_host

_PASSWORD_AGAIN = ("host", "port", "username", "tls_mode", "ca", "client_cert", "client_key")


def new_terms(body: ConnectBody) -> ConnectionTerms:
    """Give the terms of a new connection."""
    return ConnectionTerms(
        name=body.name,
        host=body.host,
        database=body.database,
        username=body.username,
        password=body.password,
        port=body.port,
        tls_mode=body.tls_mode or _mode_of(body.ssl) or "required",
        ca=body.ca,
        client_cert=body.client_cert,
        client_key=body.client_key,
        pool=body.pool.given() if body.pool else {},
        environments=body.environments or ENVIRONMENTS,
        options=body.options or {},
    )


def changed_terms(row: Database, body: ChangeBody, vault: CredentialVault) -> ConnectionTerms:
    """Give the terms of a row after a change.

    Raises:
        ValidationFailed: the change needs the password, and it was not given.
        TargetFailed: a secret that is to stay cannot be read (`CREDENTIALS_UNREADABLE`).
    """
    given: dict[str, Any] = {
        name: value
        for name, value in (
            ("name", body.name),
            ("host", None if body.host is None else canonical_host(body.host)),
            ("port", body.port),
            ("database", body.database),
            ("username", body.username),
            ("password", body.password),
            ("tls_mode", body.tls_mode or _mode_of(body.ssl)),
            ("environments", body.environments),
        )
        if value is not None
    }
    for name in ("ca", "client_cert", "client_key"):
        if not isinstance(value := getattr(body, name), Unset):
            given[name] = value
    if not isinstance(body.pool, Unset):
        given["pool"] = body.pool.given() if body.pool else {}
    if not isinstance(body.options, Unset):
        given["options"] = body.options or {}
    old = row_terms(row, vault, given)
    changed = attrs.evolve(old, **given)
    if body.password is None and any(getattr(old, name) != getattr(changed, name) for name in _PASSWORD_AGAIN):
        message = "is needed again when host, port, username or TLS change"
        raise ValidationFailed.of([FieldProblem("password", message, "required")])
    return changed


def row_terms(row: Database, vault: CredentialVault, given: Mapping[str, Any]) -> ConnectionTerms:
    """Give the terms a row was made of. Secrets that are given anew are not opened: they may be unreadable."""
    config = row.config
    sealed_key = config.get("clientKey")
    password = key = ""
    if "password" not in given:
        password = vault.decrypt(row.password_encrypted, password_place(row.id, row.user_id))
    if sealed_key and "client_key" not in given:
        key = vault.decrypt(sealed_key, key_place(row.id, row.user_id))
    return ConnectionTerms(
        name=row.name,
        host=row.host,
        database=row.database_name,
        username=row.username,
        password=password,
        port=row.port,
        tls_mode=shown_tls_mode(row),
        ca=config.get("ca"),
        client_cert=config.get("clientCert"),
        client_key=key or None,
        pool=config.get("pool") or {},
        environments=tuple(config.get("environments") or ENVIRONMENTS),
        options=config.get("options") or {},
    )


def reaches_the_same(old: ConnectionTerms, new: ConnectionTerms) -> bool:
    """Tell whether only things changed that no connection attempt could say anything about."""
    same: dict[str, Any] = {"name": "", "pool": {}, "environments": ENVIRONMENTS}
    return attrs.evolve(old, **same) == attrs.evolve(new, **same)


def _mode_of(ssl: bool | None) -> str | None:  # noqa: FBT001 - the member of the body
    return None if ssl is None else "verify-identity" if ssl else "disabled"
