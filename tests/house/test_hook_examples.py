"""Every hook's docstring has an example; it composes, and what it offers works."""

import inspect
import shutil
import textwrap
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import attrs
import click
import pytest
from click.testing import CliRunner

from altus4_core import Plugin, hookimpl, records, routing, seams
from altus4_core.hookspecs import Altus4HookSpecs
from altus4_core.records import Action, AuthRequest, Event, FusedHit, Hit, RankedList, SearchRequest, Severity, Subject
from altus4_core.stored import Database
from altus4_core.testing.twins.plugin import user_identity
from altus4_core.testing.twins.search import MemorySearch
from altus4_core.testing.twins.target import MemoryTarget

HOOKS = [name for name in vars(Altus4HookSpecs) if name.startswith("altus4_")]
ROW = Database("d", "u", "d", "h", 1, "d", "x", kind="memory")
HITS = [Hit((1,), 1.0, {"x": "HAY"})]


def example_of(hook):
    doc = inspect.cleandoc(getattr(Altus4HookSpecs, hook).__doc__)
    lines = doc.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith("    ")), None)
    assert first is not None, f"{hook} has no example"
    return textwrap.dedent("\n".join(lines[first:]))


def plugin_of(hook, tmp_path):
    offered = {name: value for module in (records, routing, seams) for name, value in vars(module).items()}
    modules = {"attrs": attrs, "click": click, "shutil": shutil, "Counter": Counter, "Path": Path}
    names = {**offered, **modules, "hookimpl": hookimpl, "asynccontextmanager": asynccontextmanager}
    names |= {"__file__": str(tmp_path / "mine.py"), "__name__": "mine"}
    exec(compile(example_of(hook), f"<the example of {hook}>", "exec"), names)
    return type("Mine", (Plugin,), {"name": "mine", hook: names[hook]})


class Natural(Plugin):
    """What the example of the wrap wraps."""

    name = "natural"

    @hookimpl
    def altus4_search_modes(self):
        return [MemorySearch("natural")]


@pytest.fixture
def offered(gateway_factory, tmp_path, held_clock):
    def get(hook):
        gateway = gateway_factory(plugin_of(hook, tmp_path), Natural, memory=None, clock=held_clock)
        assert [problem.line() for problem in gateway.composition.problems] == []
        return [
            entry
            for entries in gateway.composition.entries.values()
            for entry in entries
            if entry.plugin == "mine" or entry.wraps
        ]

    return get


@pytest.mark.parametrize("hook", HOOKS)
def test_example_composes(offered, hook):
    (entry,) = offered(hook)
    assert entry.name


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_says_its_arguments_and_what_happens(hook):
    doc = inspect.cleandoc(getattr(Altus4HookSpecs, hook).__doc__)
    assert doc.splitlines()[0].endswith(".")
    signature = inspect.signature(getattr(Altus4HookSpecs, hook))
    assert list(signature.parameters)[:2] == ["self", "ctx"]
    assert all(
        parameter.annotation is not inspect.Parameter.empty for parameter in list(signature.parameters.values())[1:]
    )


async def greeted(service):
    async with service.factory() as greeter:
        return greeter.word


CALLS = {
    "altus4_services": (greeted, "hello"),
    "altus4_auth_schemes": (
        lambda p: p.authenticate(AuthRequest("GET", "/", {"X-Authenticated-User": "ann"}, {}, "")),
        records.Identity(user_id="ann", scheme="proxy-header", credential_id="ann"),
    ),
    "altus4_policies": (lambda p: p.permits(user_identity(), Action("x"), None), None),
    "altus4_limiters": (lambda p: p.admit(Subject("key", "k"), "x", 1), records.Verdict(allowed=False, retry_after=60)),
    "altus4_search_modes": (
        lambda p: p.search(SearchRequest("hay"), None),
        [records.TableHits("notes", "", [Hit((1,), 1.0, {"text": "hay"})])],
    ),
    "altus4_categorizers": (
        lambda p: p.categorize(SearchRequest("x"), [FusedHit("d", "t", HITS[0], 1.0, 1)]),
        [records.Category("t", 1, 1.0, "by-table")],
    ),
    "altus4_suggesters": (
        lambda p: p.suggest(records.SuggestRequest(user_identity(), "rose")),
        [records.Suggestion("roses", 0.5, "completion")],
    ),
    "altus4_analytics_sinks": (
        lambda p: p.write([Event("e", "search", datetime(2030, 1, 1, tzinfo=UTC), "u", "r")]),
        None,
    ),
}


@pytest.mark.parametrize("hook", CALLS)
async def test_example_works(offered, hook):
    call, expected = CALLS[hook]
    assert await call(offered(hook)[0].provider) == expected


async def test_example_of_targets(offered):
    provider = offered("altus4_targets")[0].provider
    target = await provider.open(ROW)
    assert isinstance(target, seams.OpenTarget)
    assert (await target.describe())["tables"] == []
    await target.aclose()
    assert provider.describe() == {"title": "a shelf of books"}


def test_example_of_fusions(offered):
    fused = offered("altus4_fusions")[0].provider.fuse([RankedList("d", "t", HITS), RankedList("d", "s", HITS)], {})
    assert [hit.id for hit in fused] == ["d:t:1", "d:s:1"]


async def test_example_of_checks(offered):
    assert (await offered("altus4_checks")[0].provider.run()).severity is Severity.OK


async def test_example_of_routes(client_factory, tmp_path):
    client = await client_factory(plugin_of("altus4_routes", tmp_path))
    assert (await (await client.get("/api/v1/hello")).json())["data"] == {"hello": "user-1"}


def test_example_of_commands(offered):
    assert CliRunner().invoke(offered("altus4_commands")[0].provider).output == "hello\n"


def test_example_of_migrations(offered, tmp_path):
    assert offered("altus4_migrations")[0].provider.folder == str(tmp_path / "migrations")


async def test_example_of_wrap(offered):
    (entry,) = offered("altus4_wrap")
    assert entry.wraps == ("mine",)
    target = MemoryTarget(ROW, {"t": [{"id": 1, "text": "hay"}]})
    assert await entry.provider.search(SearchRequest("hay"), target)


def test_all_are_called():
    others = {f"altus4_{noun}" for noun in ("targets", "fusions", "checks", "routes", "commands", "migrations", "wrap")}
    assert set(CALLS) | others == set(HOOKS)
