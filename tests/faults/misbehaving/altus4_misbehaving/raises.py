"""Raises when it is imported."""

message = "on purpose"
raise RuntimeError(message)
