"""The null check: all is well."""

from altus4_core.records import Finding, Severity


class AllIsWell:
    """Finds nothing wrong."""

    def __init__(self, name: str = "all-is-well") -> None:
        self.name = name

    async def run(self) -> Finding:
        """Tell."""
        return Finding(self.name, Severity.OK, "all is well")
