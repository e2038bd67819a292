"""docs/accounts-and-keys.md, typed from the top to the bottom; and the trail that such a life leaves."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from altus4_sandbox import ServerAddress, new_schema_name
from deployment import Deployment, settings_for
from house import ROOT
from walkthrough import blocks_of, promised
from world import run_sql

PAGE = ROOT / "docs" / "accounts-and-keys.md"


@pytest.fixture(scope="module")
def served(any_server: ServerAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("walk")
    schema = new_schema_name("walk")
    gateway = Deployment(settings_for(any_server, schema, folder), folder)
    gateway.must("migrate", "up")
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()
        run_sql(any_server, [f"DROP DATABASE IF EXISTS {schema}"])


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_page(served: Deployment, tmp_path: Path) -> None:
    blocks = blocks_of(PAGE)
    assert len(blocks) > 8
    # One shell for all: what a block sets, the next ones use. A mark between them tells their output apart.
    script = "set -euo pipefail\n" + "\necho '---8<---'\n".join(blocks)
    environment = {**os.environ, "ALTUS4": f"http://127.0.0.1:{served.port}"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    outputs = done.stdout.split("---8<---\n")
    assert len(outputs) == len(blocks)
    kept = 0
    for block, output in zip(blocks, outputs, strict=True):
        assert "null" not in output.split(), (block, output)
        lines = output.splitlines()
        for promise in promised(block):
            assert promise in lines, (promise, block, output)
            kept += 1
    assert kept > 12


def test_the_trail_of_a_life(served: Deployment) -> None:
    call = served.request
    body = {"email": "bob@example.org", "password": "correct horse", "name": "Bob"}
    registered = call("POST", "/api/v1/auth/register", body)
    user_id, cookie = registered.data["user"]["id"], registered.headers["set-cookie"].split(";")[0]
    assert call("POST", "/api/v1/auth/login", {**body, "password": "wrong horse"}).status == 401
    assert call("POST", "/api/v1/auth/login", {**body, "email": "nobody@example.org"}).status == 401
    assert call("POST", "/api/v1/auth/login", {**body, "email": "my secret password"}).status == 401
    assert call("POST", "/api/v1/auth/refresh", headers={"Cookie": cookie}).status == 200
    assert call("POST", "/api/v1/auth/refresh", headers={"Cookie": cookie}).status == 401
    token = call("POST", "/api/v1/auth/login", body).json["token"]
    wrong = {"currentPassword": "wrong horse", "newPassword": "another horse"}
    assert call("POST", "/api/v1/auth/change-password", wrong, token).status == 400
    right = {"currentPassword": "correct horse", "newPassword": "another horse"}
    assert call("POST", "/api/v1/auth/change-password", right, token).status == 200
    assert call("PUT", "/api/v1/auth/profile", {"name": "Robert"}, token).status == 200
    key = call("POST", "/api/v1/management/setup", {}, token).data
    confined = call("POST", "/api/v1/keys", {"name": "Far away", "allowedIps": ["192.0.2.0/24"]}, token).data
    assert served.get("/api/v1/search?q=x", confined["secretKey"]).status == 403
    database = {"name": "D", "host": "127.0.0.1", "port": 1, "database": "d", "username": "u", "password": "hush-hush"}
    assert call("POST", "/api/v1/databases", database, token).status == 400
    assert call("DELETE", f"/api/v1/keys/{key['id']}", key=token).status == 200
    assert call("DELETE", "/api/v1/auth/account", key=token).status == 200
    served.stop()  # at once: what was not written yet must be written now
    served.start()
    printed = served.must("audit", "--user", user_id, "--json")
    entries = json.loads(printed)["entries"][::-1]
    trail = [(entry["action"], entry["result"], entry.get("details", {}).get("code")) for entry in entries]
    assert trail == [
        ("account.register", "success", None),
        ("account.login", "denied", "INVALID_CREDENTIALS"),
        ("account.refresh", "success", None),
        ("account.refresh", "denied", "INVALID_TOKEN"),
        ("account.login", "success", None),
        ("account.password", "failed", "PASSWORD_CHANGE_FAILED"),
        ("account.password", "success", None),
        ("account.update", "success", None),
        ("keys.setup", "success", None),
        ("keys.create", "success", None),
        ("search.run", "denied", "IP_NOT_ALLOWED"),
        ("databases.add", "failed", "DATABASE_CONNECTION_FAILED"),
        ("keys.revoke", "success", None),
        ("account.delete", "success", None),
    ]
    assert entries[3]["details"]["replayed"] is True
    assert entries[7]["details"] == {"name": "Robert"}
    assert entries[9]["details"]["allowed_ips"] == ["192.0.2.0/24"]
    assert entries[10]["credentialId"] == confined["id"] == entries[9]["object"]["id"]
    assert entries[11]["details"]["host"] == "127.0.0.1"
    assert {entry["address"] for entry in entries} == {"127.0.0.1"}
    assert all(entry["requestId"] for entry in entries)
    everybody = served.must("audit", "--action", "account.login", "--limit", "1000", "--json")
    tried = [entry["details"].get("email") for entry in json.loads(everybody)["entries"] if "userId" not in entry]
    assert tried == [None, "nobody@example.org"]
    everything = served.must("audit", "--limit", "10000", "--json") + served.must("audit")
    for secret in ("horse", "secret password", "hush-hush", token, cookie.split("=")[1], key["secretKey"]):
        assert secret not in everything
    assert served.command("audit", "--user", "bob@example.org").stderr.startswith("altus4: there is no user bob@")


def test_what_operators_do_is_written(served: Deployment) -> None:
    made = json.loads(
        served.must("accounts", "create-admin", "--email", "root@example.org", "--name", "Root", "--json")
    )
    key = json.loads(served.must("api-keys", "create", "--user", made["id"], "--permissions", "admin", "--json"))
    served.must("api-keys", "revoke", "--user", made["id"], key["id"])
    entries = json.loads(served.must("audit", "--user", "root@example.org", "--json"))["entries"][::-1]
    assert [entry["action"] for entry in entries] == ["account.register", "keys.create", "keys.revoke"]
    assert {(entry["scheme"], entry["result"]) for entry in entries} == {("command", "success")}
    assert all(entry["credentialId"] for entry in entries)
    assert entries[0]["details"]["role"] == "admin"
    assert entries[1]["details"]["permissions"] == ["admin"]
    assert key["secretKey"] not in json.dumps(entries)
