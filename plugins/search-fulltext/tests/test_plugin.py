"""The plugin offers two modes that keep the core's contract, and what their samples tell about words."""

import inspect
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from altus4_search_fulltext import SearchFulltextPlugin

from altus4_core import PluginContext
from altus4_core.clock import SystemClock
from altus4_core.seams import SearchMode
from altus4_core.testing.contracts import ServiceContract
from altus4_core.vocabulary import Vocabularies


def context() -> PluginContext:
    unused: Any = None
    return PluginContext("search-fulltext", logging.getLogger("test"), SystemClock(), unused, Path(), unused)


def test_two_modes_for_mysql_are_offered() -> None:
    modes = list(SearchFulltextPlugin().altus4_search_modes(context()))
    assert [mode.name for mode in modes] == ["natural", "boolean"]
    for mode in modes:
        assert isinstance(mode, SearchMode)
        assert inspect.iscoroutinefunction(mode.search)
        assert mode.kinds == {"mysql"}


def test_every_setting_is_documented() -> None:
    assert all(field.metadata["doc"] for field in attrs.fields(SearchFulltextPlugin.Settings))


class TestService(ServiceContract):
    """The service `Vocabularies`: there as soon as it runs, with nothing in it yet."""

    @pytest.fixture
    def provider(self) -> Any:
        (service,) = SearchFulltextPlugin().altus4_services(context())
        return service

    @pytest.fixture
    def valid(self) -> Callable[[Vocabularies], Any]:
        async def works(running: Vocabularies) -> bool:
            return list(running.of("nothing searched yet")) == []

        return works
