"""`altus4 build` on small wheels: what is locked, and one line for each thing that goes wrong."""

import json
import subprocess
import sys

import pytest

from altus4_core.building.files import STATE
from altus4_core.building.pip import BuildRefused, without_passwords
from altus4_core.building.wheelhouse import check_claims
from altus4_core.building.wheels import describe_wheel

PLUGINS = 'image = "base:7"\nplugins = ["altus4-x"]\n'
BOTH = 'plugins = ["altus4-x", "altus4-y"]\n'
QUICK = ("--skip", "check", "--skip", "settings", "--skip", "manifest")  # those need the real core


@pytest.fixture
def house(wheel):
    """An index's worth of wheels: a core, a plugin that needs it, something else."""
    wheel("altus4-core", "0.1.0")
    wheel("altus4-x", "1.2", plugins={"x": "altus4_x:X"}, requires=["altus4-core", "else>=1"])
    wheel("else", "1.0")
    return wheel


def one_line(outcome, code):
    assert outcome.code == code, outcome
    (line,) = outcome.err.splitlines()
    assert line.startswith("altus4: ")
    return line


def test_locked(house, build, tmp_path):
    done = build(PLUGINS, *QUICK)
    assert done.code == 0, done
    assert [line.split(":")[0] for line in done.out.splitlines()] == [
        "resolve", "wheelhouse", "check", "settings", "manifest", "container"
    ]  # fmt: skip
    output = tmp_path / "altus4-build"
    lines = [line for line in (output / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line.split(" ")[0] for line in lines] == ["altus4-core==0.1.0", "altus4-x==1.2", "else==1.0"]
    assert all(len(line.split("--hash=sha256:")[1]) == 64 for line in lines)
    assert len(list((output / "wheelhouse").glob("*.whl"))) == 3
    written = [path for path in output.rglob("*") if path.is_file() and output / STATE / "tools" not in path.parents]
    assert str(tmp_path) not in "".join(path.read_text("utf-8", "replace") for path in written)
    house("else", "2.0")  # a newer one is there; what was resolved stays until it is asked for anew
    assert build(None, *QUICK).out.count("up to date") == 3
    house("altus4-y", plugins={"y": "altus4_y:Y"})
    assert "4 wheels" in build(f'image = "base:7"\n{BOTH}', *QUICK).out
    assert "else==1.0 " in (output / "requirements.txt").read_text()
    assert build(None, *QUICK, "--again", "resolve").code == 0
    assert "else==2.0 " in (output / "requirements.txt").read_text()
    # A wheel is not what it was any more: nothing goes on with it.
    (output / "wheelhouse" / "else-2.0-py3-none-any.whl").write_bytes(b"something else")
    line = one_line(build(None, *QUICK), 1)
    assert "wheelhouse: wheelhouse/else-2.0-py3-none-any.whl is not what was locked; put it back, or make it" in line
    # The place it came from has another file under that name: neither.
    house("else", "2.0", content="evil = True\n")
    line = one_line(build(None, *QUICK, "--again", "wheelhouse"), 1)
    assert "wheelhouse: else 2.0 is not the file that was resolved: its hash is another; find out why" in line
    house("else", "2.0")
    assert build(None, *QUICK, "--again", "wheelhouse").code == 0
    line = one_line(build(None), 1)
    assert "check: the altus4-core in wheelhouse is too old to be checked; ask for a newer one, or --skip check" in line
    assert not list((output / ".build").glob("env-*"))
    text = (output / "Containerfile").read_text()
    assert text.count("FROM base:7") == 2
    assert "pip install --no-cache-dir --no-index --find-links /build/wheelhouse" in text
    assert json.dumps(["altus4", "serve"]) in text


def test_a_plugin_that_is_nowhere(house, build):
    line = one_line(build('plugins = ["altus4", "altus4-acounts"]\n'), 1)
    assert "build.plugins.0: 'altus4' is nowhere where pip looks" in line or "did you mean 'altus4-accounts'?" in line
    line = one_line(build('plugins = ["altus4-acounts"]\n'), 1)
    assert "build.plugins.0: 'altus4-acounts' is nowhere where pip looks, for Python 3." in line
    assert "[build.toml:3]; did you mean 'altus4-accounts'?" in line


def test_a_version_that_is_nowhere(house, build):
    assert "'altus4-x==9' is nowhere where pip looks" in one_line(build('plugins = ["altus4-x==9"]\n'), 1)


def test_versions_that_do_not_fit(house, build):
    house("altus4-y", requires=["else>=2"])
    line = one_line(build(BOTH), 1)
    assert "resolve: these do not fit together: " in line
    assert "altus4-x 1.2 depends on else>=1" in line


def test_a_source_for_another_python(house, build):
    path = house("altus4-old", python="<3")
    line = one_line(build(f'plugins = ["w/{path.name}"]\n'), 1)
    assert "resolve: package 'altus4-old' requires a different Python: 3." in line
    assert "not in '<3'" in line


def test_two_distributions_with_one_plugin_name(house):
    wheels = [house("altus4-x", "1.2", plugins={"x": "x:X"}), house("altus4-x-fork", "3.0", plugins={"x": "f:X"})]
    with pytest.raises(BuildRefused) as caught:
        check_claims([describe_wheel(path) for path in wheels])
    assert str(caught.value) == (
        "wheelhouse: the plugin name 'x' is claimed by 2 distributions: altus4-x 1.2, altus4-x-fork 3.0;"
        " leave all but one out"
    )


def test_a_source_that_cannot_be_built(house, build, tmp_path):
    source = tmp_path / "mine"
    source.mkdir()
    (source / "pyproject.toml").write_text('[build-system]\nrequires = []\nbuild-backend = "nobody_there"\n')
    line = one_line(build('plugins = ["./mine"]\n'), 1)
    assert "build.plugins.0: no wheel can be made of mine: " in line
    assert "nobody_there" in line


def test_no_core(house, build):
    assert "resolve: nothing of what is listed needs altus4-core" in one_line(build('plugins = ["else"]\n'), 1)


def test_a_file_in_the_way(house, build, tmp_path):
    (tmp_path / "taken").write_text("")
    line = one_line(build(f'output = "taken/deep"\n{PLUGINS}'), 1)
    assert "cannot write or read: not a directory" in line
    assert "taken" in line


def test_a_folder_with_other_things(house, build, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("")
    assert "the output folder has other things in it" in one_line(build(PLUGINS, "--output", "full"), 2)


def test_unknown_steps(house, build):
    assert "--again: there is no step 'wheelhose'; did you mean" in one_line(build(PLUGINS, "--again", "wheelhose"), 2)


BLOCKED = """
import sys
for name in {names!r}:
    sys.modules[name] = None  # as if it were not installed
from pathlib import Path
from altus4_core.building.interpreter import Interpreter
from altus4_core.building.pip import Pip, BuildRefused
try:
    Pip(Path({tools!r}), show=True).run(Interpreter("x", sys.executable), "--version")
except BuildRefused as error:
    print(error)
"""


def without(names, tmp_path, **environ):
    code = BLOCKED.format(names=names, tools=str(tmp_path / "tools"))
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_neither_pip_nor_uv(tmp_path):
    (line,) = without(("pip", "ensurepip"), tmp_path, PATH="/nowhere").splitlines()
    assert "there is neither pip nor uv to fetch distributions with; install one" in line


def test_the_pip_that_comes_with_python(tmp_path):
    """Where the environment has none, as uv makes them."""
    pytest.importorskip("ensurepip")
    assert f"from {tmp_path / 'tools'}" in without(("pip",), tmp_path, PATH="/nowhere")


def test_passwords_of_indexes_are_not_shown():
    said = without_passwords("404 at https://me:hidden@index.example/x/ and https://token@index.example/")
    assert said == "404 at https://***@index.example/x/ and https://***@index.example/"
