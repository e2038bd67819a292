"""Marked texts: everything escaped but the tags, nothing cut that belongs together."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.clusters import cut_before, cut_behind, is_inside
from altus4_core.matches import Matches
from altus4_core.records import Highlight
from altus4_core.search.marking import joined, marked

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
PIECES = st.sampled_from(["a", " ", "&", "<", '"', "e\u0301", FAMILY, "\U0001f1e9\U0001f1ea", "日", "\r\n", "ا", "\x00", "각"])  # fmt: skip  # noqa: E501


def test_marks_are_escaped_and_joined() -> None:
    matches = Matches("a <b> & 'c'", [(8, 11), (0, 1), (2, 4), (3, 5)])
    assert marked(matches, Highlight()) == (
        "<mark>a</mark> <mark>&lt;b&gt;</mark> &amp; <mark>&#x27;c&#x27;</mark>"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "span", "length", "expected"),
    [
        ("one two three four five", (8, 13), 12, "…[three] four…"),
        ("one two three four five", (8, 13), 13, "…[three] four…"),
        ("one two three four five", (0, 3), 9, "[one] two…"),
        ("one two three four five", (19, 23), 9, "…four [five]"),
        ("one two three four five", (8, 13), 3, "…[thr]…"),
        ("one two three four five", (8, 13), 1, "…[t]…"),
        ("one two three four five", (8, 13), 23, "one two [three] four five"),
        (f"x {FAMILY}{FAMILY} word", (13, 17), 6, "…[word]"),
        (f"{FAMILY} word", (0, 5), 2, f"[{FAMILY}]…"),
        ("&&&&&& word &&&&&&", (7, 11), 7, "…[word]…"),
    ],
)
def test_a_crop_shows_the_match(text: str, span: tuple[int, int], length: int, expected: str) -> None:
    assert marked(Matches(text, [span]), Highlight(pre_tag="[", post_tag="]", crop_length=length)) == expected


def test_what_is_left_out_already_is_said() -> None:
    assert marked(Matches("word", [(0, 4)], before=True, after=True), Highlight()) == "…<mark>word</mark>…"


def test_spans_never_end_inside_a_character() -> None:
    text = f"cafe\u0301 {FAMILY}"
    assert joined(text, [(0, 4), (6, 7)]) == [(0, 5), (6, len(text))]
    assert joined("ab", [(-3, 1), (1, 9), (5, 7)]) == [(0, 2)]


@given(st.lists(PIECES, max_size=40).map("".join), st.data())
def test_nothing_is_lost_or_torn(text: str, data: st.DataObject) -> None:
    places = st.integers(-2, len(text) + 2)
    spans = data.draw(st.lists(st.tuples(places, places), min_size=1, max_size=5))
    length = data.draw(st.none() | st.integers(1, 50))
    written = marked(Matches(text, spans), Highlight(pre_tag="<mark>", post_tag="</mark>", crop_length=length))
    assert re.fullmatch(r"(?:[^<>]|<mark>[^<>]+</mark>)*", written)
    shown = html.unescape(re.sub("</?mark>", "", written).replace("\x00", "\ue000").replace("\r", "\ue001"))
    shown = shown.replace("\ue000", "\x00").replace("\ue001", "\r")
    if length is None:
        assert shown == text
        return
    bare = shown.removeprefix("…").removesuffix("…")
    assert bare in text
    start = text.find(bare)
    assert any(
        not is_inside(text, at) and not is_inside(text, at + len(bare))
        for at in range(start, len(text) - len(bare) + 1)
        if text.startswith(bare, at)
    )
    assert len(bare) <= length or len(bare) == cut_behind(bare, 1)


def test_places_to_cut() -> None:
    text = "e\u0301e"
    assert (cut_before(text, 1), cut_behind(text, 1), cut_before(text, 2)) == (0, 2, 2)
    flags = "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7"
    assert [at for at in range(5) if not is_inside(flags, at)] == [0, 2, 4]
    assert [at for at in range(4) if not is_inside("\u1112\u1161\u11ab", at)] == [0, 3]
