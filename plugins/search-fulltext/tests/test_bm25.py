"""BM25 as its formula says."""

import math

import pytest
from altus4_search_fulltext.ranking.bm25 import BM25, K1, B, idf
from altus4_search_fulltext.ranking.excerpt import Excerpt
from altus4_search_fulltext.ranking.terms import term_of
from altus4_search_fulltext.wordchars import word_pattern
from hypothesis import given
from hypothesis import strategies as st

from .test_samples import statistics

SAMPLE = statistics(["tuning the pool", "a pool of a kind", "nothing in it", "tuned and retuned"])
WORDS = ["tune", "tuned", "tuning,", "(pool)", "pools", "tunnel", "fortune", "carpool", "the", "pool-pool", "x\ntunes"]


def scorer(*words: str) -> BM25:
    return BM25([term_of(word, SAMPLE.stem) for word in words], Excerpt.of(SAMPLE), word_pattern())


def test_formula() -> None:
    text = "tuning a pool, tuned pool; tunnel"
    score, weights = scorer("tune", "pool").score(text, len(text))
    norm = K1 * (1 - B + B * len(text) / SAMPLE.average_length)
    weight = 2 * (K1 + 1) / (2 + norm)
    assert weights == {"tune": pytest.approx(weight), "pool": pytest.approx(weight)}
    rarity = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    assert score == pytest.approx(2 * weight * rarity)


def test_rarer_terms_count_more() -> None:
    assert idf(300, 0) > idf(300, 1) > idf(300, 150) > idf(300, 300) > 0


def test_frequencies_are_those_of_the_sample() -> None:
    excerpt = Excerpt.of(SAMPLE)
    assert excerpt.frequency(term_of("tunes", SAMPLE.stem)) == 2
    assert excerpt.frequency(term_of("absent", SAMPLE.stem)) == 0


@given(st.lists(st.sampled_from(WORDS), max_size=30), st.sampled_from([" ", "  ", "\n", "/"]))
def test_counts_are_those_of_a_tokenizer(words: list[str], between: str) -> None:
    text = between.join(words)
    _, weights = scorer("tuning", "pool").score(text, len(text))
    norm = K1 * (1 - B + B * len(text) / SAMPLE.average_length)
    stems = [SAMPLE.stem(word) for word in word_pattern().findall(text)]
    expected = {
        name: pytest.approx(count * (K1 + 1) / (count + norm))
        for name in ("tune", "pool")
        if (count := stems.count(name))
    }
    assert weights == expected
