"""Foldings, needles and snippets: no server needed."""

import pytest
from altus4_mysql import Column, FulltextIndex, ServerFacts, Table
from altus4_search_fulltext.folding import folding_of
from altus4_search_fulltext.matching import Matcher
from altus4_search_fulltext.natural import natural_query
from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.snippets import LONGEST, snippet_of
from altus4_search_fulltext.tokens import Fate, TokenRules, rules_of
from altus4_search_fulltext.wordchars import word_pattern
from hypothesis import given
from hypothesis import strategies as st

COLLATIONS = ("utf8mb4_0900_ai_ci", "utf8mb4_general_ci", "utf8mb4_0900_as_ci", "utf8mb4_bin", "latin1_swedish_ci")


def rules(
    collation: str = "utf8mb4_0900_ai_ci", parser: str | None = None, engine: str = "InnoDB", **variables: str
) -> TokenRules:
    server = ServerFacts("9.7.4", "mysql", variables, frozenset({"the", "a", "of", "to"}))
    column = Column("b", 1, "text", "text", charset="utf8mb4", collation=collation, max_length=65535)
    index = FulltextIndex("ft", ("b",), parser)
    return rules_of(server, Table("s", "t", (column,), engine=engine, fulltext_indexes=(index,)), index)


def found(query: str, text: str, collation: str = "utf8mb4_0900_ai_ci", parser: str | None = None) -> str | None:
    """Give what the text's snippet begins with when the match is put first, None without a match."""
    chosen = rules(collation, parser)
    matcher = Matcher(natural_query(query, chosen, 32).needles, chosen)
    position = matcher.position(text)
    return None if position < 0 else text[position:]


@pytest.mark.parametrize(
    ("query", "text", "collation", "expected"),
    [
        ("cafe", "Grand Café Wien", "utf8mb4_0900_ai_ci", "Café Wien"),
        ("CAFÉ", "grand cafe wien", "utf8mb4_general_ci", "cafe wien"),
        ("cafe", "Grand Café", "utf8mb4_0900_as_ci", None),
        ("CAFÉ", "grand café", "utf8mb4_0900_as_ci", "café"),
        ("café", "Grand Café", "utf8mb4_bin", None),
        ("Café", "Grand Café", "utf8mb4_bin", "Café"),
        ("strasse", "Lange Straße 1", "utf8mb4_0900_ai_ci", "Straße 1"),
        ("strase", "Lange Straße 1", "utf8mb4_general_ci", "Straße 1"),
        ("wort", "ﬁ ﬁ ﬁ Wort", "utf8mb4_0900_ai_ci", "Wort"),
        ("art", "start smart art", "utf8mb4_0900_ai_ci", "art"),
        ("art", "start smart", "utf8mb4_0900_ai_ci", None),
        ("foo", "foo_bar", "utf8mb4_0900_ai_ci", None),
        ("foo_bar", "my foo_bar!", "utf8mb4_0900_ai_ci", "foo_bar!"),
        ("working", "co-working", "utf8mb4_0900_ai_ci", "working"),
        ("word", "e\u0301e\u0301 word", "utf8mb4_0900_ai_ci", "word"),
        ('"full text"', "text full, Full-Text", "utf8mb4_0900_ai_ci", "Full-Text"),
        ('"full text"', "full the text", "utf8mb4_0900_ai_ci", None),
        ('"state of the art"', "a state of the art", "utf8mb4_0900_ai_ci", "state of the art"),
    ],
)
def test_words_are_found_as_the_collation_sees_them(
    query: str, text: str, collation: str, expected: str | None
) -> None:
    assert found(query, text, collation) == expected


def test_ngram_tokens_lie_inside_words() -> None:
    assert found("本語", "日本語", parser="ngram") == "本語"
    assert found("東京", "日本語", parser="ngram") is None


@pytest.mark.parametrize(
    ("needle", "text", "expected"),
    [
        (Needle(("dat",), open_end=True), "my database", 3),
        (Needle(("dat",), open_end=True), "update", -1),
        (Needle(("full", "tex"), open_end=True), "full texts", 0),
        (Needle(("a1", "b1"), within=3), "a1 x b1", 0),
        (Needle(("a1", "b1"), within=3), "b1 x a1", 0),
        (Needle(("a1", "b1"), within=2), "a1 x b1", -1),
        (Needle(("a1", "b1"), within=2), "a1 x a1 b1", 5),
        (Needle(("a1", "b1")), "a1 x a1, b1", 5),
        (Needle(("aaa",)), "aaaa aaa", 5),
    ],
)
def test_needles(needle: Needle, text: str, expected: int) -> None:
    assert needle.find(text, word_pattern()) == expected


@given(st.text(alphabet="aßﬁéE\u0301 İ日😀x", max_size=30), st.sampled_from(COLLATIONS))
def test_positions_lead_back_to_the_character(text: str, collation: str) -> None:
    folding = folding_of(collation)
    folded = folding.fold(text)
    marked = f"{text}|needle"
    position = folding.fold(marked).index("|")
    assert position == len(folded)
    assert marked[folding.origin(marked, position)] == "|"


@given(st.text(alphabet="ab \n日é", max_size=900), st.data())
def test_a_snippet_holds_its_place_and_is_short(text: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, max(0, len(text) - 1)))
    marked = f"{text[:position]}#{text[position:]}"
    snippet = snippet_of(marked, position)
    assert "#" in snippet
    assert len(snippet) <= LONGEST + 2
    assert snippet.strip("…") in marked


def test_judgements_follow_the_servers_variables() -> None:
    assert rules().judge("the") is Fate.STOPWORD
    assert rules().judge("to") is Fate.STOPWORD
    assert rules().judge("xy") is Fate.SHORT
    assert rules(innodb_ft_min_token_size="2").judge("xy") is Fate.FOUND
    assert rules().judge("x" * 85) is Fate.LONG
    assert rules(collation="utf8mb4_bin").judge("The") is Fate.FOUND
    assert rules(engine="MyISAM").judge("abc") is Fate.SHORT
    assert rules(engine="MyISAM", ft_min_word_len="3").judge("the") is Fate.FOUND
    assert rules(parser="ngram").judge("b") is Fate.SHORT
    assert rules(parser="ngram").judge("bcd") is Fate.FOUND
    assert rules(parser="ngram").judge("aba") is Fate.STOPWORD
    assert rules(parser="mecab").judge("x") is Fate.FOUND


def test_a_long_natural_query_is_cut_with_a_warning() -> None:
    query = natural_query(" ".join(f"word{number}" for number in range(40)), rules(), 32)
    assert query.text.split()[-1] == "word31"
    assert len(query.needles) == 32
    assert query.notices[-1].code == "QUERY_SHORTENED"
    assert query.notices[-1].details["tokens"] == [f"word{number}" for number in range(32, 40)]
    assert natural_query("word " * 90, rules(), 32).notices == ()


@pytest.mark.parametrize("query", ["*", "😀", "+++", '"', "()"])
def test_a_query_without_words_says_so(query: str) -> None:
    prepared = natural_query(query, rules(), 32)
    assert (prepared.text, [notice.code for notice in prepared.notices]) == ("", ["NOTHING_SEARCHABLE"])
