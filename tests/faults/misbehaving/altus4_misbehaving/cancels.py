"""Raises what only event loops raise."""

import asyncio

raise asyncio.CancelledError
