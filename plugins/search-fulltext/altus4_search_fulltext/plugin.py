"""Wiring of the plugin `search-fulltext`."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs
from attrs.validators import and_, ge, gt, le

from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.seams import SearchMode, Service

if TYPE_CHECKING:
    from altus4_search_fulltext.ranking.sampler import Sampler


@attrs.frozen
class SearchFulltextSettings:
    """Section `[plugins.search-fulltext]`."""

    most_terms: int = setting(
        32,
        doc="Different words a query may have; natural mode leaves further ones out, boolean mode refuses.",
        validator=and_(ge(1), le(256)),
    )
    most_prefixes: int = setting(8, doc="Prefixes (`data*`) a boolean query may have.", validator=and_(ge(0), le(64)))
    deepest: int = setting(
        8, doc="Brackets inside brackets that a boolean query may have.", validator=and_(ge(1), le(32))
    )
    longest_value: int = setting(
        2000,
        doc="Characters after which a text value of a result is cut; fewer on very deep pages.",
        validator=and_(ge(200), le(100_000)),
    )
    table_concurrency: int = setting(
        4,
        doc="Tables of one database searched at the same time for one request; not above the size of its pool.",
        validator=and_(ge(1), le(64)),
    )
    slow_after_ms: int = setting(
        50,
        doc="Predicted milliseconds of the server's work above which a search takes the slow lane: a quarter of the "
        "database's connections, so that the others stay free for quick searches.",
        validator=ge(1),
    )
    most_seconds: float = setting(
        10.0,
        doc="Predicted seconds of the server's work above which a search is refused: a running one cannot be stopped.",
        validator=gt(0),
    )
    facet_seconds: float = setting(
        1.0,
        doc="Predicted seconds of the server's work that exact facets of one table may cost; above it the values are "
        "counted in the first 1,000 rows.",
        validator=ge(0),
    )
    statistics_mib: int = setting(
        32,
        doc="Mebibytes of memory for the samples of tables that rankings are computed with; at most 0.5 a table.",
        validator=and_(ge(1), le(4096)),
    )
    statistics_seconds: float = setting(
        900.0, doc="Seconds after which the sample of a table is read again.", validator=ge(60)
    )


class SearchFulltextPlugin(Plugin):
    """Full-text search on the servers' own indexes."""

    name = "search-fulltext"
    Settings = SearchFulltextSettings
    settings: SearchFulltextSettings

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._sampler: Sampler | None = None

    @hookimpl
    def altus4_services(self, ctx: PluginContext) -> Iterable[Service]:
        """Offer what samples of the searched tables tell about their words."""
        from altus4_core.vocabulary import Vocabularies

        sampler = self._shared_sampler(ctx)

        @asynccontextmanager
        async def sampling() -> AsyncIterator[Vocabularies]:
            sampler.start()
            try:
                yield sampler
            finally:
                await sampler.aclose()

        return [Service(Vocabularies, sampling, name="vocabularies")]

    @hookimpl
    def altus4_search_modes(self, ctx: PluginContext) -> Iterable[SearchMode]:
        """Offer the modes `natural` and `boolean`."""
        from altus4_search_fulltext.boolean.language import BooleanLanguage
        from altus4_search_fulltext.boolean.limits import Limits
        from altus4_search_fulltext.costs import CostBook, CostLimits
        from altus4_search_fulltext.mode import FulltextMode
        from altus4_search_fulltext.natural import NaturalLanguage
        from altus4_search_fulltext.query import Language
        from altus4_search_fulltext.ranking.ranking import Ranking
        from altus4_search_fulltext.statements import Mode

        settings = self.settings
        limits = Limits(settings.most_terms, settings.most_prefixes, settings.deepest)
        costs = CostBook()
        sampler = self._shared_sampler(ctx)

        def mode(name: Mode, language: Language) -> FulltextMode:
            return FulltextMode(
                name,
                language,
                longest=settings.longest_value,
                concurrency=settings.table_concurrency,
                costs=costs,
                limits=CostLimits(settings.slow_after_ms / 1000, settings.most_seconds),
                facet_seconds=settings.facet_seconds,
                ranking=Ranking(sampler, ctx.clock.monotonic, by_default=name == "natural"),
            )

        return [mode("natural", NaturalLanguage(settings.most_terms)), mode("boolean", BooleanLanguage(limits))]

    def _shared_sampler(self, ctx: PluginContext) -> "Sampler":
        """Give the one sampler of the service and of the modes, whichever hook is called first."""
        from altus4_search_fulltext.ranking.sampler import Sampler
        from altus4_search_fulltext.ranking.samples import Samples

        if self._sampler is None:
            settings, now = self.settings, ctx.clock.monotonic
            samples = Samples(settings.statistics_mib << 20, now)
            self._sampler = Sampler(samples, now, ctx.logger, settings.statistics_seconds)
        return self._sampler
