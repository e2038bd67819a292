"""Is no Python."""

class Unreadable(Plugin:
    name = "syntax-error"
