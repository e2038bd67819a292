"""What the core claims is what it has."""

from altus4_core.app import create_app
from altus4_core.cli.main import main
from altus4_core.composing.claims import COMMANDS, METRICS, ROUTES, core_claims

PAGES = {"GET /", "GET /docs"}


def test_commands():
    assert set(main.commands) == COMMANDS


def test_routes(gateway_factory, memory):
    gateway = gateway_factory(memory=None)
    own = {f"{route.method} {route.path}" for plugin, route in create_app(gateway).routes if plugin == "core"}
    assert own == ROUTES | METRICS | PAGES


def test_metrics_are_free_where_the_core_offers_none(gateway_factory):
    gateway = gateway_factory(memory=None, toml='[server]\nmetrics = "off"\n')
    paths = {route.path for _, route in create_app(gateway).routes}
    assert not paths & {"/metrics", "/api/v1/metrics"}
    assert not METRICS & set(core_claims(metrics=False)["route"])
