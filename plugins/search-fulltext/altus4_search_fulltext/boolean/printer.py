"""From the tree back to text: `parse(show(tree)) == tree`."""

from altus4_search_fulltext.boolean.tree import And, Many, Must, Node, Not, Or, Phrase, Prefix, Weighted, Word


def show(node: Node) -> str:
    """Write a query in its canonical form."""
    if isinstance(node, Many):
        return " ".join(_inside(item, (Many,)) for item in node.items)
    if isinstance(node, Or):
        return " OR ".join(_inside(item, (Many, Or)) for item in node.items)
    if isinstance(node, And):
        return " AND ".join(_inside(item, (Many, Or, And)) for item in node.items)
    if isinstance(node, Not):
        return f"-{_inside(node.item, _NOT_ATOMS)}"
    if isinstance(node, Must):
        return f"+{_signed(node.item, Weighted)}"
    if isinstance(node, Weighted):
        return f"{node.sign}{_signed(node.item, Must)}"
    return _leaf(node)


def _signed(item: Node, other: type[Must] | type[Weighted]) -> str:
    """Write what stands after a sign; `+>word` needs no brackets between the signs."""
    if isinstance(item, other) and not isinstance(item.item, Not | Must | Weighted):
        return show(item)
    return _inside(item, _NOT_ATOMS)


def _inside(item: Node, bracketed: tuple[type, ...]) -> str:
    return f"({show(item)})" if isinstance(item, bracketed) else show(item)


_NOT_ATOMS = (Many, Or, And, Not, Must, Weighted)


def _leaf(node: Word | Prefix | Phrase) -> str:
    if isinstance(node, Phrase):
        distance = f" @{node.within}" if node.within is not None else ""
        return f'"{node.text}"{distance}'
    if isinstance(node, Prefix):
        return f"{node.stem}*"
    # After a phrase `@8` would be its distance.
    return f"({node.text})" if node.text.startswith("@") else node.text
