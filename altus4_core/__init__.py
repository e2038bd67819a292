"""Altus 4: a plugin-based search gateway. What plugin authors import stands here."""

from altus4_core.hookspecs import hookimpl
from altus4_core.plugin import API, Plugin, PluginContext
from altus4_core.settings import Secret, setting

__all__ = ["API", "Plugin", "PluginContext", "Secret", "hookimpl", "setting"]
