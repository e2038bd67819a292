"""The contract of vocabularies."""

import pytest

from altus4_core.testing.contracts.hostile import HOSTILE_TEXTS
from altus4_core.vocabulary import Vocabularies, Vocabulary


class VocabulariesContract:
    """`provider` is a `Vocabularies`; `valid` the id of a database of which it has a sample with at least ten words."""

    def test_is_what_it_promises(self, provider: Vocabularies, valid: str) -> None:
        """It and what it gives satisfy their Protocols."""
        assert isinstance(provider, Vocabularies)
        found = provider.of(valid)
        assert found
        assert all(isinstance(each, Vocabulary) for each in found)
        places = [(each.table, each.index) for each in found]
        assert places == sorted(set(places))

    def test_figures(self, provider: Vocabularies, valid: str) -> None:
        """A sample is part of its table, and every word in it is in some of its rows."""
        for each in provider.of(valid):
            assert 0 <= each.sampled <= each.rows
            assert each.average_length >= 0
            assert type(each.generation) is int
            assert 0 < each.generation < 2**53, "JSON has no larger whole numbers"
            assert all(0 < count <= each.sampled for _, count in each)

    def test_words(self, provider: Vocabularies, valid: str) -> None:
        """All ways of asking give the same."""
        best = max(provider.of(valid), key=len)
        words = dict(best)
        assert len(words) == len(best) >= 10
        assert list(words) == sorted(words)
        assert all(best.count(word) == count for word, count in words.items())
        for word in [*words][:50]:
            for prefix in (word, word[:1], word[:3]):
                expected = [pair for pair in words.items() if pair[0].startswith(prefix)]
                assert list(best.starting(prefix, len(words))) == expected
                assert list(best.starting(prefix, 1)) == expected[:1]
        assert list(best.starting("", len(words))) == list(words.items())
        assert list(best.starting("", 0)) == []

    @pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
    def test_hostile_texts(self, provider: Vocabularies, valid: str, text: str) -> None:
        """What is no word is in no row; no text is an error."""
        for each in provider.of(valid):
            assert each.count(text) == dict(each).get(text, 0)
            assert all(word.startswith(text) for word, _ in each.starting(text, 5))

    def test_tables(self, provider: Vocabularies, valid: str) -> None:
        """Tables can be picked; unknown ones and unknown databases have nothing."""
        table = provider.of(valid)[0].table
        assert {each.table for each in provider.of(valid, [table])} == {table}
        assert list(provider.of(valid, ["\0"])) == []
        assert list(provider.of(valid, [])) == []
        assert list(provider.of("no such database")) == []

    def test_the_same_sample_has_the_same_generation(self, provider: Vocabularies, valid: str) -> None:
        """A generation names what was read."""
        assert [each.generation for each in provider.of(valid)] == [each.generation for each in provider.of(valid)]
