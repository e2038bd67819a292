"""Popular queries: what the caller's own account searched for often, lately and with results. Never anybody else's."""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta

from altus4_core.clock import Clock
from altus4_core.popularqueries import PopularQuery
from altus4_core.records import Suggestion, SuggestRequest
from altus4_core.searchlog import HASHED
from altus4_core.store import MetadataStore
from altus4_suggestions.words import plain

_MOST = 200  # queries of one account that are looked through
_ACCOUNTS = 1000  # remembered
_NOTHING = 5.0  # seconds for which it is remembered that there are none


class Popular:
    """Completes queries to popular ones of the same account.

    Args:
        store: Gives the metadata store.
        clock: Source of time.
        least: Uses that make a query popular.
        half_life_days: Days after which a use counts half.
        history_days: Days that are looked at.
        remembered: Seconds for which an account's popular queries are remembered.
    """

    name = "popular"

    def __init__(
        self,
        store: Callable[[], MetadataStore],
        clock: Clock,
        *,
        least: int,
        half_life_days: float,
        history_days: int,
        remembered: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._least = least
        self._half_life = half_life_days
        self._history = timedelta(days=history_days)
        self._remembered = remembered
        self._known: OrderedDict[str, tuple[float, Sequence[PopularQuery]]] = OrderedDict()

    async def suggest(self, request: SuggestRequest) -> Sequence[Suggestion]:
        """Give popular queries that hold all words of this one, the last one perhaps only begun.

        Those of other modes only if they are plain words, which mean the same in each.
        """
        if request.identity.databases is not None:
            return []  # the account's queries are of all its databases, and the caller is confined to some
        *whole, begun = request.query.casefold().split() or [""]
        if not begun:
            return []
        fitting = []
        for query in await self._of(request.identity.user_id):
            if query.text.startswith(HASHED):  # nobody asked that
                continue
            if request.mode not in query.modes and not plain(query.text):
                continue
            words = query.text.casefold().split()
            if " ".join(words) == " ".join([*whole, begun]):
                continue
            if all(word in words for word in whole) and any(word.startswith(begun) for word in words):
                fitting.append(query)
        # A use of today counts 1; one of a popular query's many more uses adds less and less.
        return [
            Suggestion(query.text, round(1 - math.exp(-query.weight / 5), 4), "popular")
            for query in fitting[: request.limit]
        ]

    async def _of(self, user_id: str) -> Sequence[PopularQuery]:
        now = self._clock.monotonic()
        known = self._known.get(user_id)
        if known is not None and known[0] > now:
            return known[1]
        today, half_life = self._clock.now(), timedelta(days=self._half_life)
        found = await self._store().popular.list(
            user_id, since=today - self._history, now=today, least=self._least, half_life=half_life, limit=_MOST
        )
        # Who has just begun should not wait for long: their log is short, and read quickly.
        self._known[user_id] = (now + (self._remembered if found else min(self._remembered, _NOTHING)), found)
        self._known.move_to_end(user_id)
        if len(self._known) > _ACCOUNTS:
            self._known.popitem(last=False)
        return found
