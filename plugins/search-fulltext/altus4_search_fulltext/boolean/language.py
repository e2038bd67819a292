"""The boolean language as the search mode uses it."""

from collections.abc import Sequence

import attrs

from altus4_search_fulltext.boolean.compiler import compile_tree
from altus4_search_fulltext.boolean.limits import Limits, check_cost, check_sense
from altus4_search_fulltext.boolean.parser import parse
from altus4_search_fulltext.boolean.tree import Node, excluded_leaves, without_exclusions
from altus4_search_fulltext.query import IndexQuery, Reading
from altus4_search_fulltext.tokens import TokenRules


@attrs.frozen
class BooleanLanguage:
    """Words, phrases, prefixes, AND, OR, NOT, `+ - ~ > <`, brackets and distances."""

    limits: Limits = Limits()

    def read(self, query: str) -> Reading:
        """Parse and judge a query.

        Raises:
            Unsearchable: `INVALID_BOOLEAN_QUERY` or `QUERY_TOO_EXPENSIVE`.
        """
        tree = parse(query, self.limits.depth)
        check_cost(tree, self.limits)
        check_sense(tree)
        return BooleanReading(tree)


@attrs.frozen
class BooleanReading:
    """A parsed query."""

    tree: Node

    def for_index(self, rules: TokenRules) -> IndexQuery:
        """Compile the tree."""
        return compile_tree(self.tree, rules)

    def without_exclusions(self) -> Reading:
        """Give the tree without what is excluded."""
        return BooleanReading(without_exclusions(self.tree) or self.tree)

    def exclusions(self, rules: TokenRules) -> Sequence[str]:
        """Compile what is excluded."""
        return [compile_tree(leaf, rules).text for leaf in excluded_leaves(self.tree)]
