"""Plugins whose settings are wrong, and one that needs them right."""

from typing import Any

import attrs
from attrs.validators import ge

from altus4_core import Plugin, setting


@attrs.frozen
class FussySettings:
    """Section `[plugins.fussy]`."""

    size: int = setting(1, doc="A size.", validator=ge(1))
    colour: str = setting("red", doc="A colour.")


class Fussy(Plugin):
    """Has settings."""

    name = "fussy"
    Settings = FussySettings


class _Plain:
    """No attrs class."""


class PlainSettings(Plugin):
    """Its settings cannot be read."""

    name = "plain-settings"
    Settings = _Plain


class RaisingConstructor(Plugin):
    """Cannot be made."""

    name = "raising-constructor"

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        message = "on purpose"
        raise RuntimeError(message)
