"""Completion and spelling from the words of samples."""

import asyncio

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


async def test_a_frequent_word_is_found_behind_many_rare_ones():
    texts_of_table = [f"co{number:03} cozy" for number in range(400)]
    completion = Completion(lambda: MemoryVocabularies({"one": {"t": texts_of_table}}))
    assert (await texts(completion, "co"))[0] == "cozy"


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
        ("tunin", ["tuning"]),
    ],
)
async def test_spelling(query, better):
    assert await texts(Spelling(lambda: WORDS, 20), query) == better


async def test_a_word_that_is_only_begun_is_no_mistake():
    rows = ["data"] * 30 + ["database"] * 10 + ["search"] * 30 + ["serchable"]
    words = MemoryVocabularies({"one": {"t": rows}})
    spelling = Spelling(lambda: words, 20)
    assert await texts(spelling, "datab") == []
    assert await texts(spelling, "datab search") == ["data search"]
    assert await texts(spelling, "serch") == ["search"], "what it may become is far rarer"


LARGE = MemoryVocabularies({"one": {"t": [f"w{number:05}x" for number in range(20_000)] + ["database"] * 900}})


async def test_others_get_their_turns_while_words_are_compared():
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    query = " ".join(f"datsbas{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
    assert await texts(Spelling(lambda: LARGE, 20), query) == [" ".join(["database"] * 26)]
    counting.cancel()
    assert turns > 3


async def test_more_comparisons_than_a_query_is_worth_are_not_made():
    doubtful = [f"datsbas{first}{second}" for first in "abcdefgh" for second in "abcdefgh"]
    assert await texts(Spelling(lambda: LARGE, 20), " ".join(doubtful)) == []
    # Words that many rows have are no mistakes, and cost nothing.
    assert await texts(Spelling(lambda: LARGE, 20), "datsbase" + " database" * 60) == ["database" + " database" * 60]


async def test_without_samples_there_is_nothing():
    def none():
        message = "No plugin offers it."
        raise Unavailable(message)

    assert await texts(Completion(none), "dat") == []
    assert await texts(Spelling(none, 20), "databaes") == []
