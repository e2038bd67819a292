"""What plugins count themselves, shown among the metrics: things that went wrong and were put up with."""

from collections import Counter


class Counters:
    """Totals since the start of the process, by plugin and name."""

    def __init__(self) -> None:
        self.totals: Counter[tuple[str, str]] = Counter()

    def of(self, plugin: str) -> "PluginCounters":
        """Give one plugin's part."""
        return PluginCounters(plugin, self)


class PluginCounters:
    """One plugin's totals. A name is fixed in the code, `[a-z][a-z_]*`: never made from what a request says."""

    def __init__(self, plugin: str, counters: Counters) -> None:
        self._plugin = plugin
        self._counters = counters

    def add(self, name: str, count: int = 1) -> None:
        """Count."""
        self._counters.totals[(self._plugin, name)] += count

    def total(self, name: str) -> int:
        """Give a total."""
        return self._counters.totals[(self._plugin, name)]
