"""Wraps that give back something else."""

from typing import Any

from altus4_core import Plugin, hookimpl


class _Renamed:
    name = "renamed"

    async def categorize(self, request: Any, hits: Any) -> Any:
        """Never asked."""


class RenamingWrap(Plugin):
    """Changes the name."""

    name = "renaming-wrap"

    @hookimpl
    def altus4_wrap(self, seam: str, provider: Any) -> Any:
        """Rename."""
        return _Renamed() if seam == "categorizer" else None


class ForeignWrap(Plugin):
    """Gives a provider of another seam."""

    name = "foreign-wrap"

    @hookimpl
    def altus4_wrap(self, seam: str, provider: Any) -> Any:
        """Give a categorizer for a policy."""
        return _Renamed() if seam == "policy" else None


class RaisingWrap(Plugin):
    """Raises."""

    name = "raising-wrap"

    @hookimpl
    def altus4_wrap(self, seam: str, provider: Any) -> Any:
        """Raise."""
        message = "on purpose"
        raise RuntimeError(message)
