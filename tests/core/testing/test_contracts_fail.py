"""The contracts can fail: each of these broken providers is caught, by the test that is there for it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CAUGHT = {
    "TestTrustful": {"test_no_credentials_are_somebody_elses", "test_changed_credentials_give_nobody"},
    "TestMoody": {"test_answer", "test_many_at_once"},
    "TestGenerous": {"test_refuses_and_tells_subjects_apart", "test_gives_back"},
    "TestBlocking": {"test_does_not_hold_the_loop"},
    "TestStubborn": {"test_cancellation_passes"},
    "TestUnranked": {"test_result", "test_nothing_to_find"},
    "TestClosesOnce": {"test_closes_twice"},
    "TestForgetful": {"test_gives_every_row_once", "test_many_rows"},
    "TestNoisy": {"test_nothing_to_categorize", "test_counts_no_more_than_there_is"},
    "TestPicky": {"test_the_same_event_again", "test_batch_is_not_kept"},
    "TestUndocumented": {"test_declaration", "test_answer"},
    "TestOneWay": {"test_plan_down"},
    "TestHelpless": {"test_result"},
    "TestLeaky": {"test_leaves_no_task"},
    "TestMute": {"test_names"},
    "TestCareless": {"test_settings_are_documented", "test_hooks_are_declared", "test_composes"},
    "TestTooMany": {"test_suggests"},
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken")
    source = (Path(__file__).parent / "broken.txt").read_text(encoding="utf-8")
    (folder / "test_broken.py").write_text(source, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")  # not in mode auto
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "-rf", "-p", "no:cacheprovider", "test_broken.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, set[str]] = {}
    for name, test in re.findall(r"^FAILED \S*::(\w+)::(\w+)", done.stdout, re.MULTILINE):
        found.setdefault(name, set()).add(test)
    return found


@pytest.mark.parametrize(("broken", "tests"), CAUGHT.items())
def test_is_caught(failed, broken, tests):
    assert tests <= failed.get(broken, set())
