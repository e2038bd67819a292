"""What a store of metrics promises."""

from datetime import date, timedelta

import pytest

from altus4_core.errors import NotFound
from altus4_core.store import MetadataStore
from altus4_core.stored import MetricRow
from altus4_core.testing.contracts.metadata.rows import NOON, UNICODE, a_user, new_id


class MetricContract:
    """Aggregated figures."""

    async def test_figure_is_replaced(self, store: MetadataStore) -> None:
        """Figure is replaced."""
        user, stranger = await a_user(store), await a_user(store)
        days = [date(2030, 5, day) for day in (1, 2, 3)]
        for day in days:
            await store.metrics.put(MetricRow(new_id(), user.id, day, "daily", {"n": day.day, "t": UNICODE}))
        await store.metrics.put(MetricRow(new_id(), user.id, days[0], "daily", {"n": 9}))
        await store.metrics.put(MetricRow(new_id(), user.id, days[0], "Daily", {"n": 1}))
        await store.metrics.put(MetricRow(new_id(), stranger.id, days[0], "daily", {"n": 2}))
        found = await store.metrics.list(user.id, "daily", NOON, NOON + timedelta(days=1))
        assert [(row.day, row.data) for row in found] == [(days[0], {"n": 9}), (days[1], {"n": 2, "t": UNICODE})]
        with pytest.raises(NotFound):
            await store.metrics.put(MetricRow(new_id(), new_id(), days[0], "daily", {"n": 2}))
