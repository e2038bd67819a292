"""A wrap that changes nothing and counts the calls."""

from collections import Counter
from typing import Any


class CountingWrap:
    """Stands in for any provider: each attribute and method is the inner one's."""

    def __init__(self, inner: Any, calls: "Counter[str]", method: str) -> None:
        self._inner = inner
        self._calls = calls
        original = getattr(inner, method)

        async def counted(*arguments: Any) -> Any:
            calls[method] += 1
            return await original(*arguments)

        setattr(self, method, counted)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
