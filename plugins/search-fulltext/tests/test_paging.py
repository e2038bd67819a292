"""Pages concatenate, totals are true, equal scores keep one order: on both servers, in both modes."""

import random
from collections.abc import AsyncIterator

import pytest
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.mode import FulltextMode

from .support import Target, boolean, natural, opened, request

pytestmark = pytest.mark.mysql

WORDS = ("alpha", "beta", "gamma", "delta", "zeta", "theta")
ROWS = 2400


async def _crowd(pool: Pool) -> None:
    for name, engine in (("crowd", "InnoDB"), ("old", "MyISAM")):
        await pool.fetch(
            f"CREATE TABLE {name} (id INT PRIMARY KEY, title VARCHAR(100), body TEXT, FULLTEXT KEY ft (title, body))"
            f" ENGINE={engine}"
        )
        chance = random.Random(7)
        ids = list(range(1, ROWS + 1))
        chance.shuffle(ids)
        for start in range(0, ROWS, 400):
            part = ids[start : start + 400]
            values = [
                value
                for number in part
                for value in (number, " ".join(chance.choices(WORDS, k=2)), " ".join(chance.choices(WORDS, k=3)))
            ]
            await pool.fetch(f"INSERT INTO {name} VALUES " + ", ".join(["(%s, %s, %s)"] * len(part)), values)
        await pool.fetch(f"DELETE FROM {name} WHERE MOD(id, 7) = 0")
        await pool.fetch(f"UPDATE {name} SET body = CONCAT(body, ' beta') WHERE MOD(id, 11) = 0")


@pytest.fixture
async def crowd(any_server: ServerAddress) -> AsyncIterator[Target]:
    async with opened(any_server, _crowd) as target:
        yield target


@pytest.mark.parametrize("table", ["crowd", "old"])
@pytest.mark.parametrize(
    ("mode", "query"),
    [
        (natural(), "alpha"),
        (natural(), "alpha beta"),
        (natural(), '"alpha beta" gamma'),
        (boolean(), "alpha"),
        (boolean(), "+alpha +beta"),
        (boolean(), "alp* -beta"),
        (boolean(), '"alpha beta"'),
        (boolean(), "alpha >beta <gamma ~delta"),
        (boolean(), "(alpha AND beta) OR (gamma AND NOT delta)"),
    ],
    ids=lambda value: value.name if isinstance(value, FulltextMode) else value,
)
async def test_pages_concatenate(crowd: Target, table: str, mode: FulltextMode, query: str) -> None:
    async def listed(offset: int, limit: int) -> list[tuple[int, float]]:
        found = await mode.search(request(query, tables=(table,), offset=offset, limit=limit), crowd)
        # A list may be deeper than asked for, never shallower.
        return [(hit.key[0], hit.score) for hit in found[0].hits]

    whole = await listed(900, 100)
    if table != "old" or "OR" not in query:  # MySQL's MyISAM ranks nested groups by other scores than it shows
        assert [score for _, score in whole] == sorted((score for _, score in whole), reverse=True)
    for offset, limit in ((0, 1), (0, 20), (20, 20), (0, 40), (77, 100), (480, 20), (980, 20)):
        part = await listed(offset, limit)
        assert part == whole[: len(part)]
        assert len(part) >= min(offset + limit, len(whole))


@pytest.mark.parametrize("totals", ["exact", "estimated", "none"])
async def test_totals_are_true_on_every_page(crowd: Target, totals: str) -> None:
    truth = (await crowd.pool.fetch("SELECT COUNT(*) FROM crowd WHERE MATCH (title, body) AGAINST ('alpha')")).scalar()
    for offset in (0, 20, 500):
        found = await natural().search(request("alpha", tables=("crowd",), offset=offset, totals=totals), crowd)
        assert not found[0].exhausted
        if totals == "none":
            assert (found[0].total, found[0].relation) == (None, "unknown")
        else:
            assert (found[0].total, found[0].relation) == (truth, "eq")


async def test_counting_happens_only_when_the_list_goes_on(crowd: Target) -> None:
    def counted() -> int:
        return sum("COUNT(*)" in statement for statement in crowd.statements)

    await natural().search(request("alpha", tables=("crowd",), totals="none"), crowd)
    assert counted() == 0
    found = await boolean().search(request("+alpha -beta -gamma -delta -zeta -theta", tables=("crowd",)), crowd)
    assert (found[0].total, found[0].exhausted) == (len(found[0].hits), True)
    assert counted() == 0
    await natural().search(request("alpha", tables=("crowd",)), crowd)
    assert counted() == 1


async def test_scores_are_the_servers(crowd: Target) -> None:
    found = await natural().search(request("alpha beta", tables=("crowd",), limit=50), crowd)
    for hit in found[0].hits:
        raw = await crowd.pool.fetch(
            "SELECT MATCH (title, body) AGAINST ('alpha beta') FROM crowd WHERE id = %s", (hit.key[0],)
        )
        assert hit.score == pytest.approx(raw.scalar(), rel=1e-6)


async def test_mysql_sorts_inside_the_index(crowd: Target) -> None:
    """The fast form depends on the server's `sorted` hint, which an additional criterion would lose."""
    await natural().search(request("alpha", tables=("crowd",)), crowd)
    statement = crowd.statements[0]
    if crowd.known.server.flavour == "mariadb":
        assert "ORDER BY" not in statement
        return
    plan = await crowd.pool.fetch(f"EXPLAIN FORMAT=TRADITIONAL {statement}", ("alpha", "alpha", 21))
    assert "Ft_hints: sorted, limit = 21" in plan.rows[0][-1]
