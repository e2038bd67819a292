"""Accounts that must show a certificate, on real servers; the metadata store is the memory twin."""

import pytest
from altus4_databases_mysql import DatabasesMySQL
from altus4_databases_mysql.keyring import new_key_entry
from altus4_mysql.testing import CertificateAuthority
from altus4_sandbox import ServerOptions, TlsFiles

pytestmark = pytest.mark.mysql

PATH = "/api/v1/databases"


@pytest.fixture(params=["mysql", "mariadb"])
async def guarded(request, private_server, private_customer, tmp_path):
    """A server with a certificate, a customer on it whose account needs one, and who signed both."""
    authority = CertificateAuthority()
    own = authority.issue("127.0.0.1")
    files = TlsFiles(tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem")
    for path, pem in zip(
        (files.ca, files.certificate, files.key), (own.ca_pem, own.cert_pem, own.key_pem), strict=True
    ):
        path.write_text(pem)
    server = private_server(request.param, ServerOptions(tls=files))
    async with private_customer(server) as customer:
        await customer.run("CREATE TABLE articles (id INT PRIMARY KEY, title TEXT, FULLTEXT KEY ft (title))")
        for host in ("localhost", "%"):
            await customer.run(f"ALTER USER '{customer.username}'@'{host}' REQUIRE X509")
        yield customer, authority


async def test_an_account_that_needs_a_certificate(guarded, client_factory, memory):
    customer, authority = guarded
    toml = f"[plugins.databases-mysql]\nallowed_networks = ['127.0.0.0/8']\nallowed_ports = [{customer.server.port}]\n"
    environ = {"ALTUS4_ENCRYPTION_KEYS": new_key_entry("k1"), "ALTUS4_SESSION_SECRET": "s" * 40}
    client = await client_factory(DatabasesMySQL, toml=toml, environ=environ)
    mine, foreign = authority.issue("reader"), CertificateAuthority().issue("reader")
    body = {
        "name": "Shop",
        "host": customer.server.host,
        "port": customer.server.port,
        "database": customer.schema,
        "username": customer.username,
        "password": customer.password,
        "tlsMode": "verify-identity",
        "ca": mine.ca_pem,
    }
    for shown in (
        {},
        {"clientCert": foreign.cert_pem, "clientKey": foreign.key_pem},
        {"clientCert": authority.issue("reader", expired=True).cert_pem, "clientKey": mine.key_pem},
    ):
        refused = await client.post(PATH, json=body | shown)
        text = await refused.text()
        assert refused.status == 400, text
        assert "PRIVATE KEY" not in text

    made = await client.post(PATH, json=body | {"clientCert": mine.cert_pem, "clientKey": mine.key_pem})
    text = await made.text()
    assert made.status == 201, text
    assert "PEM" not in text
    assert "BEGIN" not in text
    row_id = (await made.json())["data"]["id"]
    schema = (await (await client.get(f"{PATH}/{row_id}/schema")).json())["data"]
    assert [table["name"] for table in schema] == ["articles"]
    tested = (await (await client.post(f"{PATH}/{row_id}/test")).json())["data"]
    assert tested["connected"] is True

    (row,) = [row for row in await memory.store.databases.list("user-1") if row.kind == "mysql"]
    assert "PRIVATE KEY" not in str(row)
    assert mine.key_pem.splitlines()[1] not in str(row)
