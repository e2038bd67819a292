"""What a store promises about popular queries."""

from datetime import timedelta

import attrs

from altus4_core.store import MetadataStore
from altus4_core.stored import SearchRow
from altus4_core.testing.contracts.metadata.rows import NOON, a_search, a_user


class PopularQueriesContract:
    """Popular queries."""

    async def test_popular_queries(self, store: MetadataStore) -> None:
        """Often, lately, with results, and the user's own."""
        user, stranger = await a_user(store), await a_user(store)
        day, since = timedelta(days=1), NOON - timedelta(days=30)

        def used(owner: str, query: str, *days: float, results: int = 1) -> list[object]:
            base = a_search(owner, query=query, result_count=results)
            return [
                attrs.evolve(a_search(owner), query=base.query, result_count=results, created_at=NOON - ago * day)
                for ago in days
            ]

        rows = [
            *used(user.id, "green tea", 0, 1, 1),
            *used(user.id, "black tea", 10, 11, 12, 13),
            *used(user.id, "rare", 0, 0),
            *used(user.id, "nothing", 0, 0, 0, results=0),
            *used(user.id, "long ago", 31, 32, 33, 34),
            *used(stranger.id, "secret plans", 0, 0, 0, 0),
        ]
        await store.searches.add_many(rows)  # type: ignore[arg-type]
        found = await store.popular.list(user.id, since=since, now=NOON, least=3, half_life=timedelta(days=5), limit=10)
        assert [(query.text, query.uses) for query in found] == [("green tea", 3), ("black tea", 4)]
        assert abs(found[0].weight - (1 + 2 * 0.5 ** (1 / 5))) < 0.01
        limited = await store.popular.list(
            user.id, since=since, now=NOON, least=3, half_life=timedelta(days=5), limit=1
        )
        assert [query.text for query in limited] == ["green tea"]

    async def test_further_pages_are_no_uses(self, store: MetadataStore) -> None:
        """Who turns pages uses the query once; rows that say nothing of their page are first ones."""
        user = await a_user(store)

        def page(query: str, number: int, params: object, mode: str = "natural") -> list[SearchRow]:
            more = {"result_count": 9, "search_params": params, "search_mode": mode}
            return [a_search(user.id, query=query, **more) for _ in range(number)]

        await store.searches.add_many([
            *page("green tea", 1, {"limit": 20, "offset": 0}), *page("green tea", 2, None),
            *page("green tea", 2, {"limit": 20, "offset": 20}, "exact"),
            *page("black tea", 2, {"limit": 20, "offset": 0}), *page("black tea", 9, {"limit": 1, "offset": 1}),
            *page("tea OR cup", 2, {"limit": 20}, "boolean"), *page("tea OR cup", 1, {"offset": 0}, "fuzzy"),
        ])  # fmt: skip
        week = timedelta(days=7)
        found = await store.popular.list(user.id, since=NOON - week, now=NOON, least=3, half_life=week, limit=10)
        assert {query.text: (query.uses, query.modes) for query in found} == {
            "green tea": (3, frozenset({"natural"})),
            "tea OR cup": (3, frozenset({"boolean", "fuzzy"})),
        }
