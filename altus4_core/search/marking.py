"""Texts with their matches marked, as HTML: a pure function.

Everything but the tags is escaped here, once for all search modes, so that no mode can forget it.
"""

from collections.abc import Sequence
from html import escape

from altus4_core.clusters import cut_before, cut_behind, is_inside
from altus4_core.matches import Matches
from altus4_core.records import Highlight

_ELLIPSIS = "…"
_SEARCH = 20  # how far a cut moves to fall between two words
_LEAD = 3  # a match stands behind the first third of what is left of a piece

Span = tuple[int, int]


def marked(matches: Matches, highlight: Highlight) -> str:
    """Write a text as HTML with tags around its matches; `…` says where something is left out.

    Args:
        matches: With at least one span.
        highlight: The tags, and how many characters to show; they count before escaping, tags and `…` apart.
    """
    text = matches.text
    spans = joined(text, matches.spans)
    start, end = 0, len(text)
    if highlight.crop_length is not None and end > highlight.crop_length:
        start, end = _cropped(text, spans[0] if spans else (0, 0), highlight.crop_length)
    pieces = [_ELLIPSIS] if start > 0 or matches.before else []
    place = start
    for first, last in spans:
        begin, close = max(first, place), min(last, end)
        if begin < close:
            pieces += [escape(text[place:begin]), highlight.pre_tag, escape(text[begin:close]), highlight.post_tag]
            place = close
    pieces.append(escape(text[place:end]))
    if end < len(text) or matches.after:
        pieces.append(_ELLIPSIS)
    return "".join(pieces)


def joined(text: str, spans: Sequence[Span]) -> list[Span]:
    """Give spans in order, none touching another, and none ending inside what is one character to a reader."""
    found: list[Span] = []
    size = len(text)
    for first, last in sorted(spans):
        begin, end = cut_before(text, max(first, 0)), cut_behind(text, min(last, size))
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif begin < end:
            found.append((begin, end))
    return found


def _cropped(text: str, match: Span, length: int) -> Span:
    """Choose a piece of at most so many characters that shows a match, or the beginning of one that is longer.

    Only what is one character to a reader and longer than that makes a piece longer.
    """
    begin, close = match
    start = max(0, min(begin - max(length - (close - begin), 0) // _LEAD, len(text) - length))
    end = start + length
    if start > 0:
        space = text.find(" ", start - 1, min(start + _SEARCH, begin))
        start = cut_behind(text, space + 1 if space >= 0 else start)
    if end < len(text):
        space = text.rfind(" ", max(end - _SEARCH, close), end + 1)
        end = space if space >= 0 else cut_before(text, end, start)
    return start, end if end > start and not is_inside(text, end) else cut_behind(text, start + 1)
