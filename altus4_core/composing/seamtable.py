"""The table of seams: which hook fills each, and what its providers must offer. In the order of the calls."""

import click

from altus4_core.routing import Route
from altus4_core.seams import (
    AnalyticsSink,
    AuthScheme,
    Categorizer,
    Check,
    Fusion,
    Limiter,
    Migrations,
    Policy,
    SeamSpec,
    SearchMode,
    Service,
    Suggester,
    TargetProvider,
)


def seam_table() -> tuple[SeamSpec, ...]:
    """Give all seams."""
    return (
        SeamSpec("service", "altus4_services", Service, record=True),
        SeamSpec("auth-scheme", "altus4_auth_schemes", AuthScheme, methods=("authenticate",)),
        SeamSpec("policy", "altus4_policies", Policy, methods=("permits",)),
        SeamSpec("limiter", "altus4_limiters", Limiter, methods=("admit",)),
        SeamSpec(
            "search-mode",
            "altus4_search_modes",
            SearchMode,
            methods=("search",),
            attributes=("name", "kinds", "options"),
        ),
        SeamSpec("target", "altus4_targets", TargetProvider, methods=("open",), plain_methods=("describe",)),
        SeamSpec("fusion", "altus4_fusions", Fusion, plain_methods=("fuse",)),
        SeamSpec("categorizer", "altus4_categorizers", Categorizer, methods=("categorize",)),
        SeamSpec("suggester", "altus4_suggesters", Suggester, methods=("suggest",)),
        SeamSpec("analytics-sink", "altus4_analytics_sinks", AnalyticsSink, methods=("write",)),
        SeamSpec("migrations", "altus4_migrations", Migrations, record=True),
        SeamSpec("route", "altus4_routes", Route, record=True),
        SeamSpec("command", "altus4_commands", click.Command, record=True),
        SeamSpec("check", "altus4_checks", Check, methods=("run",)),
    )
