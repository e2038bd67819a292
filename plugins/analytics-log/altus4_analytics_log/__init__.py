"""Events of Altus 4 as JSON lines."""

from altus4_analytics_log.plugin import AnalyticsLogPlugin

__all__ = ["AnalyticsLogPlugin"]
