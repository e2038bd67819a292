"""The HTTP side: envelopes, the gate every request passes, access control, and the core's own operations."""
