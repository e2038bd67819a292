"""From tokens to the tree.

query  = either { either }                     words side by side are optional
either = both { "OR" both }
both   = item { "AND" item }
item   = { "+" | "-" | "NOT" | "~" | ">" | "<" } atom
atom   = word | word "*" | phrase [ "@" number ] | "(" query ")"
"""

from collections.abc import Callable
from typing import cast

from altus4_search_fulltext.boolean.lexer import Kind, Token, tokens
from altus4_search_fulltext.boolean.refusals import invalid, too_expensive
from altus4_search_fulltext.boolean.tree import And, Many, Must, Node, Not, Or, Phrase, Prefix, Sign, Weighted, Word


def parse(query: str, deepest: int = 8) -> Node:
    """Parse a query.

    Args:
        query: What the caller typed.
        deepest: Brackets inside brackets.

    Raises:
        Unsearchable: `INVALID_BOOLEAN_QUERY` with position and hint, `QUERY_TOO_EXPENSIVE` for too many brackets.
    """
    parser = _Parser(tokens(query), deepest)
    tree = parser.many(0)
    if parser.next.kind is Kind.CLOSE:
        raise invalid(parser.next.at, "')' closes nothing", "Write a '(' before it, or leave it out.")
    return tree


class _Parser:
    """Recursive descent; `deepest` bounds the recursion."""

    def __init__(self, found: list[Token], deepest: int) -> None:
        self._tokens = found
        self._place = 0
        self._deepest = deepest

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    def many(self, depth: int) -> Node:
        items: list[Node] = []
        while self.next.kind not in (Kind.CLOSE, Kind.END):
            items.append(self._joined(Kind.OR, Or, lambda: self._joined(Kind.AND, And, lambda: self._item(depth))))
        if not items:
            raise invalid(self.next.at, "there is nothing to search for", "Write a word.")
        return items[0] if len(items) == 1 else Many(tuple(items))

    def _joined(self, kind: Kind, node: Callable[[tuple[Node, ...]], Node], operand: Callable[[], Node]) -> Node:
        items = [operand()]
        while self.next.kind is kind:
            self._place += 1
            items.append(operand())
        return items[0] if len(items) == 1 else node(tuple(items))

    def _item(self, depth: int) -> Node:
        signs: list[Token] = []
        while self.next.kind in (Kind.SIGN, Kind.NOT):
            signs.append(self.next)
            self._place += 1
        _check_signs(signs)
        node = self._atom(depth, signs)
        for sign in reversed(signs):
            node = _signed(sign, node)
        return node

    def _atom(self, depth: int, signs: list[Token]) -> Node:
        token = self.next
        if token.kind is Kind.OPEN:
            return self._brackets(depth)
        if token.kind is Kind.WORD:
            node: Node = Word(token.text, token.at)
        elif token.kind is Kind.PREFIX:
            node = Prefix(token.text, token.at)
        elif token.kind is Kind.PHRASE:
            node = Phrase(token.text, token.within, token.at)
        else:
            raise self._missing(signs)
        self._place += 1
        return node

    def _brackets(self, depth: int) -> Node:
        opened = self.next
        if depth >= self._deepest:
            what = f"brackets may be {self._deepest} deep"
            raise too_expensive("(", opened.at, what, self._deepest)
        self._place += 1
        node = self.many(depth + 1)
        if self.next.kind is not Kind.CLOSE:
            raise invalid(opened.at, "'(' is not closed", "Write a ')' where the group ends.")
        self._place += 1
        return node

    def _missing(self, signs: list[Token]) -> Exception:
        token = self.next
        before = signs[-1] if signs else self._tokens[self._place - 1] if self._place else None
        if token.kind in (Kind.AND, Kind.OR) and (before is None or before.kind is Kind.OPEN):
            hint = f'Write something before it, or "{token.text}" in quotes if the word is meant.'
            return invalid(token.at, f"{token.text} has nothing before it", hint)
        if before is not None and before.kind in (Kind.AND, Kind.OR, Kind.NOT, Kind.SIGN):
            hint = f'Write something after it, or "{before.text}" in quotes if the word is meant.'
            return invalid(before.at, f"{before.text} has nothing after it", hint)
        return invalid(token.at, "something is missing", "Write a word.")


def _check_signs(signs: list[Token]) -> None:
    """Refuse signs that contradict each other."""
    negative = any(sign.kind is Kind.NOT or sign.text == "-" for sign in signs)
    weights = [sign for sign in signs if sign.text in ("~", ">", "<")]
    required = [sign for sign in signs if sign.text == "+"]
    if negative and (weights or required):
        at = (weights or required)[0]
        raise invalid(at.at, f"'{at.text}' contradicts the exclusion", "Use one of them.")
    if len(weights) > 1:
        raise invalid(weights[1].at, "two weights for one thing", "Use one of ~, > and <.")
    if weights and weights[0].text == "~" and required:
        raise invalid(weights[0].at, "'~' contradicts '+'", "Use one of them.")


def _signed(sign: Token, node: Node) -> Node:
    if sign.kind is Kind.NOT or sign.text == "-":
        return node.item if isinstance(node, Not) else Not(node)
    if sign.text == "+":
        return node if isinstance(node, Must) else Must(node)
    return Weighted(cast("Sign", sign.text), node)
