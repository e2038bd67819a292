"""The whole gateway on an account with exactly the rights that `altus4 grants` prints: nothing is refused, and nothing
is granted that is not used.
"""

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from altus4_sandbox import PrivateServer, ServerAddress, ServerOptions
from deployment import Deployment, settings_for
from privileges import used_rights
from world import run_sql

from altus4_core.app import create_app
from altus4_core.gateway import Gateway
from altus4_core.routing import Route
from altus4_core.settings.loader import load_settings

METADATA, SHELF, OTHER = "altus4_metadata", "shelf", "other_shelf"
PASSWORD = "correct horse"
EMAIL = "owner@example.org"


def account_for(server: PrivateServer, gateway: Deployment, purpose: str) -> ServerAddress:
    """Make the account that `altus4 grants` prints."""
    password = secrets.token_hex(8)
    flavour = server.address.flavour.value
    arguments = ["grants", "--for", purpose, "--no-tls", "--password-stdin", "--json", "--server", flavour]
    if purpose == "search":
        arguments += ["--schema", SHELF]
    statements = json.loads(gateway.must(*arguments, stdin=f"{password}\n"))[purpose]
    run_sql(server.address, statements)
    return attrs.evolve(server.address, user=f"altus4_{purpose}", password=password)


@pytest.fixture(params=["mysql", "mariadb"])
def logged(
    request: pytest.FixtureRequest, private_server, tmp_path: Path
) -> Iterator[tuple[PrivateServer, Deployment]]:
    """A server that logs every statement, and a gateway that knows it only as the accounts that were printed."""
    options = ServerOptions(extra_args=("--general-log=1", "--log-output=TABLE"))
    server = private_server(request.param, options)
    settings = {
        **settings_for(server.address, METADATA, tmp_path),
        "ALTUS4_PLUGINS__ACCOUNTS__SESSION_TIER": "enterprise",
        "ALTUS4_PLUGINS__ACCOUNTS__BCRYPT_COST": "4",
        "ALTUS4_PLUGINS__AUDIT__KEEP_DAYS": "1",
    }
    first = Deployment(settings, tmp_path)
    migrate = account_for(server, first, "migrate")
    Deployment({**settings, "ALTUS4_METADATA_URL": migrate.url_of(METADATA, tls=False)}, tmp_path).must("migrate", "up")
    app = account_for(server, first, "app")
    gateway = Deployment({**settings, "ALTUS4_METADATA_URL": app.url_of(METADATA, tls=False)}, tmp_path)
    # Something old, so that clearing away has something to do.
    run_sql(
        server.address,
        [
            f"INSERT INTO {METADATA}.audit_log (id, created_at, action, result) VALUES ('o', '2020-01-01', 'x', 'ok')",
            *(statement for schema in (SHELF, OTHER) for statement in shelf(schema)),
        ],
    )
    gateway.start()
    try:
        yield server, gateway
    finally:
        gateway.stop()


def shelf(schema: str) -> list[str]:
    return [
        f"CREATE DATABASE {schema}",
        f"CREATE TABLE {schema}.books (id INT PRIMARY KEY, title VARCHAR(100), FULLTEXT (title)) ENGINE = InnoDB",
        f"INSERT INTO {schema}.books VALUES (1, 'The database book')",
    ]


def routes_of(gateway: Deployment) -> list[Route]:
    async def compose() -> list[Route]:
        return [route for _, route in create_app(Gateway(load_settings(None, gateway.environment))).routes]

    return asyncio.run(compose())


