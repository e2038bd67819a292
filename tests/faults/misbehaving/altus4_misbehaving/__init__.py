"""Plugins that break their contracts, one way each; `rogue` breaks them as its settings say."""
