"""What candidates are drawn with."""

import pytest
from altus4_search_fulltext.natural import natural_query
from altus4_search_fulltext.ranking.drawing import draw
from altus4_search_fulltext.ranking.excerpt import Excerpt

from .test_samples import TEXTS, rules, statistics


def drawn(query: str, texts: list[str] | None = None) -> tuple[str, list[str], bool]:
    sample = statistics(texts or TEXTS)
    drawing = draw(natural_query(query, rules(), 32), rules(), Excerpt.of(sample), sample.stem)
    return drawing.query.text, [term.name for term in drawing.terms], drawing.widened


@pytest.mark.parametrize(
    ("query", "text", "terms"),
    [
        ("tuning", "tune* tuning tunings", ["tune"]),
        ("database", "databas*", ["databas"]),
        ("databases database", "databas*", ["databas"]),
        ("libraries", "librari* library", ["librari"]),
        ("cars", "cars car", ["car"]),
        ("w123 café", "w123 café", ["w123", "cafe"]),
        ('"buffer pool" tuned', '"buffer pool" (+tune*) tuning tunings', ["buffer", "pool", "tune"]),
        ("数据库", "数据库", ["数据库"]),
    ],
)
def test_stems_words_and_phrases(query: str, text: str, terms: list[str]) -> None:
    sent, names, widened = drawn(query)
    assert set(sent.split()) >= set(text.split())
    assert sent.split()[0] == text.split()[0]
    assert names == terms
    assert widened is (query not in {"w123 café", "数据库"})


def test_a_prefix_is_not_sent_where_most_of_what_begins_so_is_another_word() -> None:
    assert "post*" in drawn("posts", ["post posted", "posts", "postgres"])[0]
    texts = ["post posted", *(f"postgres postfix postal {number}" for number in range(9))]
    sent = drawn("posts", texts)[0].split()
    assert "post*" not in sent
    assert {"posts", "post", "posted"} <= set(sent)


def test_short_stems_are_never_prefixes() -> None:
    assert "*" not in drawn("air ice bus it's", ["the air and ice of a bus"])[0]


def test_other_languages_are_searched_as_they_stand() -> None:
    texts = ["Der Hund und die Katze sind nicht das", "die Tabellen und der Index von dem"]
    assert drawn("tabellen index", texts) == ("tabellen index", ["tabellen", "index"], False)
