"""The member `highlight`: which tags are taken, what is refused, and that results are marked, by GET and batch, too."""

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.errors import ValidationFailed
from altus4_core.http.search.highlight import HighlightBody, read_highlight
from altus4_core.matches import Matches
from altus4_core.records import Highlight, Hit, TableHits

PATH = "/api/v1/search"


@pytest.mark.parametrize(
    ("pre_tag", "post_tag", "closing"),
    [
        (None, None, "</mark>"),
        ("<em>", None, "</em>"),
        ('<em class="hit"><b>', None, "</b></em>"),
        ("<EM data-x='1'>", "</EM>", "</EM>"),
        ('<span style="color: red">', None, "</span>"),
        ("<x-hit>", None, "</x-hit>"),
        ("**", None, "**"),
        ("[", "]", "]"),
        ("", "", ""),
        ("&raquo;", "&#171;", "&#171;"),
        ("『", "』", "』"),
    ],
)
def test_tags_that_are_taken(pre_tag, post_tag, closing):
    expected = Highlight(pre_tag="<mark>" if pre_tag is None else pre_tag, post_tag=closing)
    assert read_highlight(HighlightBody(pre_tag=pre_tag, post_tag=post_tag)) == expected


@pytest.mark.parametrize(
    ("pre_tag", "post_tag", "field"),
    [
        ("<script>", None, "preTag"),
        ("<b onclick=alert(1)>", None, "preTag"),
        ('<b onmouseover="alert(1)">', None, "preTag"),
        ("<img src=x onerror=alert(1)>", None, "preTag"),
        ('<a href="javascript:alert(1)">', None, "preTag"),
        ('<b style="background:url(//x)">', None, "preTag"),
        ("<b", None, "preTag"),
        ("<b><script>", None, "preTag"),
        ("</b>", None, "preTag"),
        ("a\x00b", None, "preTag"),
        ("&", None, "preTag"),
        ("<!--", None, "preTag"),
        ("<em>", "</b>", "postTag"),
        ("<em>", "<script>", "postTag"),
        ("<em><b>", "</em></b>", "postTag"),
        (None, "]", "postTag"),
        ("[", "</b>", "postTag"),
    ],
)
def test_tags_that_are_refused(pre_tag, post_tag, field):
    with pytest.raises(ValidationFailed) as refusal:
        read_highlight(HighlightBody(pre_tag=pre_tag, post_tag=post_tag))
    assert [problem["field"] for problem in refusal.value.details] == [f"highlight.{field}"]


@pytest.mark.parametrize(
    ("highlight", "field"),
    [
        ("yes", "highlight"),
        ({"tag": "b"}, "highlight.tag"),
        ({"cropLength": 0}, "highlight.cropLength"),
        ({"cropLength": 10_000}, "highlight.cropLength"),
        ({"cropLength": "9" * 10_000}, "highlight.cropLength"),
        ({"preTag": "*" * 101}, "highlight.preTag"),
        ({"columns": []}, "highlight.columns"),
        ({"columns": ["`x"]}, "highlight.columns[0]"),
        ({"columns": ["title", "😀" * 65]}, "highlight.columns[1]"),
    ],
)
async def test_what_is_refused_names_its_place(client, highlight, field):
    response = await client.post(PATH, json={"query": "database", "highlight": highlight})
    assert response.status == 400
    assert [problem["field"] for problem in (await response.json())["error"]["details"]] == [field]


@pytest.mark.parametrize("highlight", [None, False])
async def test_nothing_is_marked_unasked(client, highlight):
    for body in ({"query": "database"}, {"query": "database", "highlight": highlight}):
        results = (await (await client.post(PATH, json=body)).json())["data"]["results"]
        assert results
        assert not any("highlights" in result for result in results)


async def test_results_are_marked_by_every_way_in(client):
    asked = {"query": "database", "highlight": {"preTag": "<em>", "cropLength": 60}}
    whole = (await (await client.post(PATH, json=asked)).json())["data"]["results"]
    assert whole
    for result in whole:
        assert set(result["highlights"]) == set(result["matchedColumns"])
        assert all("<em>" in text and "</em>" in text for text in result["highlights"].values())
    query = {"q": "database", "highlight.preTag": "<em>", "highlight.cropLength": "60"}
    assert (await (await client.get(PATH, params=query)).json())["data"]["results"] == whole
    batch = await client.post(f"{PATH}/batch", json={"searches": [asked, {"query": "database"}]})
    marked, plain = [each["data"]["results"] for each in (await batch.json())["data"]["results"]]
    assert marked == whole
    assert not any("highlights" in result for result in plain)
    simple = (await (await client.get(PATH, params={"q": "database", "highlight": "true"})).json())["data"]["results"]
    assert all("<mark>" in text for result in simple for text in result["highlights"].values())
    pages, cursor = [], None
    while len(pages) < len(whole):
        page = {**asked, "limit": 1, **({"cursor": cursor} if cursor else {})}
        data = (await (await client.post(PATH, json=page)).json())["data"]
        pages += data["results"]
        cursor = data.get("nextCursor")
    assert pages == whole


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (None, ["HIGHLIGHT_UNSUPPORTED"]),
        (lambda: {"a": Matches("a <b>", [(2, 5)])}, []),
        (lambda: {"a": Matches("a", ["x"])}, ["HIGHLIGHT_INCOMPLETE"]),
        (lambda: {"a": "b"}, ["HIGHLIGHT_INCOMPLETE"]),
        (lambda: {}[0], ["HIGHLIGHT_INCOMPLETE"]),
        ({"a": "<i>own</i>"}, []),
    ],
)
async def test_modes_of_plugins_may_say_what_matches(client_factory, said, codes):
    given = {"highlights": said} if isinstance(said, dict) else {"matches": said}

    class Mode:
        name = "telling"
        kinds = frozenset({"memory"})
        options = None

        async def search(self, request, target):
            return [TableHits("t", "i", [Hit((1,), 1.0, {"a": "a <b>"}, **given)], 1, "eq")]

    class Telling(Plugin):
        name = "telling"

        @hookimpl
        def altus4_search_modes(self):
            return [Mode()]

    client = await client_factory(Telling)
    response = await client.post(PATH, json={"query": "a", "searchMode": "telling", "highlight": True})
    data = (await response.json())["data"]
    assert [warning["code"] for warning in data["warnings"] if "HIGHLIGHT" in warning["code"]] == codes
    expected = {} if codes else {"a": "<i>own</i>"} if isinstance(said, dict) else {"a": "a <mark>&lt;b&gt;</mark>"}
    assert data["results"][0]["highlights"] == expected
