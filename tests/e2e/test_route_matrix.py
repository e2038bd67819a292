"""Every route of the usual set, called by every kind of principal.

The routes come from the composed application itself, so that none can be forgotten; who may call them stands in
`tests/support/matrix.py`, as the documentation has it. The matrix as a table:

    pytest -s tests/e2e/test_route_matrix.py -k matrix
"""

import asyncio
import json
import re
import secrets
import time
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from altus4_sandbox import ServerAddress, new_schema_name
from deployment import Answer, Deployment, settings_for
from matrix import (
    BODIES,
    QUERIES,
    WHOLE_ACCOUNT,
    Principal,
    as_table,
    check_envelope,
    documented,
    in_order,
    operation,
    outcome,
)
from world import run_sql

from altus4_core.app import create_app
from altus4_core.gateway import Gateway
from altus4_core.routing import Route
from altus4_core.settings.loader import load_settings

UNKNOWN = "00000000-0000-4000-8000-000000000000"
EVERYTHING = frozenset({"search", "analytics", "admin", "session"})
EVERYTHING_OF_KEYS = EVERYTHING - {"session"}
PASSWORD = "correct horse"


@attrs.define
class Tenant:
    email: str
    id: str


@attrs.define
class House:
    """A served gateway with three tenants: one owns things, one is a stranger, one is an administrator."""

    gateway: Deployment
    server: ServerAddress
    schema: str
    account: tuple[str, str]
    routes: list[Route]
    owner: Tenant
    stranger: Tenant
    admin: Tenant
    maker: str = ""  # a session of the owner that makes things for others to touch
    database: str = ""

    def login(self, tenant: Tenant) -> str:
        body = {"email": tenant.email, "password": PASSWORD}
        return str(self.gateway.request("POST", "/api/v1/auth/login", body).json["token"])

    def key(self, tenant: Tenant, permissions: str) -> str:
        made = self.gateway.must(
            "api-keys", "create", "--user", tenant.id, "--permissions", permissions, "--environment", "live",
            "--requests-per-hour", "1000000", "--burst", "10000", "--json",
        )  # fmt: skip
        return str(json.loads(made)["secretKey"])

    def made_key(self, **wish: Any) -> dict[str, Any]:
        """Make a key of the owner's that may do everything but for what is wished."""
        body = {"name": "Of a kind", "permissions": ["admin"], "environment": "live", **wish}
        return dict(self.gateway.request("POST", "/api/v1/keys", body, self.maker).data)

    def ended_key(self) -> str:
        """Make a key and revoke it."""
        made = self.made_key()
        assert self.gateway.request("DELETE", f"/api/v1/keys/{made['id']}", None, self.maker).status == 200
        return str(made["secretKey"])

    def object_for(self, route: Route) -> str:
        """Make a thing of the owner's for a route to act on."""
        if route.path.startswith("/api/v1/keys/"):
            wish = {"name": "Here to be touched", "environment": "live"}  # as the keys that touch it
            answer = self.gateway.request("POST", "/api/v1/keys", wish, self.maker)
            return str(answer.data["id"])
        assert route.path.startswith("/api/v1/databases/"), f"{operation(route)}: say how its object is made"
        if self.gateway.get(f"/api/v1/databases/{self.database}", self.maker).status == 404:
            self.connect()
        return self.database

    def connect(self) -> None:
        name, password = self.account
        body = {
            "name": "Shelf", "host": self.server.host, "port": self.server.port, "database": self.schema,
            "username": name, "password": password, "tls": {"mode": "disabled"},
        }  # fmt: skip
        self.database = str(self.gateway.request("POST", "/api/v1/databases", body, self.maker).data["id"])

    def call(self, route: Route, token: str | None, object_id: str = UNKNOWN) -> Answer:
        path = route.path.replace("{id}", object_id) + QUERIES.get(operation(route), "")
        body: Any = None if route.method == "GET" else BODIES.get(operation(route), {})
        return self.gateway.request(route.method, path, body, token)


