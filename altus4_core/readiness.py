"""Whether this node can serve: pings of its services, checks that ask for it, and not draining."""

import asyncio
from collections.abc import Sequence

import attrs

from altus4_core.composing.composition import Entry
from altus4_core.errors import ProviderFault
from altus4_core.gateway import Gateway
from altus4_core.records import Finding, Severity
from altus4_core.search.results import check_findings


@attrs.frozen
class Part:
    """One named part of readiness; `response_ms` in milliseconds."""

    name: str
    ok: bool
    message: str = ""
    response_ms: float = 0.0


class Readiness:
    """Asks all parts at once. Concurrent callers share one round, so that probes cost little."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._round: asyncio.Task[Sequence[Part]] | None = None

    async def parts(self) -> Sequence[Part]:
        """Give every part's state."""
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._ask())
        return await asyncio.shield(self._round)

    async def _ask(self) -> Sequence[Part]:
        deadline = self._gateway.settings.core.deadlines.ping
        pings = await self._gateway.registry.ping(deadline)
        parts = [Part(name, ok, "" if ok else "does not answer", round(took, 1)) for name, (ok, took) in pings.items()]
        if all(part.ok for part in parts):
            entries = [e for e in self._gateway.composition.of("check") if getattr(e.provider, "readiness", False)]
            findings = await asyncio.gather(*(run_check(self._gateway, entry, deadline) for entry in entries))
            parts += [
                Part(finding.name, finding.severity is not Severity.ERROR, finding.message)
                for found in findings
                for finding in found
            ]
        return parts


async def run_check(gateway: Gateway, entry: Entry, deadline: float) -> Sequence[Finding]:
    """Run one check; its fault becomes an error finding."""
    try:
        found = await gateway.dispatch.call(entry, entry.provider.run, deadline=deadline, check=check_findings)
    except ProviderFault as fault:
        return [Finding(entry.name, Severity.ERROR, f"the check itself failed: {fault.kind}", "see the log")]
    return [found] if isinstance(found, Finding) else list(found)
