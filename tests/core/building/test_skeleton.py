"""The settings skeleton: TOML that changes nothing as it is, has every setting, and shows no secret."""

import re
import tomllib
from collections.abc import Mapping
from enum import Enum

import attrs
import pytest

from altus4_core.building.fields import describe_settings, toml_value
from altus4_core.building.skeleton import skeleton_text
from altus4_core.settings import setting
from altus4_core.settings.core import CoreSettings
from altus4_core.settings.field import Secret
from altus4_core.settings.loader import load_settings

SETTING = re.compile(r"^# ([a-z_]+ = .+)$", re.MULTILINE)
HEADER = re.compile(r"^# (\[.+\])$", re.MULTILINE)


class Colour(Enum):
    RED = "red"


@attrs.frozen
class Inner:
    must: str = setting(doc="Within.")
    depth: int = setting(3, doc="How deep.")


@attrs.frozen
class Fussy:
    must: str = setting(doc="A word.")
    token: Secret = setting(doc="Opens it.")
    api_key: str = setting("sk-default", doc="Opens it, too.", env=("FUSSY_KEY",))
    colour: Colour = setting(Colour.RED, doc="Of what.")
    sizes: tuple[float, ...] = setting((1.5, 2.0), doc="Of many.")
    names: Mapping[str, int] = setting(factory=lambda: {"a b": 1}, doc='With "quotes".\nAnd lines.')
    maybe: int | None = setting(None, doc="Or not.")
    inner: Inner | None = setting(None, doc="May be left out.")
    always: Inner = setting(factory=lambda: Inner("there", 4), doc="Always there.")


@pytest.fixture
def core():
    return skeleton_text(describe_settings(CoreSettings, ()), {"enable": ["standard"], "prefer": {}})


@pytest.fixture
def fussy():
    return skeleton_text(describe_settings(Fussy, ("plugins", "fussy")), {})


def loaded(text, tmp_path, environ=None):
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return load_settings(path, environ or {})


def test_as_it_is_it_changes_nothing(core, tmp_path):
    assert loaded(core, tmp_path).core == attrs.evolve(CoreSettings(), enable=("standard",))


def test_what_is_commented_out_are_the_defaults(core, tmp_path):
    secrets = {"ALTUS4_METADATA_URL": "u", "ALTUS4_SESSION_SECRET": "s", "ALTUS4_ENCRYPTION_KEYS": "k"}
    read = loaded(SETTING.sub(r"\1", core), tmp_path, secrets).core
    assert attrs.evolve(read, metadata=CoreSettings().metadata, security=CoreSettings().security) == attrs.evolve(
        CoreSettings(), enable=("standard",)
    )
    assert read.security.session_secret == Secret("s")


def test_every_setting_has_its_doc(core):
    for field in describe_settings(CoreSettings, ()):
        assert f"# {field['doc']}" in core, field["key"]
        assert re.search(rf"^(# )?{field['path'][-1]} =", core, re.MULTILINE), field["key"]


def test_a_plugins(fussy, tmp_path):
    assert "# A word.\n# must =      must be given\n" in fussy
    assert '\ntoken = {env = "ALTUS4_PLUGINS__FUSSY__TOKEN"}\n' in fussy
    assert '# Opens it, too. Environment: FUSSY_KEY.\n# api_key = {env = "FUSSY_KEY"}\n' in fussy
    assert "sk-default" not in fussy
    assert '# colour = "red"' in fussy
    assert "# sizes = [1.5, 2.0]" in fussy
    assert '# With "quotes". And lines.\n# names = { "a b" = 1 }' in fussy
    assert "# maybe =\n" in fussy
    assert "\n# [plugins.fussy.inner]\n" in fussy
    assert '\n[plugins.fussy.always]\n\n# Within.\n# must = "there"\n\n# How deep.\n# depth = 4\n' in fussy
    given = SETTING.sub(r"\1", fussy.replace("must =      must be given", 'must = "x"', 1))
    environ = {"ALTUS4_PLUGINS__FUSSY__TOKEN": "t", "FUSSY_KEY": "f"}
    read = loaded(given.split("# [plugins.fussy.inner]")[0], tmp_path, environ).plugin("fussy", Fussy)
    assert read == Fussy("x", Secret("t"), "f")


def test_an_optional_section_can_be_opened(fussy, tmp_path):
    given = (
        HEADER.sub(r"\1", fussy)
        .replace("must =      must be given", 'must = "x"')
        .replace('# must = "x"', 'must = "x"')
    )
    read = loaded(given, tmp_path, {"ALTUS4_PLUGINS__FUSSY__TOKEN": "t"}).plugin("fussy", Fussy)
    assert read.inner == Inner("x")


@pytest.mark.parametrize(
    "value", [True, 0, -3, 1.0, 1e300, 1e-7, "", 'a"\\\n\t\x7fü', ["a"], {"x y": {"z": [1]}}, [{"a": 1}], {}]
)
def test_values_survive(value):
    assert tomllib.loads(f"x = {toml_value(value)}")["x"] == value


def test_values_without_a_word_in_toml():
    assert toml_value(None) is None
    assert toml_value([None]) is None
    assert toml_value({"a": None}) == "{}"
