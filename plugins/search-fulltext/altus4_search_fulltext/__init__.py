"""Full-text search on MySQL and MariaDB for Altus 4: the modes `natural` and `boolean`."""

from altus4_search_fulltext.plugin import SearchFulltextPlugin

__all__ = ["SearchFulltextPlugin"]
