"""A piece of text around a match."""

LONGEST = 200  # characters of a snippet, the ellipses apart
BEFORE = 70  # characters of context before the match
_SEARCH = 20  # how far a cut moves to fall between two words


def snippet_of(text: str, position: int) -> str:
    """Cut a piece that shows what stands at `position`; `…` marks where text is left out."""
    size = len(text)
    if size <= LONGEST:
        return text
    # Comparisons instead of min() and max(): this runs for every row, and their calls cost more than the rest.
    start = position - BEFORE
    if start > size - LONGEST:  # noqa: PLR1730 - see above
        start = size - LONGEST
    end = start + LONGEST
    before = after = ""
    if start > 0:
        before = "…"
        latest = start + _SEARCH
        space = text.find(" ", start, latest if latest < position else position)  # noqa: FURB136 - see above
        if space >= 0:
            start = space + 1
    else:
        start, end = 0, LONGEST
    if end < size:
        after = "…"
        earliest = end - _SEARCH
        space = text.rfind(" ", earliest if earliest > position else position, end)  # noqa: FURB136 - see above
        if space > start:
            end = space
    return before + text[start:end] + after
