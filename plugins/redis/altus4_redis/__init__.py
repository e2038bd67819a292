"""Limits shared through Redis for Altus 4."""

from altus4_redis.plugin import RedisPlugin

__all__ = ["RedisPlugin"]
