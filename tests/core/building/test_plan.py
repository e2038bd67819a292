"""What `build.toml` may say, and one line for each thing that it may not."""

import sys

import pytest

from altus4_core.building.interpreter import Interpreter
from altus4_core.building.plan import RUNNING, read_plan
from altus4_core.errors import SettingsError


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(toml, **arguments):
        (tmp_path / "build.toml").write_text(toml)
        return read_plan(None, arguments.get("config"), arguments.get("output"))

    return read


@pytest.fixture
def refused(plan):
    def lines(toml, **arguments):
        with pytest.raises(SettingsError) as caught:
            plan(toml, **arguments)
        assert all(problem.usage for problem in caught.value.problems)
        return [problem.line() for problem in caught.value.problems]

    return lines


def test_everything_at_once(plan, tmp_path, wheel):
    given = wheel("altus4-given")
    source = tmp_path / "mine"
    source.mkdir()
    (source / "pyproject.toml").write_text('[project]\nname = "Altus4_Mine"\n')
    read = plan(
        f'[build]\nplugins = ["altus4", "altus4-redis[x] >= 1", "./mine[fast]", "w/{given.name}"]\n'
        'enable = ["standard"]\noutput = "out"\nfind_links = ["w"]\nimage = "base:1"\n[build.prefer]\n"a.b" = "c"\n'
    )
    assert [(each.name, each.kind, each.text) for each in read.sources] == [
        ("altus4", "requirement", "altus4"),
        ("altus4-redis", "requirement", "altus4-redis[x]>=1"),
        ("altus4-mine", "folder", "[fast]"),
        ("altus4-given", "wheel", ""),
    ]
    assert read.enable == ("standard",)
    assert read.prefer == {"a.b": "c"}
    assert read.output == tmp_path / "out"
    assert read.find_links == (str(tmp_path / "w"),)
    assert read.image == "base:1"
    assert read.interpreter.program == sys.executable


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (
            '[build]\nplugin = ["altus4"]',
            "build.plugin: there is no such setting [build.toml:2]; did you mean 'plugins'",
        ),
        ('[biuld]\nplugins = ["altus4"]', "biuld: there is no such setting [build.toml:1]; did you mean 'build'?"),
        ('[build]\nplugins = "altus4"', "build.plugins: must be a list, not text; write it in [ ] [build.toml:2]"),
        ("[build]\nplugins = [1]", "build.plugins.0: must be text, not a whole number [build.toml:2]"),
        ('[build]\nplugins = ["--index x"]', "'--index x' is not a requirement [build.toml:2]; write a requirement"),
        ('[build]\nplugins = ["altus4", "Altus4==1"]', "build.plugins.1: altus4 is listed twice [build.toml:2]"),
        ('[build]\nplugins = ["./nowhere"]', "build.plugins.0: there is no folder or wheel './nowhere' [build.toml:2]"),
        ('[build]\nplugins = ["./empty"]', "the folder './empty' has no pyproject.toml [build.toml:2]"),
        ('[build]\nplugins = ["x.whl"]', "there is no folder or wheel 'x.whl' [build.toml:2]"),
        ('[build]\nplugins = ["./build.toml"]', "'./build.toml' is not a folder, and not named as wheels are"),
        ('[build]\nplugins = ["altus4"]\npython = "3"', "build.python: must match regex"),
        ('[build]\nplugins = ["altus4"]\npython = "3.99"', "there is no Python 3.99 on this machine [build.toml:3]"),
        ('[build]\nplugins = ["altus4"]\nfind_links = ["no"]', "build.find_links.0: there is no folder 'no'"),
        ("[build]\n", "build.plugins: nothing is to be built [build.toml:1]; list plugins"),
        ("[build", "build.toml: is not valid TOML"),
    ],
)
def test_one_line(refused, tmp_path, toml, expected):
    (tmp_path / "empty").mkdir()
    (line,) = refused(toml + "\n")
    assert expected in line


def test_all_mistakes_at_once(refused):
    lines = refused('[build]\nplugins = ["./nowhere", "a b", "altus4"]\nptyhon = "3.11"\noutput = 3\n')
    assert len(lines) == 4
    assert {line.split(":")[0] for line in lines} >= {"build.plugins.0", "build.plugins.1", "build.ptyhon"}


@pytest.mark.parametrize("tag", ["cp27-cp27m-manylinux1_x86_64", "cp39-cp39-any", "py2-none-any", "py3-none-win32"])
def test_a_wheel_for_another_python(refused, wheel, tag):
    path = wheel("altus4-other", tag=tag)
    (line,) = refused(f'[build]\nplugins = ["w/{path.name}"]\n')
    assert f"the wheel {path.name} is for {tag}, not for Python {RUNNING} on this machine [build.toml:2]" in line


def test_tags_are_those_of_the_python_built_for():
    tags = {str(tag) for tag in Interpreter("3.12", sys.executable).tags()}
    assert "cp312-none-any" in tags
    assert "py3-none-any" in tags
    assert not any(tag.startswith("cp313") for tag in tags)


def test_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"there is no build\.toml here; write build\.toml, or .*--from-config"):
        read_plan(None, None, None)


def test_a_settings_file_gives_its_plugins(tmp_path, monkeypatch):
    """What is installed goes in as it is; what is not, by its name. Secrets need not be there."""
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "altus4.toml"
    config.write_text(
        'enable = ["rate-limit", "not-here"]\n[metadata]\nurl = {env = "NOT_SET"}\n[prefer]\n"limiter.default" = "x"\n'
    )
    plan = read_plan(None, config, None)
    names = [source.name for source in plan.sources]
    assert names[:2] == ["altus4-rate-limit", "altus4-not-here"]
    assert plan.sources[1].text == "altus4-not-here"
    assert plan.sources[0].kind == "folder" or plan.sources[0].text.startswith("altus4-rate-limit==")
    assert plan.enable == ("rate-limit", "not-here")
    assert plan.prefer == {"limiter.default": "x"}
    assert plan.config == config


@pytest.mark.parametrize("toml", ["enable = 'standard'", 'enable = ["Not a name"]', "enable = [1]", "enable = ["])
def test_a_settings_file_that_makes_no_sense(refused, tmp_path, toml):
    config = tmp_path / "altus4.toml"
    config.write_text(toml)
    (line,) = refused("[build]\n", config=config)
    assert "altus4.toml" in line
