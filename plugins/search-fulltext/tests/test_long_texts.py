"""Long values are cut with a warning; matches beyond the cut still show."""

from collections.abc import AsyncIterator

import pytest
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress

from altus4_core.records import Highlight

from .support import Target, boolean, natural, opened, request

pytestmark = pytest.mark.mysql

FILLER = "lorem ipsum dolor sit amet " * 200  # 5,400 characters


async def _library(pool: Pool) -> None:
    await pool.fetch(
        "CREATE TABLE books (shelf INT, id BIGINT UNSIGNED, title VARCHAR(100), body MEDIUMTEXT, notes TEXT,"
        " PRIMARY KEY (shelf, id), FULLTEXT KEY ft (title, body, notes)) ENGINE=InnoDB"
    )
    rows = [
        (1, 1, "Start here", f"{FILLER} the elephant trumpets loudly {FILLER}", "short"),
        (1, 2, "Elephant book", f"{FILLER} start smart {FILLER} art of the ELEPHANT {FILLER}", None),
        (2, 18446744073709551615, "Short", "a giraffe", "tall"),
        (2, 3, "Words inside", f"{FILLER} smartphone startled", "art"),
    ]
    for row in rows:
        await pool.fetch("INSERT INTO books VALUES (%s, %s, %s, %s, %s)", row)


@pytest.fixture
async def library(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _library) as target:
        yield target


async def test_a_match_beyond_the_cut_is_found_and_shown(library: Target) -> None:
    found = await natural().search(request("elephant"), library)
    hits = {hit.key: hit for hit in found[0].hits}
    deep = hits[1, 1]
    assert deep.matched_columns == ("body",)
    assert "elephant trumpets" in deep.snippet
    assert deep.snippet.startswith("…")
    both = hits[1, 2]
    assert both.matched_columns == ("title", "body")
    assert both.snippet == "Elephant book"
    assert len(deep.data["body"]) == 2000
    cut = next(notice for notice in found[0].notices if notice.code == "VALUES_CUT")
    assert cut.details == {"columns": ["body"], "characters": 2000}


async def test_a_word_inside_longer_words_does_not_count(library: Target) -> None:
    found = await natural().search(request("art"), library)
    hits = {hit.key: hit for hit in found[0].hits}
    assert set(hits) == {(1, 2), (2, 3)}
    assert "art of" in hits[1, 2].snippet
    assert hits[2, 3].matched_columns == ("notes",)


async def test_phrases_and_prefixes_are_found_there_too(library: Target) -> None:
    found = await boolean().search(request('"elephant trumpets" OR girafff* OR trump*'), library)
    assert [(hit.key, hit.matched_columns) for hit in found[0].hits] == [((1, 1), ("body",))]
    assert "trumpets" in found[0].hits[0].snippet


async def test_short_values_need_no_second_statement(library: Target) -> None:
    await natural().search(request("giraffe"), library)
    assert len(library.statements) == 1


async def test_the_cut_is_a_setting_and_shrinks_for_deep_pages_alone(library: Target) -> None:
    found = await natural(longest=300).search(request("elephant"), library)
    assert {len(hit.data["body"]) for hit in found[0].hits} == {300}
    found = await natural(longest=100_000).search(request("elephant"), library)
    assert min(len(hit.data["body"]) for hit in found[0].hits) > 5400
    found = await natural(longest=100_000).search(request("elephant", offset=900, limit=100), library)
    assert {len(hit.data["body"]) for hit in found[0].hits} == {500}


async def test_what_is_marked_may_lie_beyond_the_cut(library: Target) -> None:
    found = await natural().search(request("elephant art", highlight=Highlight()), library)
    marks = {hit.key: hit.matches() for hit in found[0].hits if hit.matches is not None}
    deep = marks[1, 1]["body"]
    assert [deep.text[begin:end] for begin, end in deep.spans] == ["elephant"]
    assert (deep.before, deep.after) == (True, True)
    both = marks[1, 2]["body"]
    assert {both.text[begin:end] for begin, end in both.spans} <= {"art", "ELEPHANT"}
    assert set(marks[2, 3]) == {"notes"}
    # What goes on beyond the cut may be another word: `lorem` is cut to `lor` there.
    cut = await boolean(longest=300).search(request("lor* ipsum", highlight=Highlight()), library)
    shown = next(hit.matches() for hit in cut[0].hits if hit.key == (1, 1) and hit.matches is not None)["body"]
    assert shown.text == FILLER[:300]
    assert {shown.text[begin:end] for begin, end in shown.spans} == {"lorem", "ipsum"}
    assert shown.text.endswith(" lor")
    assert max(shown.spans)[1] < 297
