"""The search log of Altus 4."""

from altus4_analytics.plugin import AnalyticsPlugin

__all__ = ["AnalyticsPlugin"]
