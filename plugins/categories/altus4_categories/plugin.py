"""Wiring: settings and hooks."""

from collections.abc import Iterable

import attrs
from attrs.validators import and_, ge, le

from altus4_core import Plugin, hookimpl, setting
from altus4_core.seams import Categorizer


@attrs.frozen
class CategoriesSettings:
    """Section `[plugins.categories]`."""

    least_results: int = setting(
        6, doc="Results below which nothing is grouped: a handful can be read.", validator=ge(2)
    )
    most_values: int = setting(
        12, doc="Different values that a column may have among the results to be a category.", validator=ge(2)
    )
    most_clusters: int = setting(5, doc="Phrases that results are grouped by; 0 for none.", validator=ge(0))
    least_confidence: float = setting(
        0.5, doc="Confidence below which a phrase is dropped.", validator=and_(ge(0.0), le(1.0))
    )


class CategoriesPlugin(Plugin):
    """Groups results by table, by columns with few values, and by phrases that some of them share."""

    name = "categories"
    Settings = CategoriesSettings
    settings: CategoriesSettings

    @hookimpl
    def altus4_categorizers(self) -> Iterable[Categorizer]:
        """Offer the categorizers `facets` and `phrases`, in this order."""
        from altus4_categories.facets import Facets
        from altus4_categories.phrases import Phrases

        settings = self.settings
        found: list[Categorizer] = [Facets(settings.least_results, settings.most_values)]
        if settings.most_clusters:
            found.append(Phrases(settings.least_results, settings.most_clusters, settings.least_confidence))
        return found
