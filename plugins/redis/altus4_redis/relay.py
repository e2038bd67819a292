"""Carries word of changes between processes: what one of them changed, the others forget at once.

Nothing depends on it: a message that is lost leaves the others with what they remember for as long as they believe
it, as without Redis.
"""

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import orjson

from altus4_core.changes import Changes, Kind
from altus4_core.counters import PluginCounters

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.client import PubSub

WAITING = 10_000
UNSENT = "changes_not_sent"
# Seconds between two looks at a silent connection: one that died without a word is found after twice that.
SILENCE = 5.0


class ChangeRelay:
    """Publishes this process's changes and tells it of the others'.

    Args:
        client: Belongs to the relay from now on; it needs two connections.
        changes: Listened to, and told.
        channel: Where all processes meet.
        deadline: Seconds that publishing may take.
        pause: Seconds before another attempt to subscribe.
        counters: Told of changes that could not be sent.
        logger: Told of what goes wrong.
    """

    def __init__(
        self,
        client: "Redis",
        changes: Changes,
        *,
        channel: str,
        deadline: float,
        pause: float,
        counters: PluginCounters,
        logger: logging.Logger,
    ) -> None:
        self._client = client
        self._changes = changes
        self._channel = channel
        self._deadline = deadline
        self._pause = pause
        self._counters = counters
        self._logger = logger
        self._own = secrets.token_urlsafe(9)
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self._telling = False
        self._tasks: list[asyncio.Task[None]] = []
        self.subscribed = asyncio.Event()

    def start(self) -> None:
        """Listen to both sides."""
        for kind in get_args(Kind):
            self._changes.listen(kind, partial(self._send, kind))
        runs: list[Coroutine[Any, Any, None]] = [self._publish(), self._subscribe()]
        self._tasks = [asyncio.create_task(run, name="redis-relay") for run in runs]

    async def aclose(self) -> None:
        """End both; what still waits is not sent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def _send(self, kind: Kind, subject: str) -> None:
        if self._telling:  # it came from there
            return
        try:
            self._waiting.put_nowait(orjson.dumps({"from": self._own, "kind": kind, "id": subject}))
        except asyncio.QueueFull:
            self._counters.add(UNSENT)

    async def _publish(self) -> None:
        while True:
            message = await self._waiting.get()
            try:
                async with asyncio.timeout(self._deadline):
                    await self._client.publish(self._channel, message)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next message is sent all the same
                self._counters.add(UNSENT)
                self._logger.info("a change could not be sent to other processes (%s)", type(error).__name__)

    async def _subscribe(self) -> None:
        while True:
            try:
                async with self._client.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(self._channel)
                    self.subscribed.set()
                    await self._listen(channel)
            except Exception as error:  # noqa: BLE001 - whatever it is, the subscription is made anew
                self._logger.info("changes of other processes are not heard (%s)", type(error).__name__)
            self.subscribed.clear()
            await asyncio.sleep(self._pause)

    async def _listen(self, channel: "PubSub") -> None:
        asked = False
        while True:
            message = await channel.get_message(timeout=SILENCE)
            if message is None and asked:
                error = "no answer to a ping"
                raise ConnectionError(error)
            asked = message is None
            if message is None:
                await channel.ping()
            elif message["type"] == "message":
                self._hear(message["data"])

    def _hear(self, data: bytes) -> None:
        try:
            message = orjson.loads(data)
            sender, kind, subject = message["from"], message["kind"], message["id"]
        except (ValueError, TypeError, KeyError):
            self._logger.info("a message on the channel of changes is not one of ours")
            return
        # A newer release may know more kinds than this one.
        if sender == self._own or kind not in get_args(Kind) or not isinstance(subject, str):
            return
        self._telling = True
        try:
            self._changes.tell(kind, subject)
        finally:
            self._telling = False
