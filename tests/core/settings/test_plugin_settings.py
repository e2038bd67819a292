"""Sections of plugins: every kind of field that a plugin may declare."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from attrs.validators import ge, matches_re

from altus4_core.errors import SettingsError
from altus4_core.settings import LoadedSettings, Secret, setting

Load = Callable[..., LoadedSettings]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@attrs.frozen
class Tier:
    hourly: int = setting(10, doc="Requests an hour.", validator=ge(1))
    burst: int = setting(5, doc="At once.")


@attrs.frozen
class Rule:
    path: str = setting(doc="Where.")
    secret: Secret = setting(Secret(""), doc="What.")
    env: str = setting("none", doc="A field whose name is also that of an indirection.")


def _low_before_high(settings: "Settings", attribute: Any, value: int) -> None:
    if value < settings.low:
        message = f"must be at least low, which is {settings.low}"
        raise ValueError(message)


@attrs.frozen
class Settings:
    name: str = setting("n", doc="A name.", validator=matches_re("[a-z]+"))
    low: int = setting(1, doc="Lower bound.")
    high: int = setting(9, doc="Upper bound.", validator=_low_before_high)
    secret: Secret = setting(Secret(""), doc="A secret.")
    mode: Literal["a", "b", 3] = setting("a", doc="A mode.")
    colour: Colour = setting(Colour.RED, doc="A colour.")
    folder: Path = setting(Path(), doc="A folder.")
    numbers: tuple[int, ...] = setting((), doc="Numbers.")
    pair: tuple[int, str] = setting((1, "a"), doc="A pair.")
    words: frozenset[str] = setting(frozenset(), doc="Words.")
    limit: float | None = setting(None, doc="A limit.")
    either: int | str = setting(0, doc="One or the other.")
    tier: Tier = setting(factory=lambda: Tier(hourly=99), doc="A tier.")
    extra: Tier | None = setting(None, doc="Another tier.")
    rules: tuple[Rule, ...] = setting((), doc="Rules.")
    tiers: Mapping[str, Tier] = setting(factory=dict, doc="Tiers by name.")
    options: Mapping[str, Any] = setting(factory=dict, doc="Whatever.")
    _private: int = setting(1, doc="A private one.")


@attrs.frozen
class Required:
    url: Secret = setting(doc="A URL.")
    size: int = setting(doc="A size.")


def read(load: Load, toml: str, environ: Mapping[str, str] | None = None) -> Settings:
    return load(f"[plugins.my-plug]\n{toml}", environ).plugin("my-plug", Settings)


def wrong(load: Load, toml: str, environ: Mapping[str, str] | None = None, cls: type = Settings) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(f"[plugins.my-plug]\n{toml}", environ).plugin("my-plug", cls)
    return [problem.line() for problem in caught.value.problems]


def test_defaults_when_nobody_says_anything(load: Load) -> None:
    assert load().plugin("my-plug", Settings) == Settings()


@pytest.mark.parametrize(
    ("toml", "name", "value"),
    [
        ("name = 'abc'", "name", "abc"),
        ("secret = 's'", "secret", Secret("s")),
        ("mode = 3", "mode", 3),
        ("colour = 'blue'", "colour", Colour.BLUE),
        ("folder = '/x'", "folder", Path("/x")),
        ("numbers = [1, 2]", "numbers", (1, 2)),
        ("pair = [2, 'b']", "pair", (2, "b")),
        ("words = ['a', 'b', 'a']", "words", frozenset({"a", "b"})),
        ("limit = 3", "limit", 3.0),
        ("either = 'x'", "either", "x"),
        ("either = 4", "either", 4),
        ("[plugins.my-plug.tier]\nburst = 7", "tier", Tier(99, 7)),
        ("[plugins.my-plug.extra]\nburst = 7", "extra", Tier(10, 7)),
        ("[plugins.my-plug.extra]", "extra", Tier()),
        ("[[plugins.my-plug.rules]]\npath = '/a'\n[[plugins.my-plug.rules]]\npath = '/b'\nsecret = 'x'", "rules",
         (Rule("/a"), Rule("/b", Secret("x")))),
        ("rules = [{path = '/a', env = 'real'}]", "rules", (Rule("/a", env="real"),)),
        ("[plugins.my-plug.tiers]\nfree = {hourly = 3}", "tiers", {"free": Tier(3)}),
        ("[plugins.my-plug.options]\na = [1, {b = 'x'}]\nc = {env = 'C'}\nd = [{env = 'C'}]\nfile = 'f'", "options",
         {"a": [1, {"b": "x"}], "c": "see", "d": ["see"], "file": "f"}),
        ("_private = 5", "_private", 5),
    ],
)  # fmt: skip
def test_from_the_file(load: Load, toml: str, name: str, value: Any) -> None:
    found = getattr(read(load, toml, {"C": "see"}), name)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("NAME", "abc", "name", "abc"),
        ("SECRET", "s", "secret", Secret("s")),
        ("MODE", "3", "mode", 3),
        ("COLOUR", "blue", "colour", Colour.BLUE),
        ("NUMBERS", "1, 2,", "numbers", (1, 2)),
        ("NUMBERS", "[1, 2]", "numbers", (1, 2)),
        ("PAIR", "2,b", "pair", (2, "b")),
        ("EITHER", "2", "either", 2),
        ("EITHER", "b", "either", "b"),
        ("WORDS", "a,b", "words", frozenset({"a", "b"})),
        ("LIMIT", "2.5", "limit", 2.5),
        ("TIER__BURST", "7", "tier", Tier(99, 7)),
        ("EXTRA__BURST", "7", "extra", Tier(10, 7)),
        ("RULES", '[{"path": "/a"}]', "rules", (Rule("/a"),)),
        ("TIERS", '{"free": {"hourly": 3}}', "tiers", {"free": Tier(3)}),
        ("OPTIONS", '{"a": [1, null]}', "options", {"a": [1, None]}),
    ],
)
def test_from_the_environment(load: Load, variable: str, text: str, name: str, value: Any) -> None:
    settings = read(load, "name = 'fromfile'\nlimit = 1.0", {f"ALTUS4_PLUGINS__MY_PLUG__{variable}": text})
    assert getattr(settings, name) == value


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("nam = 'x'", "plugins.my-plug.nam: there is no such setting [altus4.toml:2]; did you mean 'name'?"),
        ("name = 'A'", "plugins.my-plug.name: must match regex '[a-z]+' ('A' doesn't) [altus4.toml:2]; A name."),
        ("mode = '3'", "must be one of 'a', 'b', 3, not '3' [altus4.toml:2]"),
        ("colour = 'green'", "must be one of 'red', 'blue', not 'green'"),
        ("low = 5\nhigh = 3", "plugins.my-plug: must be at least low, which is 5 [altus4.toml:1]"),
        ("pair = [1]", "plugins.my-plug.pair: must have 2 items, not 1"),
        ("pair = [1, 2]", "plugins.my-plug.pair.1: must be text, not a whole number"),
        ("either = 1.5", "must be a whole number or text, not a number"),
        ("limit = 'x'", "plugins.my-plug.limit: must be a number, not text"),
        ("tier = 3", "plugins.my-plug.tier: must be a table, not a whole number"),
        ("[plugins.my-plug.tier]\nhourly = 0", "plugins.my-plug.tier.hourly: must be >= 1: 0 [altus4.toml:3]"),
        ("[[plugins.my-plug.rules]]\npath = '/a'\n[[plugins.my-plug.rules]]\npaht = '/b'",
         "plugins.my-plug.rules.1.paht: there is no such setting [altus4.toml:5]; did you mean 'path'?"),
        ("[[plugins.my-plug.rules]]\nsecret = 'x'", "plugins.my-plug.rules.0.path: is required [altus4.toml:2]"),
        ("[plugins.my-plug.tiers.free]\nburst = 'x'", "plugins.my-plug.tiers.free.burst: must be a whole number"),
        ("[plugins.my-plug.options]\na = [{env = 'NOPE'}]", "plugins.my-plug.options.a.0: the environment variable"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_located(load: Load, toml: str, said: str) -> None:
    assert any(said in line for line in wrong(load, toml))


def test_required_values(load: Load) -> None:
    lines = wrong(load, "", cls=Required)
    assert lines == [
        (
            "plugins.my-plug.url: is required [altus4.toml:1]; set url in [plugins.my-plug] or "
            "ALTUS4_PLUGINS__MY_PLUG__URL"
        ),
        (
            "plugins.my-plug.size: is required [altus4.toml:1]; set size in [plugins.my-plug] or "
            "ALTUS4_PLUGINS__MY_PLUG__SIZE"
        ),
    ]


def test_unknown_variables_of_a_plugin(load: Load) -> None:
    lines = wrong(load, "", {"ALTUS4_PLUGINS__MY_PLUG__NAM": "x"})
    assert lines == [
        (
            "ALTUS4_PLUGINS__MY_PLUG__NAM: there is no such setting [environment ALTUS4_PLUGINS__MY_PLUG__NAM]; "
            "did you mean 'ALTUS4_PLUGINS__MY_PLUG__NAME'?"
        )
    ]


def test_a_secret_is_not_quoted_by_its_validator(load: Load) -> None:
    def careless(settings: Any, attribute: Any, value: Secret) -> None:
        message = f"{value.reveal()} is too short"
        raise ValueError(message)

    @attrs.frozen
    class Careless:
        secret: Secret = setting(Secret(""), doc="A secret.", validator=careless)

    lines = wrong(load, "secret = 'hunter2'", cls=Careless)
    assert lines == ["plugins.my-plug.secret: *** is too short [altus4.toml:2]; A secret."]


def test_a_class_that_cannot_be_read_is_the_plugins_problem(load: Load) -> None:
    @attrs.frozen
    class Odd:
        thing: "Missing" = setting(1, doc="?")  # type: ignore[name-defined]  # noqa: F821

    @attrs.frozen
    class Strange:
        thing: complex = setting(1j, doc="?")

    assert wrong(load, "", cls=Odd)[0].startswith("my-plug: its settings class is wrong")
    assert "a type that settings cannot have" in wrong(load, "thing = 1", cls=Strange)[0]


def test_unknown_sections(load: Load) -> None:
    settings = load(
        "[plugins.api-keyz]\na = 1\n[plugins.redis]\n",
        {"ALTUS4_PLUGINS__API_KEZS__X": "1", "ALTUS4_PLUGINS__REDIS__URL": "x", "ALTUS4_PLUGINS__REDIS": "x"},
    )
    lines = [problem.line() for problem in settings.unknown_plugin_sections({"api-keys", "redis"})]
    assert lines == [
        "plugins.api-keyz: there is no such plugin [altus4.toml:1]; did you mean 'api-keys'?",
        (
            "ALTUS4_PLUGINS__API_KEZS__X: there is no such plugin [environment ALTUS4_PLUGINS__API_KEZS__X]; "
            "did you mean 'ALTUS4_PLUGINS__API_KEYS'?"
        ),
        (
            "ALTUS4_PLUGINS__REDIS: names a plugin but no setting [environment ALTUS4_PLUGINS__REDIS]; "
            "write ALTUS4_PLUGINS__REDIS__<SETTING>"
        ),
    ]
    assert load("[plugins.redis]\n").unknown_plugin_sections({"redis"}) == []
    (problem,) = load("[plugins.redis]\n").unknown_plugin_sections(set())
    assert "install the plugin, or remove its section" in problem.line()


def test_explain(load: Load) -> None:
    settings = load(
        "[server]\nhost = 'h'\n[plugins.my-plug]\nsecret = 'hunter2'\noptions = {password = 'hunter2', a = 1}\n",
        {"ALTUS4_PORT": "5", "ALTUS4_PLUGINS__MY_PLUG__TIER__BURST": "6"},
    )
    explained = {value.key: value for value in settings.explain({"my-plug": Settings})}
    assert "hunter2" not in repr(explained)

    def shown(key: str) -> tuple[str, str]:
        return explained[key].value, explained[key].source

    assert shown("server.port") == ("5", "environment ALTUS4_PORT")
    assert shown("server.host") == ('"h"', "altus4.toml:2")
    assert shown("server.max_requests") == ("256", "default")
    assert shown("plugins.my-plug.secret") == ('"***"', "altus4.toml:4")
    assert shown("plugins.my-plug.options") == ('{"password": "***", "a": 1}', "altus4.toml:5")
    assert shown("plugins.my-plug.tier.burst") == ("6", "environment ALTUS4_PLUGINS__MY_PLUG__TIER__BURST")
    assert shown("plugins.my-plug.tier.hourly") == ("99", "default")
    assert shown("security.session_secret") == ('""', "default")
    assert all(value.doc for value in explained.values())


def test_one_plugin_does_not_see_anothers_section(load: Load) -> None:
    settings = load("[plugins.other]\nname = 'x'\n[plugins.my-plug]\nname = 'mine'\n")
    assert settings.plugin("my-plug", Settings).name == "mine"
