"""A bounded table that forgets who was not heard of for longest, and early those who no longer matter."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class RecentTable(Generic[V]):
    """Values by subject, at most `capacity` of them.

    Args:
        capacity: Most entries.
        make: Makes the value of a new subject.
        is_spent: Says whether forgetting a value changes nothing.
    """

    def __init__(self, capacity: int, make: Callable[[], V], is_spent: Callable[[V], bool]) -> None:
        self._capacity = capacity
        self._make = make
        self._is_spent = is_spent
        self._values: OrderedDict[str, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str) -> V:
        """Give the subject's value, a new one if need be; it is not kept before `put`."""
        value = self._values.get(key)
        return self._make() if value is None else value

    def put(self, key: str, value: V) -> None:
        """Keep a value."""
        self._values[key] = value
        self._values.move_to_end(key)
        for _ in range(2):  # two out for one in: spent entries go faster than they come
            oldest = next(iter(self._values))
            if oldest == key or not self._is_spent(self._values[oldest]):
                break
            del self._values[oldest]
        while len(self._values) > self._capacity:
            self._values.popitem(last=False)
