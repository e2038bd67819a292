"""What plugins say of the tables that they use: added up, and refused where it makes no sense."""

import pytest

from altus4_core.composing.manager import Selection
from altus4_core.gateway import Gateway
from altus4_core.plugin import Plugin
from altus4_core.settings.loader import load_settings
from altus4_core.tables import add_up, ordered, table_fault
from altus4_core.testing.composing import found


def test_rights_add_up():
    summed = add_up([{"b": "SELECT"}, {"a": "DELETE, SELECT", "b": "INSERT,SELECT"}, {}])
    assert {table: ordered(rights) for table, rights in summed.items()} == {
        "a": ["SELECT", "DELETE"],
        "b": ["SELECT", "INSERT"],
    }
    assert list(summed) == ["a", "b"]


@pytest.mark.parametrize(
    "tables",
    [None, ["a"], {"a": "ALL"}, {"a": ""}, {"a": ["SELECT"]}, {"a": "select"}, {"a`; --": "SELECT"}, {1: "SELECT"}],
)
def test_what_makes_no_sense_is_refused(tables):
    assert table_fault(tables)
    wrong = type("Wrong", (Plugin,), {"name": "wrong", "tables": tables})
    gateway = Gateway(load_settings(None, {}), Selection(extra=[found(wrong)], none=True))
    (problem,) = gateway.problems()
    assert "tables" in problem.line()
    assert problem.who == "wrong"


def test_each_plugin_is_told_the_sum():
    told = {}

    class Reader(Plugin):
        name = "reader"
        tables = {"notes": "SELECT"}

    class Writer(Plugin):
        name = "writer"
        tables = {"notes": "INSERT"}

    from altus4_core.hookspecs import hookimpl

    class Asking(Plugin):
        name = "asking"

        @hookimpl
        def altus4_checks(self, ctx):
            told.update(ctx.tables)
            return []

    Gateway(load_settings(None, {}), Selection(extra=[found(each) for each in (Asking, Reader, Writer)], none=True))
    assert told == {"notes": {"SELECT", "INSERT"}}
