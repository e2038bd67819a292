"""The pools among the metrics: sums over all databases, so that a thousand tenants make no more series than one."""

from collections.abc import Callable

from altus4_mysql import PoolStats

from altus4_core.counters import PluginCounters
from altus4_databases_mysql.breaker import State
from altus4_databases_mysql.sharedtargets import SharedTargets


def show_pools(counters: PluginCounters, targets: SharedTargets) -> None:
    """Register the gauges.

    Args:
        counters: The plugin's.
        targets: The open databases.
    """

    def summed(read: Callable[[PoolStats], int]) -> Callable[[], float]:
        return lambda: sum(read(target.stats) for target in targets.all())

    counters.gauge("databases_open", lambda: len(list(targets.all())))
    counters.gauge(
        "databases_with_open_circuit", lambda: sum(t.breaker_state is not State.CLOSED for t in targets.all())
    )
    counters.gauge("pool_connections", summed(lambda stats: stats.total))
    counters.gauge("pool_connections_active", summed(lambda stats: stats.active))
    counters.gauge("pool_connections_idle", summed(lambda stats: stats.idle))
    counters.gauge("pool_connections_being_killed", summed(lambda stats: stats.reaping))
    counters.gauge("pool_statements_slow", summed(lambda stats: stats.slow))
    counters.gauge("pool_statements_queued", summed(lambda stats: stats.queued))
