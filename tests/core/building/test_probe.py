"""What a built environment says of itself: composed without the values that only a deployment has."""

import json

import pytest

from altus4_core.building.probe import main, probe


@pytest.fixture
def found(tmp_path):
    def run(toml):
        config = tmp_path / "altus4.toml"
        config.write_text(toml)
        return probe(config)

    return run


def states(told):
    return {plugin["name"]: plugin["status"] for plugin in told["report"]["plugins"] if plugin["status"] != "found"}


def test_values_from_elsewhere_are_not_needed(found, monkeypatch):
    monkeypatch.setenv("SOME_URL", "mysql://me:hidden-password@db/x")
    told = found(
        'enable = ["metadata-mysql", "redis"]\n[metadata]\nurl = {env = "SOME_URL"}\n'
        '[plugins.redis]\nurl = {file = "/run/secrets/not-there"}\n'
    )
    assert told["problems"] == []
    assert states(told) == {"metadata-mysql": "loaded", "redis": "loaded"}
    assert told["later"] == ["metadata.url", "plugins.redis.url"]
    assert "hidden-password" not in json.dumps(told)


def test_the_environment_is_not_looked_at(found, monkeypatch):
    monkeypatch.setenv("ALTUS4_NO_SUCH_SETTING", "x")
    monkeypatch.setenv("ALTUS4_SEARCH__FUSION", "no-such-fusion")
    assert found('enable = ["redis"]\n')["problems"] == []


def test_mistakes_are_found_with_their_lines(found):
    told = found('enable = ["redis", "api-kyes"]\n[serverr]\nport = 1\n[plugins.redis]\nurll = "x"\n')
    assert len(told["problems"]) == 3
    for part in ("'server'", "altus4.toml:2", "did you mean 'url'?", "altus4.toml:5", "did you mean 'api-keys'?"):
        assert any(part in line for line in told["problems"]), part


def test_what_nobody_offers_is_a_mistake(found):
    (line,) = found('enable = ["api-keys"]\n')["problems"]
    assert line.startswith("api-keys: needs a MetadataStore")


def test_needs_tables_and_settings(found):
    told = found('enable = ["metadata-mysql", "api-keys"]\n')
    assert told["needs"]["api-keys"] == ["MetadataStore"]
    assert told["tables"]["api-keys"]
    keys = {field["key"] for field in told["settings"]["core"]}
    assert {"server.port", "metadata.url", "enable"} <= keys
    assert all(field["key"].startswith("plugins.api-keys.") for field in told["settings"]["plugins"]["api-keys"])


def test_a_plugin_whose_settings_only_a_deployment_has(found, tmp_path, monkeypatch):
    """It is not loaded, and what it would have offered to others is not held against them."""
    site = tmp_path / "site"
    (site / "altus4_wanting-1.dist-info").mkdir(parents=True)
    (site / "altus4_wanting-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: altus4-wanting\nVersion: 1\n"
    )
    (site / "altus4_wanting-1.dist-info" / "entry_points.txt").write_text(
        "[altus4]\nwanting = altus4_wanting:Wanting\n"
    )
    (site / "altus4_wanting.py").write_text(
        "import attrs\nfrom altus4_core import Plugin, setting\n"
        "@attrs.frozen\nclass Settings:\n    token: str = setting(doc='Opens it.')\n"
        "class Wanting(Plugin):\n    name = 'wanting'\n    Settings = Settings\n"
    )
    monkeypatch.syspath_prepend(str(site))
    told = found('enable = ["wanting", "api-keys"]\n')
    assert (told["problems"], told["later"]) == ([], ["plugins.wanting.token"])
    assert states(told)["wanting"] == "failed"
    assert [field["required"] for field in told["settings"]["plugins"]["wanting"]] == [True]
    # With the value promised to come from elsewhere a text stands in for it.
    told = found('enable = ["wanting"]\n[plugins.wanting]\ntoken = {env = "NOT_SET"}\n')
    assert (told["problems"], told["later"], states(told)) == ([], ["plugins.wanting.token"], {"wanting": "loaded"})


def test_as_a_program(tmp_path):
    config = tmp_path / "altus4.toml"
    config.write_text("enable = []\n")
    (tmp_path / "request.json").write_text(json.dumps({"config": str(config)}))
    main(tmp_path / "request.json", tmp_path / "answer.json")
    assert json.loads((tmp_path / "answer.json").read_text())["problems"] == []
