"""What keeps the store from starting: one line that says what to do, and no secret in it."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from altus4_metadata_mysql import MetadataMySQL
from altus4_sandbox.address import new_password

from altus4_core.errors import StartupRefused
from altus4_core.readiness import Readiness
from altus4_core.records import Severity
from altus4_core.store import MetadataStore, MigrationStore
from altus4_core.testing.composing import compose

SECRET = "s3cr3t-of-the-url"


@pytest.fixture
def gateway_of(tmp_path):
    """Compose a gateway of this plugin alone: `gateway_of(url, toml)`."""

    def make(url, toml=""):
        return compose([MetadataMySQL], tmp_path, toml=toml, environ={"ALTUS4_METADATA_URL": url} if url else {})

    return make


async def refused(gateway, *services):
    """Start services, and give the one line that says why they do not."""
    with pytest.raises(StartupRefused) as caught:
        await gateway.start_services(services or (MetadataStore, MigrationStore))
    assert len(caught.value.problems) == 1, caught.value
    line = caught.value.problems[0].line()
    assert "\n" not in line
    assert SECRET not in line
    return caught.value.problems[0], line


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "set ALTUS4_METADATA_URL=mysql://user:password@host:3306/altus4_metadata"),
        (f"postgres://u:{SECRET}@localhost/x", "begins with mysql://"),
        (f"mysql://u:{SECRET}@localhost", "end the URL with /altus4_metadata"),
        (f"mysql://u:{SECRET}@localhost:99999/x", "no valid host or port"),
        (f"mysql://u:{SECRET}@localhost/x?tsl=required", "nearest known: tls"),
        (f"mysql://u:{SECRET}@localhost/x?tls=maybe", "must be one of disabled, required"),
        (f"mysql://u:{SECRET}@localhost/x#y", "%23"),
    ],
)
async def test_wrong_url(gateway_of, url, says):
    problem, line = await refused(gateway_of(url))
    assert says in line
    assert problem.usage, "wrong settings end with exit code 2"


async def test_nobody_listens(gateway_of):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    problem, line = await refused(gateway_of(f"mysql://u:{SECRET}@127.0.0.1:{port}/x"))
    assert f"127.0.0.1:{port}/x" in line
    assert "start the server, or correct host and port" in line
    assert not problem.usage


async def test_peer_is_silent(gateway_of):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        async with asyncio.timeout(5):
            _, line = await refused(gateway_of(f"mysql://u:{SECRET}@127.0.0.1:{port}/x?connect-timeout=1"))
    assert "did not answer within 1 s" in line


@pytest.mark.mysql
async def test_wrong_password(gateway_of, any_server, schema):
    url = schema.url.replace(quote(any_server.password, safe=""), SECRET)
    _, line = await refused(gateway_of(url))
    assert "refused the login" in line
    assert "correct user and password" in line


@pytest.mark.mysql
async def test_unknown_schema(gateway_of, schema):
    _, line = await refused(gateway_of(schema.url), MetadataStore)
    assert "no such database" in line
    assert "run: altus4 migrate up (it makes the schema where the user may)" in line


@pytest.mark.mysql
async def test_no_rights_on_the_schema(gateway_of, migrated):
    user, password = f"u{new_password()[:8]}", new_password()
    await migrated.query(f"CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'")
    try:
        server = migrated.server
        url = migrated.url.replace(f"{server.user}:{quote(server.password, safe='')}", f"{user}:{password}")
        _, line = await refused(gateway_of(url), MetadataStore)
        assert "grant the user its rights" in line
        assert password not in line
    finally:
        await migrated.query(f"DROP USER '{user}'@'%'")


@pytest.mark.mysql
async def test_server_without_tls(gateway_of, mariadb_server):
    url = mariadb_server.url_of("x").replace("tls=disabled&loopback-key=yes", "tls=required")
    _, line = await refused(gateway_of(url), MetadataStore)
    assert "?tls=" in line


@pytest.mark.mysql
async def test_pending_migrations(gateway_of, schema):
    await schema.query(f"CREATE DATABASE `{schema.name}`", schema=False)
    _, line = await refused(gateway_of(schema.url), MetadataStore)
    assert "migrations are pending (001_create_users_table, " in line
    assert "run: altus4 migrate up" in line
    gateway = gateway_of(schema.url, "[metadata]\nrequire_migrated = false")
    await gateway.start()
    try:
        check = gateway.composition.of("check")[0]
        finding = await check.provider.run()
        assert finding.severity is Severity.WARNING
        assert "001_create_users_table" in finding.message
    finally:
        await gateway.stop()


@pytest.mark.mysql
async def test_ready_at_head(gateway_of, migrated):
    gateway = gateway_of(migrated.url)
    await gateway.start()
    try:
        found = await Readiness(gateway).parts()
        parts = {part.name: part.ok for part in found}
        assert len(parts) == len(found), "each has a name of its own"
        assert parts["metadata"]
        assert parts["migrations"]
        check = gateway.composition.of("check")[0]
        assert (await check.provider.run()).severity is Severity.OK
        state = "UPDATE migrations SET state = '{}' WHERE filename = '003_create_searches_table'"
        await migrated.query(state.format("going-up"))
        await asyncio.sleep(1.1)  # the check keeps its answer for a second
        parts = {part.name: part.ok for part in await Readiness(gateway).parts()}
        await migrated.query(state.format("applied"))
        assert parts["metadata"]
        assert not parts["migrations"]
    finally:
        await gateway.stop()


@pytest.mark.mysql
def test_command_line(any_server, tmp_path):
    """The process: exit codes and what is printed."""
    altus4 = Path(sys.executable).with_name("altus4")

    def run(url):
        environ = {**os.environ, "ALTUS4_METADATA_URL": url, "ALTUS4_ENABLE": "metadata-mysql"}
        result = subprocess.run(
            [altus4, "migrate", "status"],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in result.stderr
        return result.returncode, result.stdout, result.stderr

    code, out, err = run("")
    assert (code, out, err.count("\n")) == (2, "", 1)
    code, out, err = run(any_server.url_of("x").replace(quote(any_server.password, safe=""), SECRET))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert SECRET not in err
