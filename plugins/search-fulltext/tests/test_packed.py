"""Packed words answer as a dictionary does, in a fraction of its memory."""

from altus4_search_fulltext.ranking.packed import PackedCounts
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.dictionaries(WORDS, st.integers(0, 65_535), max_size=40), WORDS)
def test_it_is_a_sorted_dictionary(counts: dict[str, int], other: str) -> None:
    packed = PackedCounts(counts)
    assert list(packed) == sorted(counts.items())
    assert len(packed) == len(counts)
    for word in [*counts, other]:
        assert packed.get(word) == counts.get(word, 0)
        for prefix in (word, word[:1], word[:2]):
            expected = [pair for pair in sorted(counts.items()) if pair[0].startswith(prefix)]
            assert list(packed.starting(prefix)) == expected


def test_large_numbers_and_lone_surrogates_do_no_harm() -> None:
    assert PackedCounts({"a": 10**9}).get("a") == 65_535
    assert PackedCounts({"a": 1}).get("\ud800") == 0


def test_memory() -> None:
    packed = PackedCounts({f"word{number:05d}": number for number in range(8000)})
    assert packed.size == 8000 * (9 + 4 + 2)
