"""From the tree to the boolean syntax of one index.

The server's syntax has `+` and `-` but neither AND nor NOT, drops words silently and has no escape character. What is
emitted here are only words of the index's own characters, phrases of them, brackets and single signs. AND becomes
`+a +b`, OR `a b`, an exclusion `-a` beside something to exclude from; verified on MySQL and MariaDB against an
evaluation of the tree in plain Python.
"""

import re
from collections.abc import Iterable

from altus4_search_fulltext import notices
from altus4_search_fulltext.boolean.leaves import LeafCompiler
from altus4_search_fulltext.boolean.parts import Part, Role, inverted, joined, weighted
from altus4_search_fulltext.boolean.tree import And, Must, Node, Not, Or, Phrase, Prefix, Weighted, Word, leaves
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.tokens import TokenRules

_ONLY_WORDS = re.compile(r'[^+\-"()~<>@]*').fullmatch


def compile_tree(tree: Node, rules: TokenRules) -> IndexQuery:
    """Compile a tree for one index.

    Args:
        tree: One that passed `check_cost` and `check_sense`.
        rules: Of the index.

    Returns:
        the query; its text is empty when the index has nothing to find.
    """
    compiler = LeafCompiler(rules, leaves(tree))
    part = _part(tree, compiler)
    told = compiler.told()
    if part is None or part.role is not Role.FINDS:
        return IndexQuery("", (), tuple(told or [notices.nothing_searchable()]))
    text = part.alone
    needles = tuple(dict.fromkeys(part.needles))
    alternatives = _ONLY_WORDS(text) is not None
    return IndexQuery(text, needles, tuple(told), alternatives, None if alternatives else part.meaning)


def _part(node: Node, compiler: LeafCompiler) -> Part | None:
    """Compile one node; None when the index can find nothing of it."""
    if isinstance(node, Word | Prefix | Phrase):
        return compiler.compile(node)
    if isinstance(node, Not):
        return inverted(_part(node.item, compiler))
    if isinstance(node, Must):
        return _part(node.item, compiler)
    if isinstance(node, Weighted):
        return weighted(node.sign, _part(node.item, compiler))
    return _group(node, [(item, part) for item in node.items if (part := _part(item, compiler)) is not None])


def _group(node: Node, parts: Iterable[tuple[Node, Part]]) -> Part | None:
    strict: list[Part] = []
    loose: list[Part] = []
    for item, part in parts:
        if isinstance(node, Or):
            # An exclusion can only be here because what it was to narrow cannot be found by this index.
            if part.role is not Role.EXCLUDES:
                loose.append(part)
        elif part.role is Role.WEIGHS:
            loose.append(part)
        elif isinstance(node, And) or part.role is Role.EXCLUDES or _is_required(item):
            strict.append(part)
        else:
            loose.append(part)
    return joined(strict, loose)


def _is_required(node: Node) -> bool:
    while isinstance(node, Weighted):
        node = node.item
    return isinstance(node, Must)
