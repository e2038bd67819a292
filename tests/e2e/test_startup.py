"""What goes wrong at the start: one clear line each, no traceback, no secret."""

import socket
from pathlib import Path

import pytest
from altus4_sandbox import ServerAddress, new_schema_name
from deployment import Deployment, settings_for
from world import run_sql


@pytest.fixture
def deployment(mysql_server: ServerAddress, tmp_path: Path):
    schema = new_schema_name("start")
    yield Deployment(settings_for(mysql_server, schema, tmp_path), tmp_path)
    run_sql(mysql_server, [f"DROP DATABASE IF EXISTS {schema}"])


def refused(deployment: Deployment, *arguments: str, **more: str) -> str:
    done = deployment.command(*(arguments or ("serve",)), more=more)
    assert done.returncode in {1, 2}, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    for name in ("ALTUS4_SESSION_SECRET", "ALTUS4_ENCRYPTION_KEYS"):
        secret = {**deployment.environment, **more}.get(name, "")
        assert len(secret) < 8 or secret not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("altus4: ")]
    assert lines == done.stderr.splitlines(), done.stderr
    return "\n".join(lines)


def test_no_configuration(tmp_path: Path) -> None:
    text = refused(Deployment({"ALTUS4_PORT": "0"}, tmp_path))
    assert "ALTUS4_METADATA_URL" in text
    assert "ALTUS4_ENCRYPTION_KEYS" in text


def test_pending_migrations(deployment: Deployment) -> None:
    run_sql_of = deployment.must
    run_sql_of("migrate", "up")
    run_sql_of("migrate", "down")
    assert "altus4 migrate up" in refused(deployment)


def test_unknown_schema(deployment: Deployment) -> None:
    assert "migrate" in refused(deployment)


@pytest.mark.parametrize("keys", ["k1:short", "k1:" + "A" * 44, "nonsense", "k1:!!!!"])
def test_wrong_encryption_keys(deployment: Deployment, keys: str) -> None:
    deployment.must("migrate", "up")
    assert "altus4 secrets generate" in refused(deployment, ALTUS4_ENCRYPTION_KEYS=keys)


@pytest.mark.parametrize("secret", ["short", "changeme" * 5])
def test_wrong_session_secret(deployment: Deployment, secret: str) -> None:
    deployment.must("migrate", "up")
    text = refused(deployment, ALTUS4_SESSION_SECRET=secret)
    assert "SESSION_SECRET" in text or "session_secret" in text


def test_unreachable_metadata(deployment: Deployment) -> None:
    url = "mysql://root:hidden-password@127.0.0.1:1/altus4_metadata"
    text = refused(deployment, ALTUS4_METADATA_URL=url)
    assert "127.0.0.1:1" in text
    assert "hidden-password" not in text


def test_wrong_metadata_password(deployment: Deployment, mysql_server: ServerAddress) -> None:
    url = f"mysql://root:hidden-password@127.0.0.1:{mysql_server.port}/altus4_metadata"
    text = refused(deployment, ALTUS4_METADATA_URL=url)
    assert "hidden-password" not in text


def test_port_taken(deployment: Deployment) -> None:
    deployment.must("migrate", "up")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = refused(deployment, ALTUS4_PORT=str(port))
    assert str(port) in text
    assert "taken" in text


def test_unknown_plugin_and_setting_name_the_nearest(deployment: Deployment) -> None:
    config = deployment.folder / "altus4.toml"
    config.write_text('enable = ["metadata-mysql", "api-kyes"]\n[serverr]\nport = 1\n', encoding="utf-8")
    assert "'server'" in refused(deployment) or "server" in refused(deployment)
    config.write_text('enable = ["metadata-mysql", "api-kyes"]\n', encoding="utf-8")
    assert "api-keys" in refused(deployment)


def test_unknown_variable(deployment: Deployment) -> None:
    assert "ALTUS4_PORT" in refused(deployment, ALTUS4_PROT="1")


def test_config_explain_hides_secrets(deployment: Deployment) -> None:
    text = deployment.must("config", "explain")
    for name in ("ALTUS4_SESSION_SECRET", "ALTUS4_ENCRYPTION_KEYS", "ALTUS4_METADATA_URL"):
        assert deployment.environment[name] not in text
        assert name in text


def test_a_missing_plugin_leaves_the_rest_working(deployment: Deployment) -> None:
    text = deployment.must("--only", "metadata-mysql", "plugins")
    assert "metadata-mysql" in text
    deployment.must("--only", "metadata-mysql", "migrate", "up")
