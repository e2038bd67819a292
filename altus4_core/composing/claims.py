"""What the core itself has: a plugin that wants it must be preferred, and its commands cannot be taken at all."""

from collections.abc import Collection, Mapping

CORE = "core"

COMMANDS = frozenset({"serve", "plugins", "config", "doctor", "migrate", "new-plugin", "build"})

ROUTES = frozenset(
    {
        "GET /health",
        "GET /health/live",
        "GET /health/ready",
        "GET /api/v1/health",
        "GET /api/v1/status",
        "GET /api/v1/capabilities",
        "GET /openapi.json",
        "POST /api/v1/search",
        "GET /api/v1/search",
        "POST /api/v1/search/batch",
        "POST /api/v1/search/explain",
        "POST /api/v1/search/analyze",
        "GET /api/v1/search/suggestions",
    }
)
"""Not among them: the pages `/` and `/docs`, which stand in for whoever has better ones."""

METRICS = frozenset({"GET /metrics", "GET /api/v1/metrics"})


def core_claims(*, metrics: bool) -> Mapping[str, Collection[str]]:
    """Give the core's names by seam; `metrics` says whether the core offers metrics."""
    return {"command": COMMANDS, "route": ROUTES | METRICS if metrics else ROUTES}
