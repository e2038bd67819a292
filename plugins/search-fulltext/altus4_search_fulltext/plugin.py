"""Wiring of the plugin `search-fulltext`."""

from collections.abc import Iterable

import attrs
from attrs.validators import and_, ge, gt, le

from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.seams import SearchMode


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


class SearchFulltextPlugin(Plugin):
    """Full-text search on the servers' own indexes."""

    name = "search-fulltext"
    Settings = SearchFulltextSettings
    settings: SearchFulltextSettings

    @hookimpl
    def altus4_search_modes(self, ctx: PluginContext) -> Iterable[SearchMode]:
        """Offer the modes `natural` and `boolean`."""
        from altus4_search_fulltext.boolean.language import BooleanLanguage
        from altus4_search_fulltext.boolean.limits import Limits
        from altus4_search_fulltext.costs import CostBook, CostLimits
        from altus4_search_fulltext.mode import FulltextMode
        from altus4_search_fulltext.natural import NaturalLanguage
        from altus4_search_fulltext.query import Language
        from altus4_search_fulltext.statements import Mode

        settings = self.settings
        limits = Limits(settings.most_terms, settings.most_prefixes, settings.deepest)
        costs = CostBook()

        def mode(name: Mode, language: Language) -> FulltextMode:
            return FulltextMode(
                name,
                language,
                longest=settings.longest_value,
                concurrency=settings.table_concurrency,
                costs=costs,
                limits=CostLimits(settings.slow_after_ms / 1000, settings.most_seconds),
            )

        return [mode("natural", NaturalLanguage(settings.most_terms)), mode("boolean", BooleanLanguage(limits))]
