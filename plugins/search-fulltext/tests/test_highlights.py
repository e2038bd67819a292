"""What is marked is what matched, on both servers, in every mode."""

import html
from typing import Any

import attrs
import pytest
from altus4_mysql import Pool
from altus4_sandbox import Flavour
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.mode import FulltextMode

from altus4_core.records import Highlight, Hit
from altus4_core.search.marking import marked

from .support import Target, boolean, natural, opened, request

pytestmark = pytest.mark.mysql

TEXTS = (
    'Tuning a buffer pool, and a <b>tuned</b> & "quoted" pool: tunes',
    "A full-text index; the index of full texts. Full, text!",
    "Grand Cafe\u0301 & CAFÉ, Straße und STRASSE",
    "مرحبا بالعالم pool العربية",
    "NUL\x00pool\x00 <script>alert('pool')</script> &amp; pool&lt;",
    "state of the art, art of the state",
)


async def _fill(pool: Pool) -> None:
    await pool.fetch(
        'CREATE TABLE texts (id INT PRIMARY KEY, `so "called` VARCHAR(99) NOT NULL, body TEXT, extra TEXT,'
        ' FULLTEXT KEY ft (`so "called`, body)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_unicode_ci'
    )
    for number, text in enumerate(TEXTS):
        # Parameters hold no NUL.
        body = "REPLACE(%s, '~', CHAR(0 USING utf8mb4))"
        values = (number, f"row {number} pool", text.replace("\x00", "~"))
        await pool.fetch(f"INSERT INTO texts VALUES (%s, %s, {body}, 'pool')", values)


def _marks(hit: Hit, **how: Any) -> dict[str, str]:
    assert hit.matches is not None
    highlight = attrs.evolve(Highlight(pre_tag="[", post_tag="]"), **how)
    return {column: marked(matches, highlight) for column, matches in hit.matches().items()}


async def _found(
    target: Target, mode: FulltextMode, query: str, columns: tuple[str, ...] | None = None, **changes: Any
) -> dict[Any, dict[str, str]]:
    wanted = Highlight(columns=columns)
    lists = await mode.search(request(query, highlight=wanted, tables=("texts",), **changes), target)
    return {hit.key[0]: _marks(hit) for hit in lists[0].hits}


async def test_what_is_marked_is_what_matched(any_server: ServerAddress) -> None:
    async with opened(any_server, _fill) as target:
        for mode, query, row, expected in (
            (natural(), "tuning pool", 0,
             "[Tuning] a buffer [pool], and a &lt;b&gt;tuned&lt;/b&gt; &amp; &quot;quoted&quot; [pool]: tunes"),
            (natural(), "cafe strasse", 2, "Grand [Cafe\u0301] &amp; [CAFÉ], [Straße] und [STRASSE]"),
            (natural(), "العربية", 3, "مرحبا بالعالم pool [العربية]"),
            (natural(), '"full text"', 1, "A [full-text] index; the index of full texts. [Full, text]!"),
            (boolean(), "tun* -grand", 0,
             "[Tuning] a buffer pool, and a &lt;b&gt;[tuned]&lt;/b&gt; &amp; &quot;quoted&quot; pool: [tunes]"),
            (boolean(), '"full text" NOT pools', 1, "A [full-text] index; the index of full texts. [Full, text]!"),
            (boolean(), '+index -"buffer pool" pool', 1, "A full-text [index]; the [index] of full texts. Full, text!"),
            (boolean(), '"tuning pool" @4', 0,
             "[Tuning] a buffer [pool], and a &lt;b&gt;tuned&lt;/b&gt; &amp; &quot;quoted&quot; pool: tunes"),
            (boolean(), "(+tuning +missing) OR (pool -index) buffer", 0,
             "Tuning a [buffer] [pool], and a &lt;b&gt;tuned&lt;/b&gt; &amp; &quot;quoted&quot; [pool]: tunes"),
            (boolean(), "(full -index) OR texts", 1, "A full-text index; the index of full [texts]. Full, text!"),
            (boolean(), '"state of the art"', 5, "[state of the art], art of the state"),
        ):  # fmt: skip
            assert (await _found(target, mode, query))[row]["body"] == expected, query
        hostile = (await _found(target, natural(), "pool"))[4]
        assert hostile["body"].replace("[", "").replace("]", "") == html.escape(TEXTS[4])
        assert hostile["body"].count("[pool]") == 4 - 1
        assert hostile['so "called'] == "row 4 [pool]"


async def test_columns_and_fields(any_server: ServerAddress) -> None:
    async with opened(any_server, _fill) as target:
        chosen = await _found(target, natural(), "pool", columns=('so "CALLED', "texts.extra", "other.body"))
        assert chosen[0] == {'so "called': "row 0 [pool]"}
        shown = await _found(target, natural(), "pool", fields=("id",))
        assert set(shown[0]) == {'so "called', "body"}
        lists = await natural().search(request("pool", highlight=Highlight(columns=("x😀", "body"))), target)
        assert [(notice.code, notice.details["field"]) for notice in lists[0].notices] == [
            ("UNKNOWN_COLUMN", "highlight.columns[0]")
        ]
        assert [misfit.place for misfit in lists[0].misfits] == ["highlight.columns[0]"]
        assert lists[0].hits
        plain = await natural().search(request("pool"), target)
        assert all(hit.matches is None for hit in plain[0].hits)


async def test_ngrams_of_cjk_with_odd_names(any_server: ServerAddress) -> None:
    if any_server.flavour is not Flavour.MYSQL:
        pytest.skip("this server has no ngram parser")

    async def fill(pool: Pool) -> None:
        await pool.fetch(
            "CREATE TABLE grams (id INT PRIMARY KEY, `題名` TEXT, FULLTEXT KEY ft (`題名`) WITH PARSER ngram)"
            " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
        )
        await pool.fetch("INSERT INTO grams VALUES (1, '東京の日本語検索'), (2, '日本の本語')")

    async with opened(any_server, fill) as target:
        for mode, query, expected in (
            (natural(), "日本語", {1: "東京の[日本語]検索", 2: "[日本]の[本語]"}),
            (boolean(), "日本語", {1: "東京の[日本語]検索"}),
            (boolean(), "+日本 -検索", {2: "[日本]の本語"}),
        ):
            lists = await mode.search(request(query, highlight=Highlight(columns=("題名",))), target)
            assert {hit.key[0]: _marks(hit)["題名"] for hit in lists[0].hits} == expected
