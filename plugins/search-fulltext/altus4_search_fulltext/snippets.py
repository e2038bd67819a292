"""A piece of text around a match."""

LONGEST = 200  # characters of a snippet, the ellipses apart
BEFORE = 70  # characters of context before the match
_SEARCH = 20  # how far a cut moves to fall between two words


def snippet_of(text: str, position: int) -> str:
    """Cut a piece that shows what stands at `position`; `…` marks where text is left out."""
    if len(text) <= LONGEST:
        return text
    start = max(0, min(position - BEFORE, len(text) - LONGEST))
    end = min(len(text), start + LONGEST)
    if start > 0:
        space = text.find(" ", start, min(start + _SEARCH, position))
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", max(end - _SEARCH, position), end)
        end = space if space > start else end
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
