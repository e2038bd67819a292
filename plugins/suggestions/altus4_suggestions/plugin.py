"""Wiring: settings and hooks."""

from collections.abc import Iterable

import attrs
from attrs.validators import ge, gt

from altus4_core import Plugin, PluginContext, hookimpl, setting
from altus4_core.seams import Suggester
from altus4_core.store import MetadataStore
from altus4_core.vocabulary import Vocabularies


@attrs.frozen
class SuggestionsSettings:
    """Section `[plugins.suggestions]`."""

    least_uses: int = setting(
        3, doc="Searches with results, for the first page, that make a query popular.", validator=ge(1)
    )
    half_life_days: float = setting(14.0, doc="Days after which a search counts half.", validator=gt(0))
    history_days: int = setting(90, doc="Days of the search log that are looked at.", validator=ge(1))
    remembered_seconds: float = setting(
        60.0,
        doc="Seconds for which a user's popular queries are remembered; that there are none, at most 5.",
        validator=gt(0),
    )
    times_as_frequent: int = setting(
        20, doc="How many times as frequent as the typed word a correction must be.", validator=ge(1)
    )


class SuggestionsPlugin(Plugin):
    """Proposes queries from the caller's own log and from the words of the databases searched."""

    name = "suggestions"
    Settings = SuggestionsSettings
    tables = {"searches": "SELECT"}
    settings: SuggestionsSettings

    @hookimpl
    def altus4_suggesters(self, ctx: PluginContext) -> Iterable[Suggester]:
        """Offer the suggesters `popular`, `completion` and `spelling`."""
        from altus4_suggestions.completion import Completion
        from altus4_suggestions.popular import Popular
        from altus4_suggestions.spelling import Spelling

        settings = self.settings
        vocabularies = ctx.service(Vocabularies)
        popular = Popular(
            ctx.service(MetadataStore),
            ctx.clock,
            least=settings.least_uses,
            half_life_days=settings.half_life_days,
            history_days=settings.history_days,
            remembered=settings.remembered_seconds,
        )
        return [popular, Completion(vocabularies), Spelling(vocabularies, settings.times_as_frequent)]
