"""Wiring of the plugin `search-fulltext`."""

from collections.abc import Iterable

import attrs
from attrs.validators import and_, ge, le

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
        from altus4_search_fulltext.mode import FulltextMode
        from altus4_search_fulltext.natural import NaturalLanguage

        settings = self.settings
        limits = Limits(settings.most_terms, settings.most_prefixes, settings.deepest)
        longest, concurrency = settings.longest_value, settings.table_concurrency
        return [
            FulltextMode("natural", NaturalLanguage(settings.most_terms), longest=longest, concurrency=concurrency),
            FulltextMode("boolean", BooleanLanguage(limits), longest=longest, concurrency=concurrency),
        ]
