"""Random boolean trees, and what they mean, evaluated in plain Python."""

import re
from collections.abc import Sequence

from altus4_search_fulltext.boolean.tree import And, Many, Must, Node, Not, Or, Phrase, Prefix, Weighted, Word
from hypothesis import strategies as st

VOCABULARY = ("alpha", "alphabet", "beta", "gamma", "gammaray", "delta", "epsilon", "theta", "kappa")


def leaf_trees(words: Sequence[str]) -> st.SearchStrategy[Node]:
    word = st.sampled_from(words)
    return st.one_of(
        st.builds(Word, word),
        st.builds(Word, word),
        st.builds(Prefix, word.map(lambda text: text[:4])),
        st.builds(lambda parts: Phrase(" ".join(parts)), st.lists(word, min_size=1, max_size=3)),
        st.builds(
            lambda parts, within: Phrase(" ".join(parts), within),
            st.lists(word, min_size=2, max_size=2, unique=True),
            st.integers(2, 5),
        ),
    )


def trees(leaves: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Trees as the parser could have made them."""

    def grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(_signed(inner), min_size=2, max_size=3).map(tuple)
        return st.one_of(several.map(And), several.map(Or), several.map(Many))

    return _signed(st.recursive(leaves, grow, max_leaves=8))


def _signed(unsigned: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    # One strategy used once: hypothesis describes strategies by their parts, which would grow exponentially.
    return st.tuples(st.sampled_from(("", "", "", "-", "+", "~", ">", "<", "+>", "<+")), unsigned).map(_wrapped)


def _wrapped(drawn: tuple[str, Node]) -> Node:
    signs, node = drawn
    for sign in reversed(signs):
        node = {"-": Not, "+": Must}[sign](node) if sign in "+-" else Weighted(sign, node)
    return node


def matches(node: Node, text: str) -> bool | None:
    """Say whether a text matches; None: `~`, which decides nothing. For trees that make sense."""
    words = re.findall(r"\w+", text.lower())
    return _matches(node, words)


def counted(node: Node, text: str) -> set[str]:
    """Give the words of a text by which it matches. For trees that make sense, and texts that match."""
    return _counted(node, re.findall(r"\w+", text.lower()))


def _counted(node: Node, words: Sequence[str]) -> set[str]:
    if isinstance(node, Word):
        return {node.text}
    if isinstance(node, Prefix):
        return {word for word in words if word.startswith(node.stem)}
    if isinstance(node, Phrase):
        return set(node.text.split())
    if isinstance(node, Not):
        inner = node.item
        while isinstance(inner, Must | Weighted):
            inner = inner.item
        return _counted(inner.item, words) if isinstance(inner, Not) else set()
    if isinstance(node, Must | Weighted):
        return _counted(node.item, words)
    found: set[str] = set()
    for item in node.items:
        if _is_positive(item) and not _is_weak(item) and _matches(item, words):
            found |= _counted(item, words)
    return found


def _matches(node: Node, words: Sequence[str]) -> bool | None:
    if isinstance(node, Word):
        return node.text in words
    if isinstance(node, Prefix):
        return any(word.startswith(node.stem) for word in words)
    if isinstance(node, Phrase):
        return _phrase_matches(node, words)
    if isinstance(node, Not):
        inner = _matches(node.item, words)
        return None if inner is None else not inner
    if isinstance(node, Must):
        return _matches(node.item, words)
    if isinstance(node, Weighted):
        inner = _matches(node.item, words)
        return None if node.sign == "~" and _is_positive(node.item) else inner
    judged = [(item, value) for item in node.items if (value := _matches(item, words)) is not None]
    if isinstance(node, And):
        return all(value for _, value in judged) if judged else None
    if isinstance(node, Or):
        return any(value for _, value in judged) if judged else None
    excluded = [value for item, value in judged if not _is_positive(item)]
    musts = [value for item, value in judged if _is_positive(item) and _is_must(item)]
    mays = [value for item, value in judged if _is_positive(item) and not _is_must(item)]
    if not judged:
        return None
    return all(excluded) and all(musts) and (bool(musts) or not mays or any(mays))


def _is_must(node: Node) -> bool:
    while isinstance(node, Weighted):
        node = node.item
    return isinstance(node, Must)


def _is_positive(node: Node) -> bool:
    """Whether a part finds rows rather than excluding them."""
    if isinstance(node, Not):
        return not _is_positive(node.item)
    if isinstance(node, Must | Weighted):
        return _is_positive(node.item)
    if isinstance(node, And | Or | Many):
        return any(_is_positive(item) for item in node.items if not _is_weak(item))
    return True


def _is_weak(node: Node) -> bool:
    if isinstance(node, Weighted):
        return (node.sign == "~" and _is_positive(node.item)) or _is_weak(node.item)
    if isinstance(node, Must | Not):
        return _is_weak(node.item)
    if isinstance(node, And | Or | Many):
        return all(_is_weak(item) for item in node.items)
    return False


def _phrase_matches(node: Phrase, words: Sequence[str]) -> bool:
    wanted = node.text.split()
    if node.within is None:
        return any(list(words[start : start + len(wanted)]) == wanted for start in range(len(words)))
    return any(
        set(wanted) <= set(words[start : start + node.within]) for start in range(max(1, len(words) - node.within + 1))
    )
