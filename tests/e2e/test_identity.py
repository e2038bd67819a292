"""Accounts and keys on real servers: two gateways over one metadata schema, as two processes of a deployment."""

import json
import secrets
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest
from altus4_sandbox import ServerAddress, new_schema_name
from deployment import Answer, Deployment, free_port, settings_for
from world import run_sql

PLUGINS = ["metadata-mysql", "accounts", "api-keys", "rate-limit", "analytics"]


@attrs.frozen
class Pair:
    """Two gateways that know each other through the metadata schema alone."""

    here: Deployment
    there: Deployment
    server: ServerAddress
    schema: str

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        return run_sql(self.server, [statement.replace("META.", f"{self.schema}.")])

    def register(self) -> Answer:
        body = {"email": f"{secrets.token_hex(8)}@example.org", "password": "correct horse", "name": "Somebody"}
        answer = self.here.request("POST", "/api/v1/auth/register", body)
        # Registrations are limited by address, and all tests have the same.
        assert answer.status == 201, answer.raw
        return answer

    def make(self, token: str, **wish: Any) -> dict[str, Any]:
        answer = self.here.request("POST", "/api/v1/keys", {"name": "A key", **wish}, token)
        assert answer.status == 201, answer.raw
        return answer.data


@pytest.fixture(scope="module")
def pair(any_server: ServerAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    schema = new_schema_name("identity")
    listed = ", ".join(f'"{name}"' for name in PLUGINS)
    (folder / "altus4.toml").write_text(f"enable = [{listed}]\n")
    settings = settings_for(any_server, schema, folder)
    settings = {name: value for name, value in settings.items() if "DATABASES_MYSQL" not in name}
    here = Deployment(settings, folder)
    there = Deployment({**settings, "ALTUS4_PORT": str(free_port())}, folder)
    here.must("migrate", "up")
    here.start()
    there.start()
    try:
        yield Pair(here, there, any_server, schema)
    finally:
        here.stop()
        there.stop()
        run_sql(any_server, [f"DROP DATABASE IF EXISTS {schema}"])


def within(seconds: float, gateway: Deployment, path: str, token: str, status: int) -> None:
    deadline = time.monotonic() + seconds
    while gateway.get(path, token).status != status:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_login_from_registration_to_logout(pair: Pair) -> None:
    registered = pair.register()
    assert registered.json["token"] == registered.data["token"]
    cookie = registered.headers["set-cookie"].split(";")[0]
    refreshed = pair.there.request("POST", "/api/v1/auth/refresh", b"null", headers={"Cookie": cookie})
    assert refreshed.status == 200, refreshed.raw
    token = refreshed.json["token"]
    created = pair.here.get("/api/v1/auth/profile", token).data["createdAt"]
    assert created == registered.data["user"]["createdAt"]
    assert pair.there.get("/api/v1/auth/profile", token).status == 200
    assert pair.here.request("POST", "/api/v1/auth/logout", b"null", token).status == 200
    assert pair.here.get("/api/v1/auth/profile", token).status == 401
    within(2.0, pair.there, "/api/v1/auth/profile", token, 401)


def test_a_replayed_cookie_ends_the_family_in_the_store(pair: Pair) -> None:
    registered = pair.register()
    cookie = registered.headers["set-cookie"].split(";")[0]
    assert pair.here.request("POST", "/api/v1/auth/refresh", headers={"Cookie": cookie}).status == 200
    assert pair.there.request("POST", "/api/v1/auth/refresh", headers={"Cookie": cookie}).status == 401
    user_id = registered.data["user"]["id"]
    rows = pair.sql(f"SELECT generation, revoked_at IS NOT NULL FROM META.sessions WHERE user_id = '{user_id}'")
    assert rows == [(2, 1)]


def test_passwords_are_stored_as_bcrypt_alone(pair: Pair) -> None:
    user_id = pair.register().data["user"]["id"]
    ((stored,),) = pair.sql(f"SELECT password FROM META.users WHERE id = '{user_id}'")
    assert str(stored).startswith("$2b$12$")


def test_both_failures_to_log_in_take_the_same_time(pair: Pair) -> None:
    """With `-s` it prints both medians."""
    registered = pair.register()
    known = registered.data["user"]["email"]
    times: dict[str, list[float]] = {known: [], "nobody@example.org": []}
    bodies = set()
    for _ in range(4):
        for email, measured in times.items():
            begun = time.perf_counter()
            answer = pair.here.request("POST", "/api/v1/auth/login", {"email": email, "password": "wrong"})
            measured.append(time.perf_counter() - begun)
            bodies.add((answer.status, json.dumps(answer.json["error"])))
    assert len(bodies) == 1
    assert bodies.pop()[0] == 401
    one, other = (statistics.median(measured) for measured in times.values())
    print(f"\nmedian of 4: wrong password {one * 1000:.0f} ms, unknown account {other * 1000:.0f} ms")
    # Without the comparison with a dummy hash the unknown account answers a hundred times faster.
    assert 0.5 < one / other < 2.0


def test_guessing_is_stopped_after_ten_failures(pair: Pair) -> None:
    email = pair.register().data["user"]["email"]
    body = {"email": email, "password": "wrong"}
    answers = [pair.there.request("POST", "/api/v1/auth/login", body) for _ in range(11)]
    assert [answer.status for answer in answers] == [401] * 10 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 900
    assert answers[-1].headers["x-ratelimit-remaining"] == "0"
    assert "ratelimit-policy" in answers[-1].headers


def test_two_processes_make_one_first_key(pair: Pair) -> None:
    for _ in range(3):
        token = pair.register().json["token"]
        with ThreadPoolExecutor(4) as threads:
            answers = threads.map(
                lambda gateway: gateway.request("POST", "/api/v1/management/setup", b"null", token).status,  # noqa: B023
                [pair.here, pair.there] * 2,
            )
        assert sorted(answers) == [201, 409, 409, 409]
        assert pair.here.get("/api/v1/keys", token).data["total"] == 1


def test_a_key_from_creation_to_revocation(pair: Pair) -> None:
    token = pair.register().json["token"]
    wish = {
        "environment": "live",
        "permissions": ["search", "admin"],
        "allowedIps": ["127.0.0.0/8", "::1"],
        "expiresAt": "2038-01-19T03:14:07Z",
    }
    key = pair.make(token, **wish)
    read = pair.there.get(f"/api/v1/keys/{key['id']}", key["secretKey"])
    assert {name: read.data[name] for name in key["apiKey"] if name != "usageCount"} == {
        name: value for name, value in key["apiKey"].items() if name != "usageCount"
    }
    hashed = pair.sql(f"SELECT key_prefix, key_hash = SHA2('{key['secretKey']}', 256) FROM META.api_keys")
    assert (key["secretKey"][:23], 1) in hashed
    assert pair.here.request("DELETE", f"/api/v1/keys/{key['id']}", key=token).status == 200
    assert pair.here.get("/api/v1/keys", key["secretKey"]).status == 401
    within(2.0, pair.there, "/api/v1/keys", key["secretKey"], 401)


def test_keys_made_in_one_second_are_listed_in_their_order(pair: Pair) -> None:
    token = pair.register().json["token"]
    made = [pair.make(token, name=f"Key {number}")["id"] for number in range(8)]
    assert [key["id"] for key in pair.there.get("/api/v1/keys", token).data["apiKeys"]] == made[::-1]


def test_the_grace_of_a_rotated_key_ends_when_it_was_said_to(pair: Pair) -> None:
    token = pair.register().json["token"]
    key = pair.make(token, permissions=["admin"])
    begun = time.time()
    new = pair.here.request("POST", f"/api/v1/keys/{key['id']}/regenerate", {"gracePeriodSeconds": 2}, token)
    answered = time.time()
    last = 0.0
    while (asked := time.time()) < answered + 3:
        if pair.there.get("/api/v1/keys", key["secretKey"]).status == 200:
            last = time.time()
            assert asked < answered + 2
        time.sleep(0.08)  # within the burst of its tier
    assert last > begun + 1.8
    assert pair.there.get("/api/v1/keys", new.data["secretKey"]).status == 200


def test_a_mistyped_key_costs_no_statement(pair: Pair) -> None:
    key = pair.make(pair.register().json["token"], permissions=["admin"])["secretKey"]
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    assert pair.here.get("/api/v1/keys", key).status == 200

    def statements() -> int:
        rows = pair.sql("SHOW GLOBAL STATUS LIKE 'Com_select'")
        return int(str(rows[0][1]))

    before = statements()
    for _ in range(50):
        assert pair.here.get("/api/v1/keys", wrong).status == 401
    assert statements() - before < 20  # the other gateway's own pings, not fifty


def test_an_account_goes_with_everything_it_owns(pair: Pair) -> None:
    registered = pair.register()
    token, user_id = registered.json["token"], registered.data["user"]["id"]
    key = pair.make(token, permissions=["admin"])["secretKey"]
    assert pair.there.get("/api/v1/keys", key).status == 200
    assert pair.here.request("DELETE", "/api/v1/auth/account", key=token).status == 200
    assert pair.here.get("/api/v1/keys", key).status == 401
    assert pair.here.get("/api/v1/auth/profile", token).status == 401
    within(2.0, pair.there, "/api/v1/keys", key, 401)
    for table in ("sessions", "api_keys"):
        assert pair.sql(f"SELECT COUNT(*) FROM META.{table} WHERE user_id = '{user_id}'") == [(0,)]


def test_commands_make_list_and_revoke_keys(pair: Pair) -> None:
    email = f"{secrets.token_hex(8)}@example.org"
    user = json.loads(pair.here.must("accounts", "create-admin", "--email", email, "--name", "Root", "--json"))
    assert user["role"] == "admin"
    made = json.loads(
        pair.here.must(
            "api-keys", "create", "--user", user["id"], "--name", "Console", "--environment", "live",
            "--permissions", "admin", "--tier", "pro", "--requests-per-hour", "36", "--burst", "3",
            "--expires-at", "2037-01-31T00:00:00Z", "--json",
        )
    )  # fmt: skip
    listed = pair.here.get("/api/v1/keys", made["secretKey"])
    assert listed.headers["x-ratelimit-limit"] == "36"
    assert listed.data["apiKeys"][0]["rateLimitCustom"] == {"requestsPerHour": 36, "burst": 3}
    plain = pair.here.must("api-keys", "create", "--user", email).strip()
    assert len(plain) == 61
    assert made["keyPrefix"] in pair.here.must("api-keys", "list", "--user", email)
    pair.here.must("api-keys", "revoke", "--user", email, made["keyPrefix"])
    within(2.0, pair.here, "/api/v1/keys", made["secretKey"], 401)


def test_an_operator_gives_a_new_password(pair: Pair) -> None:
    email = f"{secrets.token_hex(8)}@example.org"
    body = {"email": email, "password": "correct horse", "name": "Somebody"}
    session = str(pair.here.request("POST", "/api/v1/auth/register", body).json["token"])
    assert pair.there.get("/api/v1/auth/profile", session).status == 200
    said = pair.here.must("accounts", "set-password", "--email", email.upper(), stdin="another horse\n")
    assert email in said
    within(2.5, pair.there, "/api/v1/auth/profile", session, 401)
    login = {"email": email, "password": "another horse"}
    assert pair.here.request("POST", "/api/v1/auth/login", login).status == 200
    assert pair.here.request("POST", "/api/v1/auth/login", {**login, "password": "correct horse"}).status == 401


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["accounts", "set-password", "--email", "nobody@example.org"], "no account has the address"),
        (["api-keys", "create", "--user", "nobody@example.org"], "altus4 accounts create --email"),
        (["api-keys", "list", "--user", "nobody"], "there is no user nobody"),
        (["accounts", "create", "--email", "nobody", "--name", "Nobody"], "must be an e-mail address"),
        (["accounts", "create", "--email", "n@example.org", "--name", "N", "--password-stdin"], "name: must have 2"),
    ],
)
def test_commands_fail_with_clear_lines(pair: Pair, arguments: list[str], says: str) -> None:
    done = pair.here.command(*arguments, stdin="short\n" if "--password-stdin" in arguments else "long enough\n")
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()  # one for each thing that is wrong
    assert all(line.startswith("altus4: ") for line in lines)
    assert says in lines[0]


def test_no_use_of_a_key_is_lost_at_stop(pair: Pair) -> None:
    token = pair.register().json["token"]
    key = pair.make(token, permissions=["admin"])
    for _ in range(40):
        assert pair.there.get("/api/v1/keys", key["secretKey"]).status == 200
    pair.there.stop()
    pair.there.start()
    rows = pair.sql(f"SELECT usage_count, last_used_ip FROM META.api_keys WHERE id = '{key['id']}'")
    assert rows == [(40, "127.0.0.1")]
    hours = pair.sql(f"SELECT SUM(requests) FROM META.api_key_usage WHERE key_id = '{key['id']}'")
    assert int(str(hours[0][0])) == 40
    usage = pair.here.get(f"/api/v1/keys/{key['id']}/usage?days=2", token).data
    assert usage["totalRequests"] == sum(day["requestCount"] for day in usage["usage"]["daily"]) == 40
