"""Selecting, loading and composing plugins. What really installed ones do wrong is in `tests/faults`."""

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.composing import manager
from altus4_core.composing.discovery import FoundPlugin, from_file
from altus4_core.composing.manager import Selection
from altus4_core.gateway import Gateway
from altus4_core.records import Category
from altus4_core.settings.loader import load_settings


def plugin(name, **members):
    return type(name.title().replace("-", ""), (Plugin,), {"name": name, **members})


def categorizing(name, provider="by-x"):
    class Provider:
        def __init__(self):
            self.name = provider

        async def categorize(self, request, hits):
            return [Category(name, 1, 1.0, name)]

    def altus4_categorizers(self):
        return [Provider()]

    return plugin(name, altus4_categorizers=hookimpl(altus4_categorizers))


def names(gateway):
    return [entry.plugin for entry in gateway.composition.of("categorizer")]


def lines(gateway):
    return [problem.line() for problem in gateway.problems()]


def test_order_is_that_of_enable(gateway_factory):
    one, two = categorizing("one", "a"), categorizing("two", "b")
    assert names(gateway_factory(two, one, memory=None)) == ["two", "one"]
    assert names(gateway_factory(one, two, memory=None)) == ["one", "two"]


def test_preference(gateway_factory):
    one, two = categorizing("one"), categorizing("two")
    gateway = gateway_factory(one, two, memory=None, toml='[prefer]\n"categorizer.by-x" = "two"\n')
    assert names(gateway) == ["two"]
    assert lines(gateway) == []


def test_preference_for_somebody_who_does_not_offer_it(gateway_factory):
    gateway = gateway_factory(
        categorizing("one"), categorizing("two"), memory=None, toml='[prefer]\n"categorizer.by-x" = "tow"\n'
    )
    (line,) = lines(gateway)
    assert "prefers 'tow', which is not loaded; choose one of: one, two" in line


def test_preference_for_another_name_says_how_to_replace(gateway_factory):
    toml = '[prefer]\n"categorizer.by-x" = "two"\n'
    (line,) = lines(gateway_factory(categorizing("one", "by-x"), categorizing("two", "by-y"), memory=None, toml=toml))
    assert line.endswith(
        "choose one of: one; or, as 'two' offers categorizer 'by-y', name that provider 'by-x' to replace the other"
    )


def test_preference_for_who_failed_is_not_a_second_problem(gateway_factory):
    toml = '[prefer]\n"categorizer.by-x" = "two"\n[plugins.two]\ncolumn = 1\n'
    (line,) = lines(gateway_factory(categorizing("one"), categorizing("two"), memory=None, toml=toml))
    assert "plugins.two.column: there is no such setting" in line
    assert line.endswith("nothing can be set here; remove it")


def test_preference_that_nobody_needs(gateway_factory):
    gateway = gateway_factory(categorizing("one"), memory=None, toml='[prefer]\n"categorizer.by-y" = "one"\n')
    (line,) = lines(gateway)
    assert "nothing offers 'categorizer.by-y'" in line


def test_hooks_may_take_fewer_arguments(gateway_factory):
    seen = []

    def none(self):
        seen.append("none")
        return []

    def all_of_it(self, ctx):
        seen.append(ctx.plugin)
        return []

    def only_provider(self, provider):
        seen.append(provider.name)

    lazy = plugin("lazy", altus4_checks=hookimpl(none), altus4_wrap=hookimpl(only_provider))
    keen = plugin("keen", altus4_checks=hookimpl(all_of_it))
    gateway = gateway_factory(categorizing("one"), lazy, keen, memory=None)
    assert lines(gateway) == []
    assert seen == ["none", "keen", "by-x"]


def test_each_hook_is_called_once(gateway_factory):
    calls = []

    def count(self):
        calls.append(1)
        return []

    gateway_factory(plugin("one", altus4_policies=hookimpl(count)), memory=None)
    assert calls == [1]


def test_context(gateway_factory, held_clock, tmp_path):
    contexts = []

    def keep(self, ctx):
        contexts.append(ctx)
        return []

    gateway = gateway_factory(plugin("curious", altus4_checks=hookimpl(keep)), memory=None, clock=held_clock)
    (ctx,) = contexts
    assert ctx.plugin == "curious"
    assert ctx.logger.name == "altus4.curious"
    assert ctx.clock is held_clock
    assert ctx.config_folder == gateway.settings.config_folder
    with pytest.raises(Exception, match="not running"):
        ctx.service(dict)()


