"""API keys for Altus 4."""

from altus4_api_keys.plugin import ApiKeysPlugin

__all__ = ["ApiKeysPlugin"]
