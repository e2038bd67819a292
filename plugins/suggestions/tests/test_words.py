"""Completion and spelling from the words of samples."""

import pytest
from altus4_suggestions.completion import Completion
from altus4_suggestions.spelling import Spelling

from altus4_core.errors import Unavailable
from altus4_core.records import SuggestRequest
from altus4_core.testing.twins.plugin import user_identity
from altus4_core.testing.twins.vocabulary import MemoryVocabularies

ANN = user_identity()
TEXTS = ["database tuning"] * 25 + ["database index"] * 10 + ["databse typo", "tea"]
WORDS = MemoryVocabularies({"one": {"t": TEXTS}, "two": {"s": ["dating app", "quartz"]}})


def asked(query, databases=("one",), **more):
    return SuggestRequest(ANN, query, databases, **more)


async def texts(suggester, *arguments, **more):
    return [suggestion.text for suggestion in await suggester.suggest(asked(*arguments, **more))]


async def test_the_last_word_is_completed_by_the_frequent_ones_first():
    completion = Completion(lambda: WORDS)
    assert await texts(completion, "fast DAT") == ["fast database", "fast databse"]
    assert await texts(completion, "dat", ("one", "two")) == ["database", "dating", "databse"]
    assert await texts(completion, "dat", ("two",)) == ["dating"]
    assert await texts(completion, "dat", (), limit=3) == []
    assert await texts(completion, "database ") == []
    assert await texts(completion, "d") == []


async def test_only_the_databases_meant_are_looked_at():
    assert await texts(Completion(lambda: WORDS), "qua") == []
    assert await texts(Spelling(lambda: WORDS, 20), "quarzt") == []
    assert await texts(Spelling(lambda: WORDS, 20), "quarzt", ("two",)) == ["quartz"]


@pytest.mark.parametrize(
    ("query", "better"),
    [
        ("databaes tuning", ["database tuning"]),  # a swap is one mistake
        ("databse", ["database"]),  # the sample has it once, and the right one 35 times
        ("Tunnig!", ["tuning!"]),
        ("database tuning", []),
        ("tea", []),  # too short to tell
        ("xylophone", []),  # nothing is like it
        ("12345678", []),
        ("index", []),
    ],
)
async def test_spelling(query, better):
    assert await texts(Spelling(lambda: WORDS, 20), query) == better


async def test_without_samples_there_is_nothing():
    def none():
        message = "No plugin offers it."
        raise Unavailable(message)

    assert await texts(Completion(none), "dat") == []
    assert await texts(Spelling(none, 20), "databaes") == []