def test_chain_of_wraps(gateway_factory):
    class Around:
        def __init__(self, inner):
            self.inner, self.name = inner, inner.name

        async def categorize(self, request, hits):
            return await self.inner.categorize(request, hits)

    def wrap(self, seam, provider):
        return Around(provider) if seam == "categorizer" else None

    inner, outer = (plugin(name, altus4_wrap=hookimpl(wrap)) for name in ("inner", "outer"))
    gateway = gateway_factory(categorizing("one"), inner, outer, memory=None)
    (entry,) = gateway.composition.of("categorizer")
    assert entry.wraps == ("inner", "outer")
    assert entry.plugin == "one"
    assert entry.provider.inner.inner.name == "by-x"


def test_minor_versions_of_the_api(gateway_factory):
    assert lines(gateway_factory(plugin("same", api=(1, 0)), memory=None)) == []
    (line,) = lines(gateway_factory(plugin("newer", api=(1, 9)), memory=None))
    assert "upgrade altus4-core" in line


def load(selection, toml, tmp_path):
    path = tmp_path / "altus4.toml"
    path.write_text(toml)
    return Gateway(load_settings(path, {}), selection)


def given(cls):
    return FoundPlugin(cls.name, "given", "0", "here", lambda: cls)


def test_listed_twice(tmp_path):
    selection = Selection(extra=[given(plugin("one"))])
    gateway = load(selection, 'enable = ["one", "one"]\n', tmp_path)
    assert lines(gateway) == ["enable: plugin 'one' is listed twice; list it once"]
    assert len(gateway.composition.loaded()) == 1


def test_nothing_enabled_is_fine_when_said_so(tmp_path):
    assert lines(load(Selection(), "enable = []\n", tmp_path)) == []


def test_only(tmp_path):
    imported = []

    def loading(name):
        def load_it():
            imported.append(name)
            return plugin(name)

        return FoundPlugin(name, "given", "0", "here", load_it)

    selection = Selection(only=["two"], extra=[loading("one"), loading("two"), loading("three")])
    gateway = load(selection, "enable = []\n", tmp_path)
    assert imported == ["two"]
    assert [loaded.name for loaded in gateway.composition.loaded()] == ["two"]


def in_file(path, name):
    path.write_text(f"from altus4_core import Plugin\n\n\nclass {name}(Plugin):\n    pass\n")
    return from_file(f"{path}:{name}")


def test_a_file_never_replaces_an_enabled_plugin(tmp_path, monkeypatch):
    there = FoundPlugin("one", "altus4-one", "1.0", "altus4_one:One", lambda: plugin("one"))
    monkeypatch.setattr(manager.discovery, "installed", lambda: {"one": [there]})
    file = in_file(tmp_path / "mine.py", "One")
    (line,) = lines(load(Selection(extra=[file]), 'enable = ["one"]\n', tmp_path))
    assert line == (
        f"one: the plugin name is claimed by altus4-one 1.0, {file.distribution} [altus4-one 1.0]; "
        "leave 'one' out of `enable`, or name the class otherwise"
    )
    for selection, toml in ((Selection(extra=[file]), "enable = []\n"),
                            (Selection(extra=[file], none=True), 'enable = ["one"]\n')):  # fmt: skip
        gateway = load(selection, toml, tmp_path)
        assert lines(gateway) == []
        assert [each.origin for each in gateway.composition.loaded()] == [file.origin]


def test_two_files_with_one_name_are_refused_and_one_given_twice_is_one(tmp_path):
    files = [in_file(tmp_path / name, "One") for name in ("first.py", "second.py")]
    (line,) = lines(load(Selection(extra=files), "enable = []\n", tmp_path))
    assert f"claimed by {files[0].distribution}, {files[1].distribution} " in line
    assert line.endswith("; load one of them")
    gateway = load(Selection(extra=[files[0], files[0]]), "enable = []\n", tmp_path)
    assert (lines(gateway), len(gateway.composition.loaded())) == ([], 1)


@pytest.mark.parametrize(
    ("enable", "expected"),
    [
        (["standard"], ["one", "two"]),
        (["mine", "standard"], ["mine", "one", "two"]),
        (["standard", "mine"], ["one", "two", "mine"]),
        (["two", "standard", "mine"], ["two", "one", "mine"]),
        (["mine"], ["mine"]),
        ([], []),
    ],
)
def test_standard_stands_for_the_usual_set(monkeypatch, enable, expected):
    monkeypatch.setattr(manager.discovery, "standard_names", lambda: ("one", "two"))
    assert manager._expanded(enable) == expected
