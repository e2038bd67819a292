"""Accounts for Altus 4 - passwords, sessions, profile."""

from altus4_accounts.plugin import AccountsPlugin

__all__ = ["AccountsPlugin"]
