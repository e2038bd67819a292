"""The plugin offers two modes that keep the core's contract."""

import inspect

import attrs
from altus4_search_fulltext import SearchFulltextPlugin

from altus4_core.seams import SearchMode


def test_two_modes_for_mysql_are_offered() -> None:
    modes = list(SearchFulltextPlugin().altus4_search_modes(ctx=None))
    assert [mode.name for mode in modes] == ["natural", "boolean"]
    for mode in modes:
        assert isinstance(mode, SearchMode)
        assert inspect.iscoroutinefunction(mode.search)
        assert mode.kinds == {"mysql"}


def test_every_setting_is_documented() -> None:
    assert all(field.metadata["doc"] for field in attrs.fields(SearchFulltextPlugin.Settings))
