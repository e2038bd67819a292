"""Needs a module that nobody has."""

import altus4_no_such_dependency

from altus4_core import Plugin


class Needy(Plugin):
    """Cannot be imported."""

    name = "missing-dependency"
    needed = altus4_no_such_dependency
