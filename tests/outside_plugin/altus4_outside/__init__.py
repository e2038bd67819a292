"""An outsider's plugin that uses every hook once."""

from altus4_outside.plugin import OutsidePlugin

__all__ = ["OutsidePlugin"]
