"""Docs that cannot drift: generated pages are fresh, hooks have headings, links lead somewhere."""

import importlib.util
import inspect
import re

import pytest
from house import ROOT, tracked_files

from altus4_core.composing.seamtable import seam_table
from altus4_core.hookspecs import Altus4HookSpecs

LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def generator():
    spec = importlib.util.spec_from_file_location("altus4_docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors_of(text):
    headings = [re.sub(r"[`*]", "", heading).strip().lower() for heading in HEADING.findall(text)]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ["hooks.md", "seams.md"])
def test_generated_pages_are_fresh(page):
    written = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert written == generator().PAGES[page](), "stale: run python docs/generate.py"


def test_every_hook_has_its_heading_with_its_exact_arguments():
    headings = HEADING.findall((ROOT / "docs" / "hooks.md").read_text(encoding="utf-8"))
    for name, function in vars(Altus4HookSpecs).items():
        if name.startswith("altus4_"):
            arguments = list(inspect.signature(function).parameters)[1:]
            assert f"{name}({', '.join(arguments)})" in headings


@pytest.mark.parametrize("hook", [name for name in vars(Altus4HookSpecs) if name.startswith("altus4_")])
def test_every_hook_says_when_and_what_if(hook):
    doc = inspect.cleandoc(getattr(Altus4HookSpecs, hook).__doc__)
    assert "\nWhen: " in doc
    assert "\nWhen it misbehaves: " in doc


def test_every_seam_is_described():
    text = (ROOT / "docs" / "seams.md").read_text(encoding="utf-8")
    for spec in seam_table():
        assert f"| `{spec.name}` |" in text
        if spec.provider.__module__ == "altus4_core.seams":
            assert f"\n## {spec.provider.__name__}\n" in text


@pytest.mark.parametrize(
    "page",
    [path for path in tracked_files() if path.suffix == ".md"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_lead_somewhere(page):
    wrong = []
    for target in LINK.findall(re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors_of(file.read_text())):
            wrong.append(target)
    assert wrong == []


def test_files_that_the_life_of_a_search_names_are_there():
    """A path from the root is that very file; what is shortened is the end of one."""
    page = (ROOT / "docs" / "life-of-a-search.md").read_text(encoding="utf-8")
    files = [f"/{path.relative_to(ROOT).as_posix()}" for path in tracked_files()]
    for name in set(re.findall(r"`([\w./-]+\.py)`", page)):
        if name.startswith(("altus4_core/", "plugins/")) and "..." not in name:
            assert f"/{name}" in files, name
        else:
            assert any(file.endswith("/" + name.rsplit("...", 1)[-1].lstrip("/")) for file in files), name


def test_tests_and_folders_that_the_security_page_names_are_there():
    """It says what is tested where; each name is a test file, the beginning of several, or a path."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    files = {path.stem for path in tracked_files() if path.name.startswith("test_")}
    for name in set(re.findall(r"`(test_[a-z_0-9]+)\*?(?:\.py)?`", page)):
        assert any(file.startswith(name) for file in files), name
    for path in set(re.findall(r"`((?:tests|plugins)/[\w/.-]+)`", page)):
        assert (ROOT / path).exists(), path
