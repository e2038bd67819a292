"""`/api/v1/databases` of a running gateway, against real servers; the metadata store is the memory twin."""

import asyncio

import attrs
import pytest
from altus4_databases_mysql import DatabasesMySQL
from altus4_databases_mysql.keyring import new_key_entry

pytestmark = pytest.mark.mysql

PATH = "/api/v1/databases"
ARTICLES = "CREATE TABLE articles (id INT PRIMARY KEY, title TEXT, FULLTEXT KEY ft (title))"


def settings(*ports):
    listed = ", ".join(map(str, ports))
    return f"""
[plugins.databases-mysql]
allowed_networks = ["127.0.0.0/8"]
allowed_ports = [{listed}]
"""


def environ():
    return {"ALTUS4_ENCRYPTION_KEYS": new_key_entry("k1"), "ALTUS4_SESSION_SECRET": "s" * 40}


def body_of(customer, **changes):
    return {
        "name": "Shop",
        "host": customer.server.host,
        "port": customer.server.port,
        "database": customer.schema,
        "username": customer.username,
        "password": customer.password,
        "tlsMode": "required" if customer.server.tls else "disabled",
        **changes,
    }


@pytest.fixture
async def client(client_factory, customer):
    return await client_factory(DatabasesMySQL, toml=settings(customer.server.port), environ=environ())


@pytest.fixture
async def connected(client, customer):
    await customer.run(ARTICLES)
    answer = await client.post(PATH, json=body_of(customer))
    assert answer.status == 201, await answer.text()
    return (await answer.json())["data"]


async def data(answer, status=200):
    text = await answer.text()
    assert answer.status == status, text
    return (await answer.json())["data"]


async def error(answer, status):
    text = await answer.text()
    assert answer.status == status, text
    return (await answer.json())["error"]


async def test_connecting(client, customer, connected):
    assert {
        name: connected[name] for name in ("name", "host", "port", "database", "username", "isActive", "status")
    } == {
        "name": "Shop",
        "host": customer.server.host,
        "port": customer.server.port,
        "database": customer.schema,
        "username": customer.username,
        "isActive": True,
        "status": "connected",
    }
    assert connected["ssl"] is customer.server.tls
    assert connected["environments"] == ["test", "live"]
    assert connected["lastConnected"].endswith("Z")
    assert customer.password not in str(connected)
    assert connected in await data(await client.get(PATH))
    assert await data(await client.get(f"{PATH}/{connected['id']}")) == connected


async def test_the_password_is_stored_encrypted(connected, customer, memory):
    (row,) = [row for row in await memory.store.databases.list("user-1") if row.kind == "mysql"]
    assert row.password_encrypted.startswith("v1.k1.")
    assert customer.password not in repr(row)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": "wrong"}, "ACCESS_DENIED"),
        ({"password": ""}, "ACCESS_DENIED"),
        ({"database": "no_such_schema"}, {"ACCESS_DENIED", "UNKNOWN_DATABASE"}),
        ({"host": "10.0.0.1"}, "NOT_ALLOWED"),
        ({"host": "169.254.169.254"}, "NOT_ALLOWED"),
        ({"port": 22}, "NOT_ALLOWED"),
        ({"database": "mysql"}, "NOT_ALLOWED"),
        ({"tlsMode": "verify-identity"}, "TLS"),
        ({"tlsMode": None, "ssl": True}, "TLS"),
        ({"host": "no-such-host.invalid"}, "UNREACHABLE"),
    ],
)
async def test_what_does_not_connect_is_refused_with_a_reason(client, customer, change, reason):
    body = {name: value for name, value in body_of(customer, **change).items() if value is not None}
    refused = await error(await client.post(PATH, json=body), 400)
    assert refused["code"] == "DATABASE_CONNECTION_FAILED"
    assert refused["details"]["reason"] in (reason if isinstance(reason, set) else {reason})
    assert customer.username not in refused["message"]
    assert not [row for row in await data(await client.get(PATH)) if row["name"] == "Shop"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"port": 0}, "port"),
        ({"port": "3306"}, "port"),
        ({"tlsMode": "prefer"}, "tlsMode"),
        ({"pool": {"size": 0}}, "pool.size"),
        ({"options": {"local_infile": True}}, "options.local_infile"),
        ({"environments": []}, "environments"),
        ({"ca": "/etc/passwd"}, "ca"),
        ({"password": None}, "password"),
    ],
)
async def test_wrong_values_are_named(client, customer, change, field):
    refused = await error(await client.post(PATH, json=body_of(customer, **change)), 400)
    assert refused["code"] == "VALIDATION_ERROR"
    assert field in [problem["field"].removeprefix(".") for problem in refused["details"]]


