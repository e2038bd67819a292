"""Passwords: hashed and compared away from the event loop, by few threads and with a bounded queue.

bcrypt looks at 72 bytes at most (bcrypt 5 raises above that) and stops at a NUL. So what it gets is
base64(HMAC-SHA-256(constant, NFC(password))): 44 characters for any password. The constant is no secret; it keeps
these digests apart from plain SHA-256 digests of passwords stolen elsewhere.
"""

import asyncio
import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from altus4_core.errors import Unavailable

T = TypeVar("T")

DOMAIN: Final = b"altus4/accounts/password/v1"
COST: Final = 12
THREADS: Final = 2


def prepare(password: str) -> bytes:
    """Give the 44 bytes that bcrypt sees for a password of any length and characters."""
    normal = unicodedata.normalize("NFC", password).encode("utf-8")
    return base64.b64encode(hmac.new(DOMAIN, normal, hashlib.sha256).digest())


def hash_password(password: str, cost: int = COST) -> str:
    """Hash a password; takes about 0.2 s of a core at cost 12."""
    import bcrypt

    return bcrypt.hashpw(prepare(password), bcrypt.gensalt(cost)).decode("ascii")


def matches(password: str, hashed: str) -> bool:
    """Compare a password with a hash, at the hash's own cost; a hash that bcrypt cannot read matches nothing."""
    import bcrypt

    try:
        return bcrypt.checkpw(prepare(password), hashed.encode("ascii"))
    except ValueError:
        return False


class Passwords:
    """Hashes and compares passwords in two threads.

    Args:
        cost: bcrypt's cost: each step doubles the work.
        waiting: How many may wait for a thread; beyond it 503.
    """

    def __init__(self, *, cost: int = COST, waiting: int = 32) -> None:
        self._cost = cost
        self._most = waiting + THREADS
        self._active = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="bcrypt")
        # Compared with when there is no account or no password, so that this takes as long as a wrong password.
        # First in the queue and made by a thread, so that neither the start nor a login waits for it specially.
        self._dummy = self._threads.submit(hash_password, "a password nobody has", cost)

    async def hash(self, password: str) -> str:
        """Hash a password.

        Raises:
            Unavailable: too many are waiting.
        """
        return await self._run(lambda: hash_password(password, self._cost))

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Compare a password with an account's hash; None or "" (no account, no password login) never matches.

        The time it takes does not tell these cases apart.

        Raises:
            Unavailable: too many are waiting.
        """
        same = await self._run(lambda: matches(password, hashed or self._dummy.result()))
        return same and bool(hashed)

    def is_current(self, hashed: str) -> bool:
        """Say whether a hash has the cost that new ones get."""
        return hashed.startswith(f"$2b${self._cost:02d}$")

    def aclose(self) -> None:
        """Drop what waits and let the threads end."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._active >= self._most:
            message = "Too many logins at once; try again shortly."
            raise Unavailable(message, code="LOGIN_BUSY", retry_after=1)
        self._active += 1
        future = self._threads.submit(work)
        # Counted until the thread is done with it: a client that goes away frees no thread.
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _call_if_open(loop, self._done))
        return await asyncio.wrap_future(future)

    def _done(self) -> None:
        self._active -= 1


def _call_if_open(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function)
