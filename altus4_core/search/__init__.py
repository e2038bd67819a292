"""One search, from a validated request to its answer."""
