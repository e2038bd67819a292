"""What was promised to plugin authors is kept: nothing goes early, nothing stays when it is due, all of it is told."""

from itertools import pairwise

import pytest
from house import ROOT

from altus4_core.deprecation import DEPRECATIONS, Deprecation, table_faults
from altus4_core.plugin import API, API_VERSIONS


def test_the_table():
    assert table_faults(DEPRECATIONS, API_VERSIONS) == []


def test_versions_are_in_order():
    assert sorted(set(API_VERSIONS)) == list(API_VERSIONS)
    assert API_VERSIONS[-1] == API
    for before, after in pairwise(API_VERSIONS):
        assert after in {(before[0], before[1] + 1), (before[0] + 1, 0)}


def test_the_docs_tell():
    page = (ROOT / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")
    assert ("Deprecated at present: nothing." in page) == (not DEPRECATIONS)
    assert [entry.name for entry in DEPRECATIONS if f"`{entry.name}`" not in page] == []


THERE = Deprecation("altus4_wrap(seam)", (1, 1), (2, 0), "something else")
GONE = Deprecation("altus4_wrap(seams)", (1, 1), (2, 0), "something else")
UNTIL = [(1, 0), (1, 1), (1, 2)]


@pytest.mark.parametrize(
    ("entry", "versions", "fault"),
    [
        (THERE, UNTIL, None),
        (Deprecation("altus4_targets", (1, 1), (2, 0), "x"), UNTIL, None),
        (Deprecation("altus4_core.records.Hit", (1, 1), (2, 0), "x"), UNTIL, None),
        (THERE, [*UNTIL, (2, 0)], "was due in 2.0: remove it and its entry"),
        (THERE, [*UNTIL, (2, 0), (2, 1)], "was due in 2.0: remove it and its entry"),
        (GONE, [*UNTIL, (2, 0)], "was due in 2.0: remove its entry"),
        (GONE, UNTIL, "is not there any more, and was promised until 2.0"),
        (Deprecation("altus4_core.records.Hot", (1, 1), (2, 0), "x"), UNTIL, "is not there any more"),
        (Deprecation("altus4_core.nowhere.Hit", (1, 1), (2, 0), "x"), UNTIL, "is not there any more"),
        (Deprecation("altus4_nothing", (1, 1), (2, 0), "x"), UNTIL, "is not there any more"),
        (Deprecation("altus4_wrap", (1, 2), (2, 0), "x"), [*UNTIL, (2, 0)], "only 1 of 2 minor versions warned"),
        (Deprecation("altus4_wrap", (1, 0), (1, 2), "x"), [(1, 0)], "only a later major version may remove it"),
        (Deprecation("altus4_wrap", (1, 7), (2, 0), "x"), UNTIL, "no plugin API 1.7 that could have begun to warn"),
        (Deprecation("altus4_wrap", (1, 1), (2, 0), ""), UNTIL, "says nothing of what to use instead"),
    ],
)
def test_the_check_can_fail(entry, versions, fault):
    found = table_faults([entry], versions)
    assert len(found) == (fault is not None)
    assert all(fault in line and line.startswith(f"{entry.name}: ") for line in found)