@pytest.fixture(scope="module")
def house(mysql_server: ServerAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("matrix")
    metadata, schema = new_schema_name("meta"), new_schema_name("shelf")
    account = (f"r{schema[-8:]}", secrets.token_hex(12))
    run_sql(
        mysql_server,
        [
            f"CREATE DATABASE {schema}",
            f"CREATE TABLE {schema}.books (id INT PRIMARY KEY, title VARCHAR(100), FULLTEXT (title)) ENGINE = InnoDB",
            f"INSERT INTO {schema}.books VALUES (1, 'The database book')",
            f"CREATE USER {account[0]}@'%' IDENTIFIED BY '{account[1]}'",
            f"GRANT SELECT, SHOW VIEW ON {schema}.* TO {account[0]}@'%'",
        ],
    )
    settings = {
        **settings_for(mysql_server, metadata, folder),
        "ALTUS4_PLUGINS__ACCOUNTS__SESSION_TIER": "enterprise",
        "ALTUS4_PLUGINS__ACCOUNTS__BCRYPT_COST": "4",
    }
    gateway = Deployment(settings, folder)
    gateway.must("migrate", "up")

    async def compose() -> list[Route]:
        return [route for _, route in create_app(Gateway(load_settings(None, settings))).routes]

    routes = asyncio.run(compose())
    gateway.start()
    try:
        tenants = []
        for name in ("owner", "stranger"):
            body = {"email": f"{name}@example.org", "password": PASSWORD, "name": name}
            answer = gateway.request("POST", "/api/v1/auth/register", body)
            tenants.append(Tenant(body["email"], answer.data["user"]["id"]))
        arguments = ["--email", "root@example.org", "--name", "Root", "--password-stdin", "--json"]
        made = json.loads(gateway.must("accounts", "create-admin", *arguments, stdin=f"{PASSWORD}\n"))
        admin = Tenant("root@example.org", made["id"])
        found = House(gateway, mysql_server, schema, account, routes, tenants[0], tenants[1], admin)
        found.maker = found.login(found.owner)
        found.connect()
        yield found
    finally:
        gateway.stop()
        run_sql(mysql_server, [f"DROP DATABASE IF EXISTS {name}" for name in (metadata, schema)])
        run_sql(mysql_server, [f"DROP USER {account[0]}@'%'"])


def principals(house: House) -> list[Principal]:
    """All kinds of callers. The confined key comes before those that remove the database it is confined to, the owner's
    session last: it deletes the account.
    """

    def key(name: str, tenant: Tenant, permission: str, **more: Any) -> Principal:
        return Principal(name, house.key(tenant, permission), frozenset({permission}), **more)

    def session(name: str, tenant: Tenant, **more: Any) -> Principal:
        return Principal(name, house.login(tenant), EVERYTHING, login=lambda: house.login(tenant), **more)

    return [
        Principal("anonymous"),
        Principal(
            "confined", house.made_key(databases=[house.database])["secretKey"], EVERYTHING_OF_KEYS, confined=True
        ),
        key("key:search", house.owner, "search"),
        key("key:analytics", house.owner, "analytics"),
        key("key:admin", house.owner, "admin"),
        Principal("revoked", house.ended_key(), EVERYTHING, refused="401"),
        Principal("elsewhere", house.made_key(allowedIps=["192.0.2.0/24"])["secretKey"], EVERYTHING, refused="403"),
        key("stranger's key", house.stranger, "admin", foreign=True),
        key("admin's key", house.admin, "admin", role="admin", foreign=True),
        session("stranger", house.stranger, foreign=True),
        session("admin", house.admin, role="admin", foreign=True),
        session("session", house.owner),
    ]


def test_the_routes_ask_for_what_is_documented(house: House) -> None:
    wrong = {}
    for route in house.routes:
        permission, role = documented(route)
        asks = ("public", None) if route.action is None else (route.action.permission, route.action.role)
        if asks != (permission if permission != "any" else asks[0], role):
            wrong[operation(route)] = (asks, (permission, role))
    assert wrong == {}


def test_the_document_is_made_of_the_same_table(house: House) -> None:
    document = house.gateway.get("/openapi.json").json
    described = {
        (method.upper(), path): details
        for path, methods in document["paths"].items()
        for method, details in methods.items()
    }
    assert set(described) == {(route.method, route.path) for route in house.routes if not route.hidden}
    for route in house.routes:
        if route.hidden:
            continue
        details = described[route.method, route.path]
        permission, role = documented(route)
        assert details["security"] == ([] if permission == "public" else [{"bearer": []}])
        assert details.get("x-role") == role
        assert details.get("x-whole-account", False) == bool(re.fullmatch(WHOLE_ACCOUNT, route.path))
        if permission not in {"public", "any"}:
            assert details["x-permission"] == permission
            assert {"401", "403"} <= set(details["responses"])


def test_every_route_takes_a_slash_at_its_end(house: House) -> None:
    """And it is no way around anything: nobody gets further by it."""
    key = house.key(house.owner, "search")
    for route in house.routes:
        if route.path == "/":
            continue
        slashed = attrs.evolve(route, path=f"{route.path}/")
        for token in (None, key):
            plain = house.call(route, token).status
            path = slashed.path.replace("{id}", UNKNOWN) + QUERIES.get(operation(route), "")
            body = None if route.method == "GET" else BODIES.get(operation(route), {})
            assert house.gateway.request(route.method, path, body, token).status == plain, (operation(route), token)


def test_ids_of_others_in_bodies_and_queries(house: House) -> None:
    stranger = house.login(house.stranger)
    for method, path, body in (
        ("POST", "/api/v1/search", {"query": "database", "databases": ["$"]}),
        ("GET", "/api/v1/search?q=database&databases=$", None),
        ("GET", "/api/v1/search/suggestions?query=data&databases=$", None),
        ("POST", "/api/v1/keys", {"name": "Confined", "databases": ["$"]}),
    ):
        answers = []
        for wanted in (house.database, UNKNOWN):
            sent = None if body is None else json.loads(json.dumps(body).replace("$", wanted))
            answers.append(house.gateway.request(method, path.replace("$", wanted), sent, stranger))
        assert [answer.status for answer in answers] == [404, 404], (method, path)
        assert answers[0].json["error"] == answers[1].json["error"]


def test_a_key_reaches_databases_of_its_environment_alone(house: House) -> None:
    """And cannot make others its own: a test key that could mark a live database for test would reach all of them."""
    one = f"/api/v1/databases/{house.database}"
    house.gateway.request("PUT", one, {"environments": ["live"]}, house.maker)
    try:
        made = house.gateway.request("POST", "/api/v1/keys", {"name": "Test", "permissions": ["admin"]}, house.maker)
        test, live = made.data["secretKey"], house.key(house.owner, "admin")
        touching = [route for route in house.routes if route.path.startswith("/api/v1/databases/{id}")]
        assert len(touching) >= 7
        for route in touching:
            answer = house.call(route, test, house.database)
            assert answer.status == 404, (operation(route), answer.raw)
            assert answer.json["error"] == house.call(route, test).json["error"]
        assert house.gateway.request("PUT", one, {"environments": ["test"]}, test).status == 404
        assert house.gateway.get("/api/v1/databases", test).data == []
        assert house.gateway.get("/api/v1/databases/status", test).data == {}
        assert house.gateway.get(one, live).data["environments"] == ["live"]
    finally:
        house.gateway.request("PUT", one, {"environments": ["test", "live"]}, house.maker)


def test_administrators_are_made_by_administrators_who_logged_in(house: House) -> None:
    """A key ends, is revoked or bound to an address: an account that it made administrator would outlast all that."""
    session = house.login(house.admin)
    key = house.key(house.admin, "admin")
    for token, role in ((session, "admin"), (key, "user"), (house.login(house.owner), "user"), (None, "user")):
        body = {"email": f"{secrets.token_hex(8)}@example.org", "password": PASSWORD, "name": "New", "role": "admin"}
        user = house.gateway.request("POST", "/api/v1/auth/register", body, token).data["user"]
        assert user["role"] == role
        if role == "admin":
            made = user["id"]
    deadline = time.monotonic() + 10
    found: list[Any] = []
    while not found and time.monotonic() < deadline:
        trail = house.gateway.get("/api/v1/audit?all=true&action=account.register", session).data["entries"]
        found = [entry["details"] for entry in trail if entry.get("userId") == made]
        time.sleep(0.1)
    assert found[0]["role"] == "admin"
    assert found[0]["role_given_by"] == house.admin.id


def test_nobody_reads_anothers_trail(house: House) -> None:
    stranger = house.login(house.stranger)
    entries = house.gateway.get("/api/v1/audit?limit=500", stranger).data["entries"]
    assert {entry["userId"] for entry in entries} == {house.stranger.id}
    assert house.gateway.get("/api/v1/audit?all=true", stranger).status == 403
    assert house.gateway.get("/api/v1/audit?all=true", house.key(house.owner, "admin")).status == 403
    assert house.gateway.get("/api/v1/audit?all=true", house.login(house.admin)).status == 200


def test_matrix(house: House) -> None:
    cells: dict[str, list[str]] = {operation(route): [] for route in house.routes}
    wrong: list[str] = []
    callers = principals(house)
    for caller in callers:
        for route in in_order(house.routes):
            name = operation(route)
            object_id = house.object_for(route) if "{" in route.path else UNKNOWN
            answer = house.call(route, caller.token, object_id)
            assert answer.status < 500, (caller.name, name, answer.raw)
            assert answer.status != 429, (caller.name, name, answer.raw)
            got, wanted = outcome(answer, route), caller.expects(route)
            cells[name].append(got if got == wanted else f"{got}!={wanted}")
            if got != wanted:
                wrong.append(f"{caller.name}: {name} is {got}, not {wanted}: {answer.raw[:200]!r}")
            if answer.status in {401, 403}:
                check_envelope(answer)
            if got == "404":
                assert answer.json["error"] == house.call(route, caller.token).json["error"]
            if name == "POST /api/v1/auth/logout" and caller.login is not None:
                caller.token = caller.login()
    needs = {operation(route): " ".join(filter(None, documented(route))) for route in house.routes}
    print(
        "\n" + as_table([caller.name for caller in callers], {name: (needs[name], row) for name, row in cells.items()})
    )
    assert wrong == []
