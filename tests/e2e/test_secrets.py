"""Changing the encryption key while the gateway serves: no search fails."""

import base64
import json
import secrets
import threading
import time

from deployment import free_port
from world import World


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
