"""What keys may do."""

import pytest
from altus4_api_keys.policy import KeyPermissions

from altus4_core.records import Action, Identity


def holder(*permissions, scheme="api-key", role="user"):
    return Identity("u", scheme, "k", role=role, permissions=frozenset(permissions))


@pytest.mark.parametrize(
    ("identity", "action", "verdict"),
    [
        (holder("search"), Action("a", "search"), True),
        (holder("search"), Action("a", "analytics"), False),
        (holder("search"), Action("a", "admin"), False),
        (holder("analytics"), Action("a", "search"), False),
        (holder("admin"), Action("a", "search"), True),
        (holder("admin"), Action("a", "analytics"), True),
        (holder("admin"), Action("a", "admin"), True),
        (holder("admin"), Action("a", "session"), False),
        (holder("search"), Action("a"), True),
        (holder(), Action("a", "search"), False),
        (holder("analytics"), Action("a", "analytics", role="admin"), False),
        (holder("admin", role="admin"), Action("a", "analytics", role="admin"), True),
        (holder("search", "analytics", "admin", scheme="session", role="admin"), Action("a", "search"), None),
        (holder(scheme="other"), Action("a", "session", role="admin"), None),
    ],
)
async def test_decisions(identity, action, verdict):
    assert await KeyPermissions().permits(identity, action, None) is verdict
