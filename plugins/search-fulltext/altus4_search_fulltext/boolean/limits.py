"""What a boolean query may cost, checked on the tree before anything is sent: a running query cannot be stopped."""

import attrs

from altus4_search_fulltext.boolean.refusals import invalid, too_expensive
from altus4_search_fulltext.boolean.tree import Must, Node, Not, Or, Phrase, Prefix, Weighted, Word, leaves, position
from altus4_search_fulltext.wordchars import word_pattern

SHORTEST_PREFIX = 3  # letters; measured: `w123*` 0.2 s, `w1*` 18 s, `w*` 42 s on a million rows
MOST_PHRASE_WORDS = 128  # the servers' own limit, error 191 beyond (measured on MySQL 9.7 and MariaDB 10.11)


@attrs.frozen
class Limits:
    """How much is too much.

    Attributes:
        terms: Different words.
        prefixes: Different prefixes.
        depth: Brackets inside brackets.
    """

    terms: int = 32
    prefixes: int = 8
    depth: int = 8


def check_cost(tree: Node, limits: Limits) -> None:
    """Refuse a tree over its limits.

    Raises:
        Unsearchable: `QUERY_TOO_EXPENSIVE`, naming the token.
    """
    terms: set[str] = set()
    prefixes: set[str] = set()
    pattern = word_pattern()
    for leaf in leaves(tree):
        if isinstance(leaf, Prefix):
            token, text = f"{leaf.stem}*", leaf.stem
            words = pattern.findall(text)
            if not words or not text.endswith(words[-1]) or len(words[-1]) < SHORTEST_PREFIX:
                what = f"a prefix needs at least {SHORTEST_PREFIX} letters"
                raise too_expensive(token, leaf.at, what, SHORTEST_PREFIX)
            prefixes.add(text.casefold())
        else:
            token = text = leaf.text
            words = pattern.findall(text)
            if len(words) > MOST_PHRASE_WORDS:
                what = f"a phrase may have {MOST_PHRASE_WORDS} words"
                raise too_expensive(token, leaf.at, what, MOST_PHRASE_WORDS)
        terms.update(word.casefold() for word in words)
        if len(terms) > limits.terms:
            raise too_expensive(token, leaf.at, f"it may have {limits.terms} different words", limits.terms)
        if len(prefixes) > limits.prefixes:
            raise too_expensive(token, leaf.at, f"it may have {limits.prefixes} prefixes", limits.prefixes)


def check_sense(tree: Node) -> None:
    """Refuse a tree that has nothing to find, only to exclude or to weigh.

    Raises:
        Unsearchable: `INVALID_BOOLEAN_QUERY`.
    """
    if not _finds(tree):
        hint = "Add a word that is to be found: mysql -oracle."
        raise invalid(position(tree), "there is nothing to find, only to leave out or to weigh less", hint)


def _finds(node: Node) -> bool | None:
    """Say whether a part finds rows (True), excludes rows (False), or does neither (None: `~`)."""
    if isinstance(node, Word | Prefix | Phrase):
        return True
    if isinstance(node, Not):
        return _finds(node.item) is False
    if isinstance(node, Weighted):
        inner = _finds(node.item)
        return None if node.sign == "~" and inner else inner
    if isinstance(node, Must):
        inner = _finds(node.item)
        if inner is None:
            raise invalid(position(node), "'~' finds nothing that '+' could require", "Leave one of them out.")
        return inner
    kinds = [_finds(item) for item in node.items]
    if isinstance(node, Or) and False in kinds:
        at = position(node.items[kinds.index(False)])
        hint = "What is left out must be left out of something: (a OR b) -c."
        raise invalid(at, "OR cannot be followed or preceded by an exclusion", hint)
    if True in kinds:
        return True
    return False if False in kinds else None
