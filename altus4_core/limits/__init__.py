"""What limiters share: the limits, the arithmetic of both kinds, and a limiter that counts in memory.

It is a library: nothing in the core uses it, and a limiter need not.
"""

from altus4_core.limits.memory import MemoryLimiter
from altus4_core.limits.quotas import Limits, QuotaSettings

__all__ = ["Limits", "MemoryLimiter", "QuotaSettings"]
