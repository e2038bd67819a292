"""What searches cost: learned from counts, used to choose the lane and to refuse."""

import pytest
from altus4_mysql import Column, FulltextIndex, ServerFacts, Table
from altus4_search_fulltext.boolean.language import BooleanLanguage
from altus4_search_fulltext.costs import SECONDS_PER_ROW, CostBook, CostLimits
from altus4_search_fulltext.mode import FulltextMode
from altus4_search_fulltext.natural import NaturalLanguage
from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.tokens import rules_of
from hypothesis import given
from hypothesis import strategies as st

from altus4_core.errors import Unsearchable

from .support import Target, request


def words(*terms: str, alternatives: bool = True) -> IndexQuery:
    return IndexQuery(" ".join(terms), tuple(Needle((term,)) for term in terms), alternatives=alternatives)


def test_nothing_known_costs_nothing():
    assert CostBook().predict("t", words("mysql")).seconds == 0.0


def test_rows_are_remembered_word_by_word_and_added():
    book = CostBook()
    book.learn("t", words("mysql"), 9.0, 100_000)  # the time does not count: the server may have been busy
    book.learn("t", words("tuning"), 9.0, 1_000)
    prediction = book.predict("t", words("tuning", "mysql"))
    assert prediction.seconds == pytest.approx(101_000 * SECONDS_PER_ROW)
    assert prediction.dearest == "mysql"
    assert book.predict("other", words("mysql")).seconds == 0.0


def test_several_words_bound_those_that_were_counted():
    book = CostBook()
    book.learn("t", words("a"), 0.1, 900)
    book.learn("t", words("b"), 0.1, 20)
    book.learn("t", words("a", "b"), 0.1, 480)
    assert book.predict("t", words("a")).seconds == pytest.approx(480 * SECONDS_PER_ROW)
    assert book.predict("t", words("a", "b")).seconds == pytest.approx(500 * SECONDS_PER_ROW)
    book.learn("t", words("a"), 0.1, 900)  # the table has grown
    assert book.predict("t", words("a")).seconds == pytest.approx(900 * SECONDS_PER_ROW)


def test_a_query_of_many_words_costs_again_what_it_did_cost():
    book, many = CostBook(), words(*[f"w{number}" for number in range(20)])
    book.learn("t", many, 0.57, 819_000)  # one common word and 19 rare ones
    assert book.predict("t", many).seconds == pytest.approx(0.57)
    assert book.predict("t", words("w1")).seconds == 0.0
    assert book.predict("t", many, lambda _: 1000).seconds == pytest.approx(20_000 * SECONDS_PER_ROW)


def test_what_rows_do_not_tell_is_a_time_and_the_shortest_counts():
    book, both = CostBook(), words("a", "b", alternatives=False)
    book.learn("t", both, 0.8, 3)
    assert book.predict("t", both).seconds == 0.8
    book.learn("t", both, 0.2, 3)
    book.learn("t", both, 1.2, 3)
    assert book.predict("t", both).seconds == pytest.approx(0.3)


def test_a_sample_knows_words_that_were_not_searched_for():
    frequency = {"common": 1_000_000, "rare": 10}.get
    prediction = CostBook().predict("t", words("rare", "common"), frequency)
    assert (prediction.dearest, prediction.seconds) == ("common", pytest.approx(1_000_010 * SECONDS_PER_ROW))
    assert CostBook().predict("t", words("rare", "unheard"), frequency).seconds == 0.0


@given(st.lists(st.tuples(st.sampled_from("abcdefghij"), st.integers(0, 9), st.booleans()), max_size=300))
def test_memory_is_bounded(steps):
    book = CostBook(words=5, queries=3)
    for word, matched, alternatives in steps:
        book.learn("t", words(word, alternatives=alternatives), 0.1, matched)
        assert len(book._rows) <= 5
        assert len(book._seconds) <= 3


def test_long_queries_take_no_more_memory_than_short_ones():
    book, long = CostBook(), words(*[f"word{number}" for number in range(500)])
    book.learn("t", long, 0.3, 10)
    assert book.predict("t", long).seconds == 0.3
    assert [len(repr(key)) < 40 for key in book._seconds] == [True]


@pytest.mark.parametrize(
    ("query", "alternatives"),
    [
        ("alpha beta", True),
        ("alpha OR beta*", True),
        ("+alpha beta", False),
        ("alpha -beta", False),
        ('"alpha beta"', False),
        ("alpha AND beta", False),
        ("blue-green", False),
    ],
)
def test_which_boolean_queries_are_mere_alternatives(query, alternatives):
    column = Column("c", 1, "text", "text", nullable=True, collation="utf8mb4_0900_ai_ci")
    index = FulltextIndex("ft", ("c",), None)
    rules = rules_of(
        ServerFacts("9.7.4", "mysql"), Table("s", "t", (column,), engine="InnoDB", fulltext_indexes=(index,)), index
    )
    assert BooleanLanguage().read(query).for_index(rules).alternatives is alternatives


@pytest.mark.mysql
async def test_a_dear_word_takes_the_slow_lane_from_the_second_time_on(shop: Target):
    mode = FulltextMode(
        "natural", NaturalLanguage(), longest=2000, concurrency=1, limits=CostLimits(slow=1.5 * SECONDS_PER_ROW)
    )
    for expected in (False, True):
        shop.lanes.clear()
        assert await mode.search(request("tuning", tables=("articles",)), shop)
        assert set(shop.lanes) == {expected}
    shop.lanes.clear()
    await mode.search(request("vienna", tables=("articles",)), shop)
    await mode.search(request("vienna", tables=("articles",)), shop)
    assert set(shop.lanes) == {False}


@pytest.mark.mysql
async def test_what_costs_too_much_is_refused_before_it_is_sent(shop: Target):
    mode = FulltextMode(
        "natural", NaturalLanguage(), longest=2000, concurrency=1, limits=CostLimits(most=1.5 * SECONDS_PER_ROW)
    )
    await mode.search(request("tuning", tables=("articles",)), shop)
    shop.lanes.clear()
    with pytest.raises(Unsearchable) as refused:
        await mode.search(request("tuning", tables=("articles",)), shop)
    assert shop.lanes == []
    assert refused.value.error_code == "QUERY_TOO_EXPENSIVE"
    assert (refused.value.details["token"], refused.value.details["table"]) == ("tuning", "articles")
