"""Changing the encryption key while the gateway serves, and in spite of a killed process: no search fails."""

import base64
import json
import secrets
import signal
import subprocess
import sys
import threading
import time
import uuid

from altus4_databases_mysql.credentials import Vault
from altus4_databases_mysql.keyring import Keyring
from altus4_sandbox import ServerAddress, new_schema_name
from deployment import Deployment, free_port, settings_for
from world import World, run_sql

from altus4_core.vault import SecretPlace


def entry(key_id: str) -> str:
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def test_rotation_under_load(world: World, tmp_path) -> None:
    """A second process knows both keys and searches all the time; the first one's key is taken out at the end."""
    old = world.gateway.environment["ALTUS4_ENCRYPTION_KEYS"]
    both = {"ALTUS4_ENCRYPTION_KEYS": f"{entry('next')},{old}", "ALTUS4_PORT": str(free_port())}
    second = type(world.gateway)({**world.gateway.environment, **both}, tmp_path)
    second.start()
    statuses: list[int] = []
    stopped = threading.Event()

    def search() -> None:
        while not stopped.is_set():
            answer = second.search(world.ann, "tea OR database", searchMode="boolean")
            complete = answer.status == 200 and answer.json["data"]["complete"]
            statuses.append(answer.status if complete else 0)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.3)
        told = json.loads(second.must("secrets", "rotate", "--json"))
        assert (told["sealed"], told["stale"], told["unreadable"]) == (2, 0, 0)
        time.sleep(1.0)
        checked = json.loads(second.must("secrets", "check", "--json"))
        assert checked["secretsByKey"] == {"next": 2}
        entries = json.loads(second.must("audit", "--action", "secrets.rotate", "--json"))["entries"]
        assert [(each["object"]["id"], each["details"]) for each in entries] == [("next", {"sealed": 2, "left": 0})]
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        second.stop()
        # The other tests' gateway knows the old key alone: give it its credentials back.
        back = {"ALTUS4_ENCRYPTION_KEYS": ",".join(reversed(both["ALTUS4_ENCRYPTION_KEYS"].split(",")))}
        assert world.gateway.command("secrets", "rotate", more=back).returncode == 0
    assert len(statuses) > 20
    assert set(statuses) == {200}


def test_a_killed_rotation_is_taken_up_where_it_was(any_server: ServerAddress, tmp_path) -> None:
    metadata, rows = new_schema_name("meta"), 2000
    old, new = entry("old"), entry("new")
    house = Deployment(settings_for(any_server, metadata, tmp_path) | {"ALTUS4_ENCRYPTION_KEYS": old}, tmp_path)
    try:
        house.must("migrate", "up")
        house.user("ann@example.com")
        [[user]] = run_sql(any_server, [f"SELECT id FROM {metadata}.users"])
        vault = Vault(Keyring.parse(old))
        values = []
        for number in range(rows):
            row = str(uuid.uuid4())
            sealed = vault.encrypt(f"secret {number}", SecretPlace("databases", "password_encrypted", row, str(user)))
            values.append(f"('{row}', '{user}', 'd', '127.0.0.1', 3306, 'd{number}', 'u', '{sealed}')")
        columns = "id, user_id, name, host, port, database_name, username, password_encrypted"
        run_sql(any_server, [f"INSERT INTO {metadata}.`databases` ({columns}) VALUES {', '.join(values)}"])

        environment = {**house.environment, "ALTUS4_ENCRYPTION_KEYS": f"{new},{old}"}
        command = [sys.executable, "-m", "altus4_core", "secrets", "rotate", "--json"]
        rotating = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        count = f"SELECT COUNT(*) FROM {metadata}.`databases` WHERE password_encrypted LIKE '%.new.%'"
        while rotating.poll() is None and not run_sql(any_server, [count])[0][0]:
            time.sleep(0.01)
        rotating.send_signal(signal.SIGKILL)
        assert rotating.wait() == -signal.SIGKILL, "it was through before it could be killed"
        [[sealed]] = run_sql(any_server, [count])
        assert 0 < sealed < rows

        both = Deployment(environment, tmp_path)
        checked = json.loads(both.must("secrets", "check", "--json"))
        assert (checked["secretsByKey"], checked["unreadable"]) == ({"new": sealed, "old": rows - sealed}, 0)
        told = json.loads(both.must("secrets", "rotate", "--json"))
        assert (told["sealed"], told["stale"], told["unreadable"]) == (rows - sealed, 0, 0)
        alone = Deployment({**environment, "ALTUS4_ENCRYPTION_KEYS": new}, tmp_path)
        assert json.loads(alone.must("secrets", "check", "--json"))["secretsByKey"] == {"new": rows}
    finally:
        run_sql(any_server, [f"DROP DATABASE IF EXISTS {metadata}"])
