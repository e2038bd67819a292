"""Two processes that share a Redis: one quota together, and what one revokes the other refuses at once."""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from altus4_sandbox import PrivateRedis, ServerAddress, find_or_fetch_redis, new_schema_name
from deployment import Deployment, free_port, settings_for
from world import run_sql

SETTINGS = """enable = ["metadata-mysql", "accounts", "api-keys", "rate-limit", "redis", "analytics"]
[prefer]
"limiter.default" = "redis"
[plugins.redis]
free_per_hour = 1
free_burst = 60
connect_timeout_ms = 200
operation_timeout_ms = 200
[plugins.api-keys]
cache_ttl = 2.0
[plugins.accounts]
cache_ttl = 2.0
"""


@pytest.fixture(scope="module")
def nodes(
    mysql_server: ServerAddress, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployment, Deployment]]:
    folder = tmp_path_factory.mktemp("redis")
    schema = new_schema_name("shared")
    (folder / "altus4.toml").write_text(SETTINGS)
    with PrivateRedis(find_or_fetch_redis()) as redis:
        settings = {**settings_for(mysql_server, schema, folder), "ALTUS4_PLUGINS__REDIS__URL": redis.url}
        pair = (
            Deployment(settings, folder),
            Deployment({**settings, "ALTUS4_PORT": str(free_port())}, folder),
        )
        pair[0].must("migrate", "up")
        try:
            for node in pair:
                node.start()
            yield pair
        finally:
            for node in pair:
                node.stop()
            run_sql(mysql_server, [f"DROP DATABASE IF EXISTS {schema}"])
    for node in pair:
        assert redis.password not in node.log.read_text()


@pytest.fixture(scope="module")
def token(nodes: tuple[Deployment, Deployment]) -> str:
    body = {"email": f"{secrets.token_hex(8)}@example.org", "password": "correct horse", "name": "Somebody"}
    answer = nodes[0].request("POST", "/api/v1/auth/register", body)
    assert answer.status == 201, answer.raw
    return str(answer.json["token"])


def works(node: Deployment, key: str) -> int:
    return node.get("/api/v1/keys", key).status


def seconds_until_refused(node: Deployment, key: str) -> float:
    begun = time.monotonic()
    while works(node, key) != 401:
        assert time.monotonic() - begun < 5
    return time.monotonic() - begun


def make(node: Deployment, token: str) -> dict[str, str]:
    answer = node.request("POST", "/api/v1/keys", {"name": "A key", "permissions": ["admin"]}, token)
    assert answer.status == 201, answer.raw
    return dict(answer.data)


def test_a_revoked_key_is_refused_by_the_other_process_at_once(
    nodes: tuple[Deployment, Deployment], token: str
) -> None:
    here, there = nodes
    took = []
    for _ in range(5):
        key = make(here, token)
        assert works(there, key["secretKey"]) == 200  # remembered there from now on, for 2 s
        assert here.request("DELETE", f"/api/v1/keys/{key['id']}", key=token).status == 200
        took.append(seconds_until_refused(there, key["secretKey"]))
    assert max(took) < 0.5, took


def test_a_session_that_ended_is_over_everywhere_at_once(nodes: tuple[Deployment, Deployment]) -> None:
    here, there = nodes
    body = {"email": f"{secrets.token_hex(8)}@example.org", "password": "correct horse", "name": "Somebody"}
    session = str(here.request("POST", "/api/v1/auth/register", body).json["token"])
    assert there.get("/api/v1/auth/profile", session).status == 200
    assert here.request("POST", "/api/v1/auth/logout", key=session).status == 200
    assert seconds_until_refused(there, session) < 0.5


def test_two_processes_grant_one_quota(nodes: tuple[Deployment, Deployment], token: str) -> None:
    key = make(nodes[0], token)["secretKey"]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: nodes[number % 2].get("/api/v1/keys", key), range(120)))
    assert sorted({answer.status for answer in answers}) == [200, 429]
    assert sum(answer.status == 200 for answer in answers) == 60
    refused = next(answer for answer in answers if answer.status == 429)
    assert 3590 <= int(refused.headers["retry-after"]) <= 3600
