"""Phrases: labels that set some results apart, and silence where nothing does."""

import random

from altus4_categories.phrases import Phrases

from altus4_core.records import FusedHit, Hit, SearchRequest


def hits(texts):
    return [FusedHit("d", "t", Hit((n,), 1.0, {"text": text}), 0.5, n) for n, text in enumerate(texts)]


def grouped(texts, query="tea", **more):
    return Phrases(**{"least": 6, "most": 5, "least_confidence": 0.5, **more}).group(query, hits(texts))


TEXTS = [
    *(f"Tea ceremony in Kyoto with bamboo whisk and bowl number {word}" for word in ("one", "two", "three", "four")),
    *(f"Black tea exports: shipping tonnage and customs duty of {word}" for word in ("Ceylon", "Assam", "Nilgiri")),
    "Something of tea alone",
]


def test_labels_name_what_some_results_share():
    found = grouped(TEXTS)
    assert len(found) >= 2
    assert [one.count for one in found[:2]] == [4, 3]
    assert set(found[0].name.split()) <= {"ceremony", "kyoto", "bamboo", "whisk", "bowl", "number"}
    assert found[0].members == {"d:t:0", "d:t:1", "d:t:2", "d:t:3"}
    assert all(one.confidence >= 0.5 for one in found)
    assert all(one.name != "tea" for one in found)


def test_nothing_is_found_in_noise():
    chance = random.Random(3)
    words = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(300)]
    assert grouped([" ".join(chance.sample(words, 12)) for _ in range(40)], query="anything") == []


def test_words_of_markup_are_no_labels():
    names = ("Ceylon", "Assam", "Nilgiri", "Darjeeling")
    badges = [f"{name} tea: customs tonnage svg badge, shipping" for name in names]
    labels = {word for one in grouped([*TEXTS[:4], *badges]) for word in one.name.split()}
    assert labels
    assert not labels & {"alt", "badge", "svg", "href"}


def test_groups_do_not_say_the_same_twice():
    found = grouped(TEXTS)
    for place, one in enumerate(found):
        for other in found[:place]:
            assert len(one.members & other.members) <= len(one.members) / 2 or one.count < other.count


async def test_few_results_are_left_alone():
    assert list(await Phrases(6, 5, 0.5).categorize(SearchRequest("tea"), hits(TEXTS[:5]))) == []
