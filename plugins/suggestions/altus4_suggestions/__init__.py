"""Query suggestions for Altus 4: popular, completed, spelt right."""

from altus4_suggestions.plugin import SuggestionsPlugin

__all__ = ["SuggestionsPlugin"]
