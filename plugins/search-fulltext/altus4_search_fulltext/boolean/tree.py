"""The tree of a boolean query. Equal trees mean the same; positions do not count."""

from collections.abc import Iterator
from typing import Literal

import attrs

Sign = Literal["~", ">", "<"]


@attrs.frozen
class Word:
    """A word as typed: also `co-working`, `a@b.com`, `C++`. `at` is its position in the query."""

    text: str
    at: int = attrs.field(default=0, eq=False)


@attrs.frozen
class Prefix:
    """`stem*`: all words that begin so."""

    stem: str
    at: int = attrs.field(default=0, eq=False)


@attrs.frozen
class Phrase:
    """`"text"`: these words in this order; with `within`, in any order within so many words."""

    text: str
    within: int | None = None
    at: int = attrs.field(default=0, eq=False)


@attrs.frozen
class Not:
    """`-item` or `NOT item`."""

    item: "Node"


@attrs.frozen
class Must:
    """`+item`."""

    item: "Node"


@attrs.frozen
class Weighted:
    """`~item` lowers the score and matches nothing by itself; `>item` and `<item` count more and less."""

    sign: Sign
    item: "Node"


@attrs.frozen
class And:
    """`a AND b`: all of them."""

    items: tuple["Node", ...]


@attrs.frozen
class Or:
    """`a OR b`: any of them."""

    items: tuple["Node", ...]


@attrs.frozen
class Many:
    """`a +b -c`: all with `+`, none with `-`; without any `+` at least one of the others."""

    items: tuple["Node", ...]


Leaf = Word | Prefix | Phrase
Node = Leaf | Not | Must | Weighted | And | Or | Many


def leaves(node: Node) -> Iterator[Leaf]:
    """Give the words, prefixes and phrases from left to right."""
    if isinstance(node, Word | Prefix | Phrase):
        yield node
    elif isinstance(node, Not | Must | Weighted):
        yield from leaves(node.item)
    else:
        for item in node.items:
            yield from leaves(item)


def position(node: Node) -> int:
    """Give where a part of a query begins, its signs apart."""
    return next(leaves(node)).at


def excluded_leaves(node: Node) -> Iterator[Leaf]:
    """Give the words, prefixes and phrases under an exclusion."""
    if isinstance(node, Not):
        yield from leaves(node.item)
    elif isinstance(node, Must | Weighted):
        yield from excluded_leaves(node.item)
    elif isinstance(node, And | Or | Many):
        for item in node.items:
            yield from excluded_leaves(item)


def without_exclusions(node: Node) -> Node | None:
    """Give the tree without its exclusions; None when nothing is left."""
    if isinstance(node, Not):
        return None
    if isinstance(node, Must | Weighted):
        item = without_exclusions(node.item)
        return None if item is None else attrs.evolve(node, item=item)
    if isinstance(node, And | Or | Many):
        items = tuple(kept for item in node.items if (kept := without_exclusions(item)) is not None)
        return attrs.evolve(node, items=items) if len(items) > 1 else next(iter(items), None)
    return node
