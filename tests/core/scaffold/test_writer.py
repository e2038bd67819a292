"""What `altus4 new-plugin` writes; that it is built, installed, tested and served is seen in tests/scaffolds.py."""

import ast
import re
import tomllib
from importlib import resources

import pytest
from click.testing import CliRunner

from altus4_core.cli.main import main
from altus4_core.composing.seamtable import seam_table
from altus4_core.errors import SettingsError
from altus4_core.hookspecs import Altus4HookSpecs
from altus4_core.scaffold.writer import KINDS, write_plugin


def test_every_seam_and_the_wrap_has_templates():
    assert set(KINDS) == {spec.name for spec in seam_table()} | {"wrap"}
    folders = {item.name for item in (resources.files("altus4_core.scaffold") / "templates").iterdir()}
    assert folders == set(KINDS) | {"common"}
    for seam, kind in KINDS.items():
        assert hasattr(Altus4HookSpecs, kind.hook), seam


@pytest.mark.parametrize("seam", KINDS)
def test_all_names_follow_from_one(tmp_path, seam):
    files = write_plugin("search-x", seam, tmp_path)
    assert all(path.is_file() for path in files)
    text = "".join(path.read_text() for path in files)
    assert "${Class}" not in text
    assert "$name" not in text
    for path in files:
        if path.suffix == ".py":
            ast.parse(path.read_text())
    project = tomllib.loads((tmp_path / "search-x" / "pyproject.toml").read_text())["project"]
    assert project["name"] == "altus4-search-x"
    assert project["entry-points"]["altus4"] == {"search-x": "altus4_search_x:SearchXPlugin"}
    assert (tmp_path / "search-x" / "altus4_search_x" / "plugin.py") in files
    assert (tmp_path / "search-x" / ".github" / "workflows" / "test.yml") in files


@pytest.mark.parametrize("seam", KINDS)
def test_readme_says_of_the_tests_what_is_true(tmp_path, seam):
    files = write_plugin("search-x", seam, tmp_path)
    readme = (tmp_path / "search-x" / "README.md").read_text()
    tests = (tmp_path / "search-x" / "tests" / f"test_{KINDS[seam].noun}.py").read_text()
    assert f"`tests/test_{KINDS[seam].noun}.py`" in readme
    assert re.search(r"class Test\w+\(\w+Contract\)", tests)
    assert re.findall(r"^    def (provider|valid)\(", tests, re.MULTILINE) == ["provider", "valid"]
    assert ("A real MySQL" in readme) == ("any_server" in tests), "whether they start servers"
    assert tmp_path / "search-x" / "tests" / "test_plugin.py" in files
    assert not re.search(r"twenty|\d+ tests", readme)


@pytest.mark.parametrize("name", ["Search", "search_x", "-x", "x-", "x--y", "1x", "", "../x", "mysql", "käse"])
def test_names_that_cannot_be_are_refused(tmp_path, name):
    with pytest.raises(SettingsError):
        write_plugin(name, "categorizer", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_mistakes_are_one_line_each(tmp_path):
    run = CliRunner().invoke
    unknown = run(main, ["new-plugin", "x", "--seam", "serch-mode", "--into", str(tmp_path)])
    assert (unknown.exit_code, unknown.output.count("\n")) == (2, 1)
    assert "search-mode" in unknown.output
    assert run(main, ["new-plugin", "x", "--into", str(tmp_path)]).exit_code == 0
    again = run(main, ["new-plugin", "x", "--into", str(tmp_path)])
    assert (again.exit_code, again.output.count("\n")) == (2, 1)
    assert "is there already" in again.output
