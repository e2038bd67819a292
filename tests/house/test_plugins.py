"""What belongs to every plugin: a README of four parts, types for others, a contract test."""

import re

import pytest
from house import ROOT, name_of, plugin_folders, plugins

SECTIONS = ("settings", "how it fails", "how to replace it")


@pytest.mark.parametrize("distribution", plugins(), ids=name_of)
def test_readme(distribution):
    """What it does (the text before the first heading, or a part of its own), settings, failures, replacement."""
    readme = (distribution.folder / "README.md").read_text(encoding="utf-8")
    before, *parts = re.split(r"^## +", readme, flags=re.MULTILINE)
    headings = [part.splitlines()[0].strip().lower() for part in parts]
    said = " ".join(before.splitlines()[1:]).split()
    assert len(said) >= 10 or "what it does" in headings
    for section in SECTIONS:
        assert any(heading.startswith(section) for heading in headings), f"no part {section!r}"
    for part in parts:
        assert len(part.split()) > 5, f"nothing under {part.splitlines()[0]!r}"


@pytest.mark.parametrize("distribution", plugin_folders(), ids=name_of)
def test_py_typed(distribution):
    assert (distribution.folder / distribution.package / "py.typed").is_file()


@pytest.mark.parametrize("distribution", plugins(), ids=name_of)
def test_contract_test(distribution):
    text = (distribution.folder / "tests" / "test_contract.py").read_text(encoding="utf-8")
    assert "altus4_core.testing.contracts" in text


def test_the_cores_types():
    assert (ROOT / "altus4_core" / "py.typed").is_file()
