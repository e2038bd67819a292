"""Settings: declared as frozen attrs records, read from TOML, environment and files."""

from altus4_core.settings.core import CoreSettings
from altus4_core.settings.field import Secret, setting
from altus4_core.settings.loader import ExplainedValue, LoadedSettings, load_settings

__all__ = ["CoreSettings", "ExplainedValue", "LoadedSettings", "Secret", "load_settings", "setting"]
