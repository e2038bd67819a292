"""The tree and its text: `parse(show(tree)) == tree`, and arbitrary text never breaks the parser."""

import pytest
from altus4_search_fulltext.boolean.language import BooleanLanguage
from altus4_search_fulltext.boolean.parser import parse
from altus4_search_fulltext.boolean.printer import show
from altus4_search_fulltext.boolean.tree import And, Many, Must, Node, Not, Or, Phrase, Prefix, Weighted, Word
from hypothesis import example, given, settings
from hypothesis import strategies as st

from altus4_core.errors import Unsearchable

from .trees import leaf_trees, trees

ODD_WORDS = ("alpha", "co-working", "a@b.com", "C++", "@8", "and", "don't", "日本語", "a<b", "x-", "😀", "AND2", "::")


@given(trees(leaf_trees(ODD_WORDS)))
@settings(max_examples=500, deadline=None)
def test_what_is_shown_is_parsed_back(tree: Node) -> None:
    assert parse(show(tree), deepest=1000) == tree


@given(st.text(alphabet='ab*+-~<>()"@8 ANDORT\u201c\0😀', max_size=40))
@example("+")
@example('"a b" @')
@settings(max_examples=1000, deadline=None)
def test_any_text_is_parsed_or_refused_with_a_position(query: str) -> None:
    refusal = None
    try:
        tree = parse(query)
    except Unsearchable as refused:
        refusal = refused
    if refusal is None:
        assert parse(show(tree), deepest=1000) == tree
    else:
        assert refusal.error_code in ("INVALID_BOOLEAN_QUERY", "QUERY_TOO_EXPENSIVE")
        assert 0 <= refusal.details["position"] <= len(query)


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("a b", Many((Word("a"), Word("b")))),
        ("a AND b OR c", Or((And((Word("a"), Word("b"))), Word("c")))),
        ("a OR b AND c", Or((Word("a"), And((Word("b"), Word("c")))))),
        ("a b AND c", Many((Word("a"), And((Word("b"), Word("c")))))),
        ("a NOT b", Many((Word("a"), Not(Word("b"))))),
        ("a -b", Many((Word("a"), Not(Word("b"))))),
        ("+a -(b c)", Many((Must(Word("a")), Not(Many((Word("b"), Word("c"))))))),
        ("--verbose", Word("verbose")),
        ("((a))", Word("a")),
        ('"a b" @8', Phrase("a b", 8)),
        ('"a b"@8', Phrase("a b", 8)),
        ('"a   b" @user', Many((Phrase("a b"), Word("@user")))),
        ("“a b”", Phrase("a b")),
        ("data* +>b", Many((Prefix("data"), Must(Weighted(">", Word("b")))))),
        ("co-working a@b.com C++", Many((Word("co-working"), Word("a@b.com"), Word("C++")))),
        ("and or not", Many((Word("and"), Word("or"), Word("not")))),
    ],
)
def test_queries_mean_what_the_grammar_says(query: str, tree: Node) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "position"),
    [
        ("+", 0),
        ("a -", 2),
        ("a - b", 2),
        ("*", 0),
        ("a b **", 4),
        ("a**", 1),
        ("da*ta", 2),
        ("(a", 0),
        ("a)", 1),
        ("()", 1),
        ('a "b', 2),
        ('""', 0),
        ('"a b" @', 6),
        ('"a b" @0', 6),
        ('"a b" @99999999999', 6),
        ("AND a", 0),
        ("a AND", 2),
        ("a OR OR b", 2),
        ("NOT", 0),
        ("NOT a", 4),
        ("-a -b", 1),
        ("a OR -b", 6),
        ("~a", 1),
        ("+-a", 0),
        ("+~a b", 1),
        ('"a b"*', 5),
    ],
)
def test_nonsense_is_refused_with_position_and_hint(query: str, position: int) -> None:
    with pytest.raises(Unsearchable) as refused:
        BooleanLanguage().read(query)
    assert refused.value.error_code == "INVALID_BOOLEAN_QUERY"
    assert refused.value.status == 422
    assert refused.value.details["position"] == position
    assert refused.value.details["hint"]


@pytest.mark.parametrize(
    ("query", "token"),
    [
        ("mysql ab*", "ab*"),
        ("C*", "C*"),
        ("a-b*", "a-b*"),
        (" ".join(f"word{n}" for n in range(33)), "word32"),
        (" ".join(f"pre{n}*" for n in range(9)), "pre8*"),
        ("(" * 9 + "a" + ")" * 9, "("),
        (" ".join(f"{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"), "a*"),
    ],
)
def test_what_costs_too_much_is_refused_by_name(query: str, token: str) -> None:
    with pytest.raises(Unsearchable) as refused:
        BooleanLanguage().read(query)
    assert refused.value.error_code == "QUERY_TOO_EXPENSIVE"
    assert refused.value.details["token"] == token


def test_the_limits_themselves_are_allowed() -> None:
    BooleanLanguage().read(" ".join(f"word{n % 32}" for n in range(60)))
    BooleanLanguage().read(" ".join(f"pre{n}*" for n in range(8)))
    BooleanLanguage().read("(" * 8 + "a" + ")" * 8)
