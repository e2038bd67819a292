"""The audit trail of Altus 4."""

from altus4_audit.plugin import AuditPlugin

__all__ = ["AuditPlugin"]
