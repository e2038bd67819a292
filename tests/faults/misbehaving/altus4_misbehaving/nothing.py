"""Entry points that lead to something else."""

from altus4_core import Plugin


class NoPlugin:
    """Not derived from Plugin."""

    name = "no-plugin"


class OtherName(Plugin):
    """Named otherwise than its entry point."""

    name = "another-name"
