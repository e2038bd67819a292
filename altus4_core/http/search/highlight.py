"""How matches are to be marked, as a request says it.

Tags reach a caller's pages as they were sent, hence are held to what marks text: HTML that only dresses what it
surrounds, or plain signs.
"""

import re
from html import escape

import attrs

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.http.search.wishes import read_names
from altus4_core.records import Highlight
from altus4_core.schema.decode import field

LONGEST_TAG = 100
LONGEST_CROP = 2000
MOST_HIGHLIGHTED = 64

_ELEMENTS = (
    *("a", "abbr", "b", "bdi", "big", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q", "s", "samp"),
    *("small", "span", "strong", "sub", "sup", "tt", "u", "var"),
)
_NAME = rf"(?:{'|'.join(_ELEMENTS)}|[a-z][a-z0-9]*-[a-z0-9-]*)"  # a dash makes it somebody's own element
_ATTRIBUTE = r"""(?:class|id|title|lang|dir|role|style|(?:data|aria)-[a-z0-9-]+)=(?:"[^"<>&]*"|'[^'<>&]*')"""
_OPENING = re.compile(rf"<({_NAME})((?: +{_ATTRIBUTE})*) *>", re.ASCII | re.IGNORECASE)
_OPENINGS = re.compile(rf"(?:<{_NAME}(?: +{_ATTRIBUTE})* *>)+", re.ASCII | re.IGNORECASE)
_CLOSINGS = re.compile(rf"(?:</{_NAME} *>)+", re.ASCII | re.IGNORECASE)
_CLOSING = re.compile(rf"</({_NAME}) *>", re.ASCII | re.IGNORECASE)
_PLAIN = re.compile(
    r"(?:[^<>&\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|&#?[a-z0-9]{1,20};)*", re.ASCII | re.IGNORECASE
)
_ACTIVE_STYLE = re.compile(r"""style=["'][^"']*[(\\@]""", re.ASCII | re.IGNORECASE)  # url(), expression(), @import


@attrs.frozen
class HighlightBody:
    """How matches are marked."""

    columns: tuple[str, ...] | None = field(
        None, doc="Columns to mark, as in fields; absent: all that match.", min_length=1, max_length=MOST_HIGHLIGHTED
    )
    pre_tag: str | None = field(
        None,
        doc="Before a match: HTML that dresses text, with class, style and the like, or plain signs; absent: <mark>.",
        max_length=LONGEST_TAG,
    )
    post_tag: str | None = field(
        None, doc="Behind a match; absent: what closes preTag, or the same signs.", max_length=LONGEST_TAG
    )
    crop_length: int | None = field(
        None, doc="Characters shown around the first match; absent: the whole text.", min=1, max=LONGEST_CROP
    )


def read_highlight(wanted: bool | HighlightBody | None) -> Highlight | None:  # noqa: FBT001 -- as a body has it
    """Read the member `highlight`.

    Raises:
        ValidationFailed: naming every part that is wrong.
    """
    if wanted is None or wanted is False:
        return None
    body = HighlightBody() if wanted is True else wanted
    problems: list[FieldProblem] = []
    columns = None
    try:
        columns = read_names("highlight.columns", body.columns)
    except ValidationFailed as error:
        problems += [FieldProblem(**details) for details in error.details]
    pre_tag = "<mark>" if body.pre_tag is None else body.pre_tag
    post_tag = body.post_tag
    closing = _closing(pre_tag)
    if closing is None:
        problems.append(FieldProblem("highlight.preTag", _ADVICE, "tag"))
    elif post_tag is None:
        post_tag = closing or pre_tag
    elif closing:
        names = [name.casefold() for name in _CLOSING.findall(post_tag)] if _CLOSINGS.fullmatch(post_tag) else []
        if names != _CLOSING.findall(closing):
            problems.append(FieldProblem("highlight.postTag", f"must close what preTag opens: {closing}", "tag"))
    elif not _PLAIN.fullmatch(post_tag):
        message = "must be plain signs without < and >, as preTag has no HTML element to close"
        problems.append(FieldProblem("highlight.postTag", message, "tag"))
    if problems:
        raise ValidationFailed.of(problems)
    return Highlight(columns, pre_tag, post_tag or "", body.crop_length)


_ADVICE = (
    f"must be opening HTML tags of {', '.join(_ELEMENTS)} or of an element with a dash in its name, with no other "
    "attributes than class, id, title, lang, dir, role, style (without brackets), data-* and aria-*, or else plain "
    "signs without <, > and control characters"
)


def _closing(tag: str) -> str | None:
    """Give what closes a tag; empty for plain signs, None for what is not allowed."""
    if _PLAIN.fullmatch(tag):
        return ""
    if not _OPENINGS.fullmatch(tag) or _ACTIVE_STYLE.search(tag):
        return None
    names = [name.casefold() for name, _ in _OPENING.findall(tag)]
    return "".join(f"</{escape(name)}>" for name in reversed(names))
