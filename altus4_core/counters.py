"""What plugins count and measure themselves, shown among the metrics."""

from collections import Counter
from collections.abc import Callable


class Counters:
    """Totals since the start of the process, and how to read what goes up and down, by plugin and name."""

    def __init__(self) -> None:
        self.totals: Counter[tuple[str, str]] = Counter()
        self.gauges: dict[tuple[str, str], Callable[[], float]] = {}

    def of(self, plugin: str) -> "PluginCounters":
        """Give one plugin's part."""
        return PluginCounters(plugin, self)


class PluginCounters:
    """One plugin's part. A name is fixed in the code, `[a-z][a-z_]*`: never made from what a request says."""

    def __init__(self, plugin: str, counters: Counters) -> None:
        self._plugin = plugin
        self._counters = counters

    def add(self, name: str, count: int = 1) -> None:
        """Count."""
        self._counters.totals[(self._plugin, name)] += count

    def total(self, name: str) -> int:
        """Give a total."""
        return self._counters.totals[(self._plugin, name)]

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Show a figure that goes up and down; `read` is called whenever metrics are asked for, and must be quick."""
        self._counters.gauges[(self._plugin, name)] = read
