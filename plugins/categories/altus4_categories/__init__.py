"""Categories of search results for Altus 4."""

from altus4_categories.plugin import CategoriesPlugin

__all__ = ["CategoriesPlugin"]
