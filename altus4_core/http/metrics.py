"""Counters, as JSON and as Prometheus text (exposition format 0.0.4). Where workers share a port, those of all."""

import logging
import resource
from collections.abc import Iterator, Sequence
from typing import Any

from altus4_core.gateway import Gateway
from altus4_core.http.bulkhead import Bulkheads
from altus4_core.http.gate import Gate
from altus4_core.siblings import Sample

logger = logging.getLogger("altus4.metrics")


class Metrics:
    """Reads the figures where they are kept; keeps none itself."""

    def __init__(self, gateway: Gateway, gate: Gate, bulkheads: Bulkheads) -> None:
        self._gateway = gateway
        self._gate = gate
        self._bulkheads = bulkheads

    def samples(self) -> Iterator[Sample]:
        """Give every figure of this process."""
        gate, bulkheads, watchdog = self._gate, self._bulkheads, self._gateway.watchdog
        yield "altus4_http_answers_total", "counter", {}, gate.answers
        yield "altus4_http_failures_total", "counter", {}, gate.failures
        yield "altus4_http_requests_active", "gauge", {}, bulkheads.active
        yield "altus4_http_requests_refused_total", "counter", {}, bulkheads.refused
        yield "altus4_loop_lag_ms", "gauge", {}, round(watchdog.lag_ms, 3)
        yield "altus4_loop_lag_worst_ms", "gauge", {}, round(watchdog.worst_ms, 3)
        yield "altus4_memory_peak_bytes", "gauge", {}, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        for name, figures in self._gateway.events.figures().items():
            yield "altus4_events_queued", "gauge", {"sink": name}, figures.queued
            yield "altus4_events_written_total", "counter", {"sink": name}, figures.written
            yield "altus4_events_dropped_total", "counter", {"sink": name}, figures.dropped
            yield "altus4_events_failures_total", "counter", {"sink": name}, figures.failures
            yield "altus4_events_spilled_total", "counter", {"sink": name}, figures.spilled
            yield "altus4_events_spill_failures_total", "counter", {"sink": name}, figures.spill_failures
        for (plugin, seam, provider, kind), count in self._gateway.dispatch.ledger.counts.items():
            labels = {"plugin": plugin, "seam": seam, "provider": provider, "kind": kind}
            yield "altus4_plugin_faults_total", "counter", labels, count
        for (plugin, counted), total in self._gateway.counters.totals.items():
            yield "altus4_plugin_counts_total", "counter", {"plugin": plugin, "name": counted}, total
        for (plugin, measured), read in self._gateway.counters.gauges.items():
            try:
                value = float(read())
            except Exception:  # a plugin's own code, and no reason to go without the other figures
                logger.warning("gauge %s of plugin %s cannot be read", measured, plugin, exc_info=True)
                continue
            yield "altus4_plugin_gauge", "gauge", {"plugin": plugin, "name": measured}, value

    async def everywhere(self) -> Sequence[Sample]:
        """Give the figures of all workers, each labelled with its worker's number.

        Which of them answers is chance: counters of one alone would go up and down from one reading to the next.
        """
        own = list(self.samples())
        siblings = self._gateway.siblings
        if siblings is None:
            return own
        found = await siblings.ask()
        every: list[Sample] = []
        for number in sorted({siblings.number, *found}):
            figures = found.get(number)
            samples = own if number == siblings.number else figures and figures.samples
            labels = {"worker": str(number)}
            every.append(("altus4_worker_up", "gauge", labels, int(samples is not None)))
            every.append(("altus4_worker_restarts_total", "counter", labels, figures.restarts if figures else 0))
            every += [(name, kind, {**theirs, **labels}, value) for name, kind, theirs, value in samples or ()]
        return every

    async def figures(self) -> dict[str, Any]:
        """Give the figures as JSON."""
        return {
            "metrics": [
                {"name": name, "type": kind, "labels": labels, "value": value}
                for name, kind, labels, value in await self.everywhere()
            ]
        }

    async def text(self) -> str:
        """Give the figures in Prometheus' text format."""
        lines: list[str] = []
        announced: set[str] = set()
        for name, kind, labels, value in sorted(await self.everywhere(), key=lambda sample: sample[0]):
            if name not in announced:
                announced.add(name)
                lines.append(f"# TYPE {name} {kind}")
            inside = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
            lines.append(f"{name}{{{inside}}} {value}" if inside else f"{name} {value}")
        return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
