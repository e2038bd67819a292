"""Stems of English words, and which texts are English."""

import pytest
from altus4_search_fulltext.ranking.languages import is_english
from altus4_search_fulltext.ranking.stems import english, unchanged, variants
from altus4_search_fulltext.ranking.terms import needle_of, term_of
from altus4_search_fulltext.wordchars import word_pattern
from hypothesis import given
from hypothesis import strategies as st

FAMILIES = [
    ("tuning", "tune", "tuned", "tunes"),
    ("library", "libraries"),
    ("index", "indexing", "indexed", "indexes"),
    ("hopping", "hop", "hops", "hopped"),
    ("car", "cars"),
]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family[0])
def test_forms_of_a_word_share_a_term(family: tuple[str, ...]) -> None:
    text = f"before {' '.join(family)} behind"
    for word in family:
        term = term_of(word, english())
        assert all(term.accepts(form) for form in family)
        assert [text[begin:end] for begin, end in term.spans(text, word_pattern())] == list(family)
        assert needle_of(term).find(text, word_pattern()) == len("before ")


def test_a_term_does_not_find_what_only_begins_so() -> None:
    term = term_of("tuning", english())
    for text in ("tunnel", "attune tunnels", "fortune", "tun"):
        assert needle_of(term).find(text, word_pattern()) == -1


@pytest.mark.parametrize("word", ["w123", "a1b2c3", "naïve", "数据库", "données", "x", "is", ""])
def test_what_is_no_english_word_is_its_own_stem(word: str) -> None:
    assert english()(word) == word


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_every_word_is_found_by_its_own_term(word: str) -> None:
    term = term_of(word, english())
    assert word.startswith(term.head)
    assert term.accepts(word)
    assert list(term.spans(word, word_pattern())) == [(0, len(word))]


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12))
def test_variants_have_the_stem(word: str) -> None:
    stem = english()(word)
    assert all(english()(form) == stem for form in variants(stem))


def test_unknown_languages_are_not_stemmed() -> None:
    assert unchanged("tuning") == "tuning"
    assert term_of("tuning", unchanged).head == "tuning"


TEXTS = {
    "en": "The index of the table is in the buffer and it was read from disk",
    "de": "Der Index der Tabelle ist im Speicher und wird nicht von der Platte gelesen",
    "fr": "Les index des tables sont dans la mémoire et une page est lue par le disque",
    "es": "Los índices de las tablas están en la memoria del servidor pero una página se lee por partes",
    "none": "X200 USB-C adapter black 12cm",
    "cjk": "数据库索引",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_english_is_told_by_its_commonest_words(language: str, text: str) -> None:
    words = text.lower().split()
    assert is_english(words.count) is (language in {"en", "none", "cjk"})