async def test_the_same_database_twice(client, customer, connected):
    refused = await error(await client.post(PATH, json=body_of(customer, name="Again")), 409)
    assert refused["code"] == "DATABASE_EXISTS"


async def test_renaming_needs_no_password_and_no_connection(client, connected, customer):
    await customer.admin.fetch(f"ALTER USER '{customer.username}'@'localhost' IDENTIFIED BY 'changed'")
    changed = await data(await client.put(f"{PATH}/{connected['id']}", json={"name": "New", "environments": ["live"]}))
    assert (changed["name"], changed["environments"]) == ("New", ["live"])


@pytest.mark.parametrize(
    "change", [{"host": "127.0.0.2"}, {"port": 3306}, {"username": "other"}, {"tlsMode": "verify-ca"}, {"ca": "x"}]
)
async def test_changes_of_the_way_need_the_password_again(client, connected, change):
    refused = await error(await client.put(f"{PATH}/{connected['id']}", json=change), 400)
    assert refused["details"][0]["field"] == "password"


async def test_a_changed_password_is_tried_first(client, connected, customer):
    refused = await error(await client.put(f"{PATH}/{connected['id']}", json={"password": "wrong"}), 400)
    assert refused["details"]["reason"] == "ACCESS_DENIED"
    await data(await client.get(f"{PATH}/{connected['id']}/schema"))
    for host in ("localhost", "%%"):
        await customer.admin.fetch(f"ALTER USER '{customer.username}'@'{host}' IDENTIFIED BY 'newer'")
    await data(await client.put(f"{PATH}/{connected['id']}", json={"password": "newer"}))
    assert (await data(await client.post(f"{PATH}/{connected['id']}/test")))["connected"]


async def test_removing(client, connected):
    path = f"{PATH}/{connected['id']}"
    await data(await client.get(f"{path}/schema"))
    assert (await data(await client.delete(path)))["success"] is True
    for method, suffix in (("GET", ""), ("GET", "/schema"), ("GET", "/pool"), ("POST", "/test"), ("DELETE", "")):
        assert (await error(await client.request(method, path + suffix), 404))["code"] == "NOT_FOUND"


async def test_testing(client, connected, customer):
    found = await data(await client.post(f"{PATH}/{connected['id']}/test"))
    assert found["connected"] is True
    assert found["version"].startswith(customer.server.version)
    assert found["responseTime"] > 0
    assert any("SELECT" in line for line in found["grants"])
    assert not any("PASSWORD" in line for line in found["grants"])
    assert {warning["code"] for warning in found["warnings"]} <= {"NO_TLS"}


async def test_testing_a_database_whose_password_changed(client, connected, customer):
    for host in ("localhost", "%%"):
        await customer.admin.fetch(f"ALTER USER '{customer.username}'@'{host}' IDENTIFIED BY 'changed'")
    found = await data(await client.post(f"{PATH}/{connected['id']}/test"))
    assert (found["connected"], found["code"]) == (False, "ACCESS_DENIED")


