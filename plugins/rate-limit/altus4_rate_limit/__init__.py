"""Rate limits for Altus 4, kept in memory."""

from altus4_rate_limit.plugin import RateLimitPlugin

__all__ = ["RateLimitPlugin"]
