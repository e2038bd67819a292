"""Settings: declared as frozen attrs records, read from TOML, environment and files."""

from altus4_core.settings.core import CoreSettings
from altus4_core.settings.field import Secret, setting

__all__ = ["CoreSettings", "Secret", "setting"]
