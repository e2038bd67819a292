"""The nearest known name of a misspelled one."""

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name most like this one, None when nothing is like it."""
    names = {candidate.lower().replace("-", "_"): candidate for candidate in sorted(known)}
    near = difflib.get_close_matches(name.lower().replace("-", "_"), names, 1)
    return names[near[0]] if near else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give a hint that names the nearest known name, or else all of them if they are few."""
    names = sorted(known)
    near = nearest(name, names)
    if near is not None:
        return f"did you mean {near!r}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 20 else ""
