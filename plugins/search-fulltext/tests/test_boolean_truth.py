"""Random boolean queries against real servers: the rows found are those that the tree says, and no statement fails."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack

import attrs
import pytest
from altus4_mysql import Pool, QueryFailed
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.boolean.limits import Limits, check_cost, check_sense
from altus4_search_fulltext.boolean.parser import parse
from altus4_search_fulltext.boolean.printer import show
from altus4_search_fulltext.boolean.tree import Node
from hypothesis import given, settings
from hypothesis import strategies as st

from altus4_core.errors import Unsearchable
from altus4_core.records import Highlight

from .support import Target, boolean, opened, request
from .trees import VOCABULARY, counted, leaf_trees, matches, trees

pytestmark = pytest.mark.mysql

ROWS = 150
ODD = (
    "the",
    "to",
    "co-working",
    "a@b.com",
    "C++",
    "don't",
    "日本語テキスト",
    "2024",
    "12",
    "x_y",
    "😀",
    "naïve",
    "%s",
    "\\",
)


@attrs.frozen
class Prose:
    """A table of random texts, on one server."""

    runner: asyncio.Runner
    target: Target
    texts: dict[int, str] = attrs.field(repr=False)


@pytest.fixture(scope="module")
def prose(any_server: ServerAddress) -> Iterator[Prose]:
    chance = random.Random(4)
    texts = {n: " ".join(chance.choices(VOCABULARY, k=chance.randint(1, 6))) for n in range(1, ROWS + 1)}

    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE texts (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body)) ENGINE=InnoDB")
        for row in texts.items():
            await pool.fetch("INSERT INTO texts VALUES (%s, %s)", row)

    async def enter(stack: AsyncExitStack) -> Target:
        return await stack.enter_async_context(opened(any_server, fill))

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            yield Prose(runner, runner.run(enter(stack)), texts)
        finally:
            runner.run(stack.aclose())


def makes_sense(tree: Node) -> bool:
    try:
        check_cost(tree, Limits())
        check_sense(tree)
    except Unsearchable:
        return False
    return True


@given(tree=trees(leaf_trees(VOCABULARY)).filter(makes_sense))
@settings(max_examples=150, deadline=None)
def test_the_rows_found_are_those_the_tree_means(prose: Prose, tree: Node) -> None:
    found = prose.runner.run(boolean().search(request(show(tree), limit=100, offset=900), prose.target))
    wanted = {number for number, text in prose.texts.items() if matches(tree, text)}
    assert {hit.key[0] for hit in found[0].hits} == wanted, show(tree)
    assert found[0].total == len(wanted)


def _plain(node: Node) -> bool:
    """Whether nothing is excluded inside what is excluded, which `counted` does not know."""
    text = show(node)
    return text.count("-") + text.count("NOT") < 2


@given(tree=trees(leaf_trees(VOCABULARY)).filter(makes_sense).filter(_plain))
@settings(max_examples=100, deadline=None)
def test_what_is_marked_are_the_words_by_which_a_row_matches(prose: Prose, tree: Node) -> None:
    asked = request(show(tree), limit=100, highlight=Highlight())
    for hit in prose.runner.run(boolean().search(asked, prose.target))[0].hits:
        assert hit.matches is not None
        marked = {
            word
            for each in hit.matches().values()
            for begin, end in each.spans
            for word in each.text[begin:end].split()
        }
        assert marked == counted(tree, prose.texts[hit.key[0]]), show(tree)


@pytest.mark.parametrize(
    "query",
    [
        '"alpha kappa" alph*',  # a prefix after a phrase lost its open end
        '"alpha kappa" OR (gamma AND alph*)',
        '+"beta delta" -alph*',
        "+gamma (+kappa -epsilon) kappa",  # optional groups added rows on MariaDB
        "+(delta alphabet) +(gamma epsilon) gammaray",
        "+epsilon (kappa kapp* beta*)",
        '(+"epsilon alpha theta" +gammaray) +"gamma gamma"',  # and took rows away on both
        '("alpha alpha alpha" (+"epsilon alpha theta" +gammaray)) +"gamma gamma"',
    ],
)
def test_faults_of_the_servers_do_not_show(prose: Prose, query: str) -> None:
    found = prose.runner.run(boolean().search(request(query, limit=100, offset=900), prose.target))
    wanted = {number for number, text in prose.texts.items() if matches(parse(query), text)}
    assert wanted
    assert {hit.key[0] for hit in found[0].hits} == wanted


@given(tree=trees(leaf_trees((*ODD, *VOCABULARY))))
@settings(max_examples=100, deadline=None)
def test_the_server_accepts_whatever_is_emitted(prose: Prose, tree: Node) -> None:
    try:
        prose.runner.run(boolean().search(request(show(tree)), prose.target))
    except Unsearchable as refused:
        assert refused.error_code in ("INVALID_BOOLEAN_QUERY", "QUERY_TOO_EXPENSIVE")  # noqa: PT017 - either is right


@given(query=st.text(alphabet="alph*+-~<>()\"@8 ANDORT\\'%_;`é日😀\0", max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_text_becomes_a_failing_statement(prose: Prose, query: str) -> None:
    try:
        prose.runner.run(boolean().search(request(query), prose.target))
    except Unsearchable as refused:
        assert refused.error_code in ("INVALID_BOOLEAN_QUERY", "QUERY_TOO_EXPENSIVE")  # noqa: PT017 - either is right


def test_the_server_does_refuse_such_text_itself(prose: Prose) -> None:
    """Without the language these are errors: the tests above can fail."""
    with pytest.raises(QueryFailed) as refused:
        prose.runner.run(
            prose.target.fetch(
                "SELECT id FROM texts WHERE MATCH (body) AGAINST (%s IN BOOLEAN MODE)", ("+-alpha",), deadline=5
            )
        )
    assert refused.value.errno == 1064
