"""docs/start-up-report.md: ten mistakes, one report, to the letter. And distributions for another Python."""

import os
import re
import sys

import pytest
from commandline import altus4
from house import ROOT

PAGE = (ROOT / "docs" / "start-up-report.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def other_python(tmp_path):
    """Unpack a wheel past pip: give its folder."""

    def unpack(tag="py3-none-any", requires=""):
        site = tmp_path / "unpacked"
        info = site / "altus4_compiled-2.0.dist-info"
        info.mkdir(parents=True)
        needs = f"Requires-Python: {requires}\n" if requires else ""
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: altus4-compiled\nVersion: 2.0\n{needs}")
        (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
        (info / "entry_points.txt").write_text("[altus4]\ncompiled = altus4_compiled:Compiled\n")
        (site / "altus4_compiled.py").write_text(
            "from altus4_core import Plugin\nclass Compiled(Plugin):\n    name = 'compiled'\n"
        )
        return site

    return unpack


def test_the_report_in_the_docs(site, other_python, tmp_path):
    blocks = dict(BLOCK.findall(PAGE))
    both = os.pathsep.join([str(site), str(other_python("cp39-cp39-manylinux2014_x86_64"))])
    outcome = altus4("serve", folder=tmp_path, toml=blocks["toml"], site=both).clear()
    told = outcome.err.replace(str(site), "site-packages").replace(sys.version.split()[0], "3.11.7")
    assert told == blocks["text"]
    assert len(told.splitlines()) >= 10
    assert outcome.code == 2  # the settings are wrong, too


@pytest.mark.parametrize(
    ("wheel", "expected"),
    [
        ({}, None),
        ({"requires": ">=3.11"}, None),
        ({"tag": "py2.py3-none-any"}, None),
        ({"tag": f"cp{sys.version_info.major}{sys.version_info.minor}-none-any"}, None),
        ({"tag": "nonsense", "requires": "nonsense"}, None),
        ({"requires": ">=3.99"}, "it needs Python >=3.99; this is Python 3."),
        ({"tag": "cp39-cp39-win32"}, "its wheel was built for cp39-cp39-win32; this is Python 3."),
    ],
)
def test_a_wheel_for_another_python(other_python, tmp_path, wheel, expected):
    outcome = altus4("plugins", folder=tmp_path, toml='enable = ["compiled"]\n', site=other_python(**wheel)).clear()
    assert outcome.code == (expected is not None)
    if expected is not None:
        assert f"problem: compiled: {expected}" in outcome.out
        assert "[altus4-compiled 2.0]; install one for this Python: pip install --force-reinstall" in outcome.out
