"""The ways to misbehave while being awaited."""

import asyncio
from typing import Any

WAYS = ("well", "raises", "hangs", "late", "junk", "inner-junk", "exits", "cancels")
SECRET = "s3cret-of-the-plugin"  # in every exception: no client may ever see it


async def misbehave(way: str, well: Any, inner_junk: Any = None) -> Any:
    """Give `well`, or misbehave.

    `late` swallows its cancellation and answers well all the same; `inner-junk` is of the right type and has
    wrong things in it.
    """
    if way == "raises":
        message = f"raised on purpose, {SECRET}"
        raise RuntimeError(message)
    if way == "exits":
        raise SystemExit(7)
    if way == "cancels":
        raise asyncio.CancelledError(SECRET)
    if way == "hangs":
        await asyncio.Event().wait()
    if way == "late":
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return well
    if way == "junk":
        return object()
    return inner_junk if way == "inner-junk" else well


def misbehave_now(way: str, well: Any, inner_junk: Any = None) -> Any:
    """Do the same without anything to await."""
    if way == "raises":
        message = f"raised on purpose, {SECRET}"
        raise RuntimeError(message)
    if way == "exits":
        raise SystemExit(7)
    if way == "cancels":
        raise asyncio.CancelledError(SECRET)
    if way == "junk":
        return object()
    return inner_junk if way == "inner-junk" else well