def live(server: PrivateServer, gateway: Deployment) -> None:
    """Do everything that can be done, over HTTP and on the command line."""
    call = gateway.request
    body = {"email": EMAIL, "password": PASSWORD, "name": "Owner"}
    registered = call("POST", "/api/v1/auth/register", body)
    cookie = registered.headers["set-cookie"].split(";")[0]
    assert call("POST", "/api/v1/auth/refresh", headers={"Cookie": cookie}).status == 200
    token = str(call("POST", "/api/v1/auth/login", body).json["token"])
    search = account_for(server, gateway, "search")
    run_sql(server.address, [f"GRANT SELECT, SHOW VIEW ON {OTHER}.* TO '{search.user}'@'%'"])
    gateway.connect(EMAIL, server.address, OTHER, (search.user, search.password))
    database = gateway.connect(EMAIL, server.address, SHELF, (search.user, search.password))
    key = gateway.key(EMAIL)
    searched = gateway.search(key, "database")
    assert searched.data["results"]
    clicked = {"requestId": searched.headers["x-request-id"], "resultId": searched.data["results"][0]["id"]}
    assert call("POST", "/api/v1/search/events", {**clicked, "type": "click"}, key).status < 300
    # Old searches: to be rolled up, and cleared away.
    run_sql(
        server.address,
        [
            f"INSERT INTO {METADATA}.searches (id, user_id, query, created_at)"
            f" SELECT UUID(), id, 'old', NOW() - INTERVAL {days} DAY FROM {METADATA}.users"
            for days in (2, 100)
        ],
    )
    gateway.must("analytics", "rebuild")
    gateway.must("analytics", "prune", "--keep-days", "30", "--force")
    # So many that they are forgotten part by part when their database goes.
    digits = " UNION ALL ".join(f"SELECT {digit} AS n" for digit in range(10))
    many = (
        f"INSERT INTO {METADATA}.searches (id, user_id, database_id, query, created_at)"
        f" SELECT UUID(), user_id, id, 'many', NOW() FROM {METADATA}.`databases`, ({digits}) a, ({digits}) b,"
        f" ({digits}) c WHERE id = '{database}'"
    )
    run_sql(server.address, [many])
    made = call("POST", "/api/v1/keys", {"name": "One", "environment": "live"}, token).data["id"]
    bodies = {
        f"PUT /api/v1/keys/{made}": {"name": "Two"},
        f"PUT /api/v1/databases/{database}": {"name": "Shelf"},
        "PUT /api/v1/auth/profile": {"name": "Somebody"},
        "POST /api/v1/auth/change-password": {"currentPassword": PASSWORD, "newPassword": "another horse"},
    }
    last = ("/auth/logout", "/auth/account", "/auth/change-password")
    routes = sorted(routes_of(gateway), key=lambda route: (route.method == "DELETE", route.path.endswith(last)))
    for route in routes:
        thing = made if "/keys/" in route.path else database
        path = route.path.replace("{id}", thing)
        if path.endswith(last):
            continue
        answer = call(
            route.method, path, None if route.method == "GET" else bodies.get(f"{route.method} {path}", {}), token
        )
        assert answer.status != 500, (path, answer.raw)
        assert b"METADATA" not in answer.raw, (path, answer.raw)
    assert call("PUT", "/api/v1/auth/password", bodies["POST /api/v1/auth/change-password"], token).status < 500
    admin = ["--email", "root@example.org", "--name", "Root", "--password-stdin", "--json"]
    gateway.must("accounts", "create-admin", *admin, stdin=f"{PASSWORD}\n")
    gateway.must("audit", "--json")
    gateway.must("databases", "list", "--user", "root@example.org")
    gateway.must("api-keys", "list", "--user", "root@example.org")
    token = str(call("POST", "/api/v1/auth/login", {"email": "root@example.org", "password": PASSWORD}).json["token"])
    assert call("POST", "/api/v1/auth/logout", {}, token).status < 300
    token = str(call("POST", "/api/v1/auth/login", {"email": "root@example.org", "password": PASSWORD}).json["token"])
    assert call("DELETE", "/api/v1/auth/account", {"password": PASSWORD}, token).status < 500


def test_exactly_what_is_granted_is_used(logged: tuple[PrivateServer, Deployment]) -> None:
    server, gateway = logged
    live(server, gateway)
    gateway.stop()
    denied = [line for line in gateway.log.read_text().splitlines() if "(error 1142" in line or "(error 1143" in line]
    assert denied == []
    found = gateway.command("doctor", "--json")
    rights = next(each for each in json.loads(found.stdout) if each["name"] == "grants")
    assert rights["severity"] == "ok", rights
    log = (
        "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type IN ('Query', 'Execute')"
        " AND user_host LIKE 'altus4_app[%'"
    )
    rows = run_sql(server.address, [log])
    used = used_rights(str(row[0]) for row in rows)
    granted = json.loads(gateway.must("grants", "--for", "app", "--json"))["app"][1:]
    superfluous = []
    for statement in granted:
        rights_part, _, place = statement.removeprefix("GRANT ").partition(" ON ")
        table = place.split("`")[3]
        superfluous += [
            f"{right} on {table}" for right in rights_part.split(", ") if right not in used.get(table, set())
        ]
    print(f"\n{server.address.flavour}: {len(rows)} statements, {len(granted)} tables")
    assert superfluous == []
