"""Rows for clients of the published API: with the header `X-Altus4-Compat: sdk` they have snake_case twins, too."""

import re
from typing import Any

from altus4_core.routing import Call
from altus4_core.schema.encode import to_json

HEADER = "X-Altus4-Compat"


def told(call: Call, value: Any) -> Any:
    """Give the value as the caller wants it."""
    if call.request.headers.get(HEADER, "").strip().lower() != "sdk":
        return value
    return _twins(to_json(value))


def _twins(value: Any) -> Any:
    if isinstance(value, list):
        return [_twins(item) for item in value]
    if not isinstance(value, dict):
        return value
    own = {name: _twins(item) for name, item in value.items()}
    return {**{re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower(): item for name, item in own.items()}, **own}
