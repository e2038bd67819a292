"""Claims the plugin name `claimed`."""

from altus4_core import Plugin


class Claimed(Plugin):
    """One of two."""

    name = "claimed"
