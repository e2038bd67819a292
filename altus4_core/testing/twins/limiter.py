"""The null limiter: nothing is ever too much."""

from altus4_core.records import Subject, Verdict

PLENTY = 1_000_000


class NeverLimits:
    """Admits everything and remembers nothing."""

    def __init__(self, name: str = "never-limits") -> None:
        self.name = name

    async def admit(self, subject: Subject, action: str, cost: int) -> Verdict:
        """Admit."""
        return Verdict(allowed=True, limit=PLENTY, remaining=PLENTY, tier=subject.tier, policy=self.name)
