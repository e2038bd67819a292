"""Word of changes between processes."""

import asyncio
import logging

import orjson
import pytest
from altus4_redis import relay as relay_module
from altus4_redis.client import Reach, open_client
from altus4_redis.relay import ChangeRelay

from altus4_core.changes import Changes


@pytest.fixture
def server(private_redis):
    return private_redis()


@pytest.fixture
async def node(server, counters):
    """Make nodes: their changes and their relays."""
    relays = []

    async def make():
        changes = Changes()
        relay = ChangeRelay(
            open_client(Reach(server.url, 0.5, 0.5), connections=2),
            changes,
            channel="t:changes",
            deadline=1.0,
            pause=0.1,
            counters=counters,
            logger=logging.getLogger("altus4.redis"),
        )
        relay.start()
        relays.append(relay)
        await asyncio.wait_for(relay.subscribed.wait(), 5)
        return changes, relay

    yield make
    for relay in relays:
        await relay.aclose()


def hear(changes, kind):
    heard = []
    changes.listen(kind, heard.append)
    return heard


async def until(condition, within=5.0):
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_one_changes_the_others_hear_once_and_it_does_not_echo(node):
    (one, _), (two, _), (three, _) = [await node() for _ in range(3)]
    heard = [hear(changes, "key") for changes in (one, two, three)]
    for number in range(50):
        one.tell("key", f"k{number}")
    two.tell("user", "u")
    await until(lambda: all(len(ids) >= 50 for ids in heard))
    await asyncio.sleep(0.1)
    assert heard == [[f"k{number}" for number in range(50)]] * 3


async def test_it_comes_back(server, node, counters):
    (one, first), (two, second) = [await node() for _ in range(2)]
    heard = hear(two, "session")
    await asyncio.to_thread(server.kill)
    await until(lambda: not second.subscribed.is_set() and not first.subscribed.is_set())
    one.tell("session", "lost")
    await until(lambda: counters.total("changes_not_sent") == 1)
    await asyncio.to_thread(server.restart)
    await until(second.subscribed.is_set)
    one.tell("session", "s")
    await until(lambda: heard == ["s"])


async def test_a_connection_that_died_without_a_word_is_found(server, node, monkeypatch):
    monkeypatch.setattr(relay_module, "SILENCE", 0.2)
    (one, _), (two, second) = [await node() for _ in range(2)]
    heard = hear(two, "key")
    await asyncio.sleep(0.7)
    assert second.subscribed.is_set()
    await asyncio.to_thread(server.pause)
    await until(lambda: not second.subscribed.is_set())
    await asyncio.to_thread(server.resume)
    await until(second.subscribed.is_set)
    one.tell("key", "k")
    await until(lambda: "k" in heard)


@pytest.mark.parametrize(
    "message",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff", b'{"from": 1}', b'{"from": "x", "kind": [], "id": "y"}']
    + [orjson.dumps({"from": "x", "kind": kind, "id": subject}) for kind, subject in [("nobody", "y"), ("key", 1)]],
)
async def test_strange_messages_disturb_nobody(node, message):
    (one, _), (two, relay) = [await node() for _ in range(2)]
    heard = hear(two, "key")
    await relay._client.publish("t:changes", message)
    one.tell("key", "k")
    await until(lambda: heard == ["k"])