async def test_a_dangerous_account_is_warned_of(client, connected, customer):
    for host in ("localhost", "%%"):
        await customer.admin.fetch(f"GRANT FILE ON *.* TO '{customer.username}'@'{host}'")
        await customer.admin.fetch(f"GRANT INSERT ON `{customer.schema}`.* TO '{customer.username}'@'{host}'")
    found = await data(await client.post(f"{PATH}/{connected['id']}/test"))
    by_code = {warning["code"]: warning for warning in found["warnings"]}
    assert "FILE" in by_code["ACCOUNT_TOO_POWERFUL"]["message"]
    assert "INSERT" in by_code["ACCOUNT_CAN_WRITE"]["message"]
    assert any("GRANT SELECT ON" in line for line in by_code["ACCOUNT_CAN_WRITE"]["statements"])


async def test_schema_as_array_and_object(client, connected, customer):
    path = f"{PATH}/{connected['id']}/schema"
    (table,) = await data(await client.get(path))
    assert table["fulltextIndexes"] == [{"name": "ft", "columns": ["title"], "type": "FULLTEXT"}]
    assert table["primaryKey"] == ["id"]
    whole = await data(await client.get(f"{path}?format=object"))
    assert whole["database"] == customer.schema
    assert whole["tables"] == [table]
    paths = (await (await client.get("/openapi.json")).json())["paths"]
    ok = paths["/api/v1/databases/{id}/schema"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert {kind["type"] for kind in ok["properties"]["data"]["anyOf"]} == {"array", "object"}
    assert "202" in paths["/api/v1/databases/{id}/schema/refresh"]["post"]["responses"]


async def test_refreshing(client, connected, customer):
    path = f"{PATH}/{connected['id']}/schema"
    assert [table["name"] for table in await data(await client.get(path))] == ["articles"]
    await customer.run("CREATE TABLE more (id INT PRIMARY KEY)")
    assert [table["name"] for table in await data(await client.get(path))] == ["articles"]
    assert (await data(await client.post(f"{path}/refresh")))["status"] == "refreshed"
    assert [table["name"] for table in await data(await client.get(path))] == ["articles", "more"]


async def test_status_and_pool(client, connected):
    assert (await data(await client.get(f"{PATH}/{connected['id']}/pool")))["totalConnections"] == 0
    assert (await data(await client.get(f"{PATH}/status")))[connected["id"]] is True
    assert await data(await client.get(f"{PATH}/{connected['id']}/pool")) == {
        "totalConnections": 1,
        "activeConnections": 0,
        "idleConnections": 1,
        "queuedRequests": 0,
    }


async def test_a_change_closes_the_pool(client, connected, customer):
    path = f"{PATH}/{connected['id']}"
    await data(await client.get(f"{path}/schema"))
    await data(await client.get(f"{PATH}/status"))
    count = f"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '{customer.username}'"
    assert (await customer.admin.fetch(count)).scalar() >= 1
    await data(await client.put(path, json={"name": "Renamed"}))
    for _ in range(20):
        await asyncio.sleep(0.1)
        if not (await customer.admin.fetch(count)).scalar():
            break
    assert (await customer.admin.fetch(count)).scalar() == 0


@pytest.mark.parametrize("what", ["change", "remove"])
async def test_a_change_made_by_another_process_closes_the_pool(client, connected, customer, memory, what):
    await data(await client.get(f"{PATH}/status"))
    count = f"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '{customer.username}'"
    assert (await customer.admin.fetch(count)).scalar() == 1
    databases = memory.store.databases
    if what == "remove":
        await databases.remove("user-1", connected["id"])
    else:
        await databases.update(attrs.evolve(await databases.get("user-1", connected["id"]), name="Elsewhere"))
    await asyncio.sleep(2)
    assert (await customer.admin.fetch(count)).scalar() == 0


async def test_unreadable_credentials_are_said_and_can_be_repaired(client, connected, customer, memory):
    databases = memory.store.databases
    row = await databases.get("user-1", connected["id"])
    await databases.update(attrs.evolve(row, password_encrypted="v1.gone.AAAA.AAAA"))
    path = f"{PATH}/{connected['id']}"
    assert (await data(await client.get(path)))["name"] == "Shop"
    assert (await data(await client.post(f"{path}/test")))["code"] == "CREDENTIALS_UNREADABLE"
    assert (await error(await client.get(f"{path}/schema"), 502))["code"] == "CREDENTIALS_UNREADABLE"
    assert (await data(await client.get(f"{PATH}/status")))[connected["id"]] is False
    assert (await error(await client.put(path, json={"name": "x"}), 502))["code"] == "CREDENTIALS_UNREADABLE"
    await data(await client.put(path, json={"password": customer.password}))
    assert (await data(await client.get(f"{PATH}/status")))[connected["id"]] is True


async def test_others_see_nothing(client_factory, customer, memory, gateway_factory, tmp_path):
    from altus4_core.testing.twins.plugin import TOKEN, MemoryPlugin, user_identity

    tokens = {TOKEN: user_identity(), "other": user_identity("user-2")}
    twins = MemoryPlugin(memory.store, tokens=tokens)
    gateway = gateway_factory(DatabasesMySQL, memory=twins, toml=settings(customer.server.port), environ=environ())
    client = await client_factory(gateway=gateway)
    mine = await data(await client.post(PATH, json=body_of(customer)), 201)
    other = {"Authorization": "Bearer other"}
    assert await data(await client.get(PATH, headers=other)) == []
    assert await data(await client.get(f"{PATH}/status", headers=other)) == {}
    unknown = f"{PATH}/00000000-0000-4000-8000-000000000000"
    for method, suffix, body in (
        ("GET", "", None),
        ("PUT", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/test", None),
        ("GET", "/schema", None),
        ("POST", "/schema/refresh", None),
        ("GET", "/pool", None),
    ):
        foreign = await error(
            await client.request(method, f"{PATH}/{mine['id']}{suffix}", headers=other, json=body), 404
        )
        missing = await error(await client.request(method, unknown + suffix, headers=other, json=body), 404)
        assert foreign == missing
    assert await data(await client.get(f"{PATH}/{mine['id']}")) == mine


async def test_missing_keys_refuse_the_start_with_one_line_each(gateway_factory):
    from altus4_core.errors import StartupRefused

    gateway = gateway_factory(DatabasesMySQL, environ={"ALTUS4_ENCRYPTION_KEYS": "a:short,b:changeme"})
    with pytest.raises(StartupRefused) as caught:
        await gateway.start()
    lines = [problem.line() for problem in caught.value.problems if problem.who == "databases-mysql"]
    assert len(lines) == 2
    assert all("altus4 secrets generate" in line for line in lines)


async def test_advice_over_http(client, connected, customer):
    await customer.run(
        "CREATE TABLE notes (id INT PRIMARY KEY, note TEXT)", "INSERT INTO notes VALUES (1, 'two words')"
    )
    assert (await client.post(f"{PATH}/{connected['id']}/schema/refresh")).status in {200, 202}
    told = await data(await client.get(f"{PATH}/{connected['id']}/advice"))
    assert told["database"] == customer.schema
    (missing,) = told["advice"]
    assert (missing["type"], missing["table"], missing["columns"]) == ("missing", "notes", ["note"])
    assert missing["ddl"] == ["ALTER TABLE `notes` ADD FULLTEXT INDEX `ft_note` (`note`)"]
    assert set(missing["estimate"]) == {"rows", "seconds", "bytes", "basis"}
    assert (await client.get(f"{PATH}/00000000-0000-4000-8000-000000000000/advice")).status == 404


async def test_pools_are_among_the_metrics(client, connected):
    await client.get(f"{PATH}/{connected['id']}/schema")
    told = await data(await client.get("/api/v1/metrics"))
    gauges = {
        sample["labels"]["name"]: sample["value"]
        for sample in told["metrics"]
        if sample["name"] == "altus4_plugin_gauge" and sample["labels"]["plugin"] == "databases-mysql"
    }
    assert gauges["databases_open"] == 1
    assert gauges["pool_connections"] == gauges["pool_connections_idle"] + gauges["pool_connections_active"]
    assert gauges["pool_statements_queued"] == gauges["databases_with_open_circuit"] == 0
