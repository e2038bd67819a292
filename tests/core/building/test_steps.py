"""Steps: once, again when something changed, gone on with where they were cut off."""

import pytest

from altus4_core.building.files import only_build
from altus4_core.building.pip import BuildRefused
from altus4_core.building.steps import LEDGER, Step, check_names, run_steps
from altus4_core.errors import Busy, SettingsError


class Kitchen:
    """Two steps: `one` makes a locked file, `two` one that belongs to whoever edits it."""

    def __init__(self, folder):
        self.folder = folder
        self.wish = "a"
        self.ran = []
        self.broken = False

    def step(self, name, needs, *, locked):
        def run():
            if self.broken and name == "two":
                raise OSError(28, "No space left on device")
            self.ran.append(name)
            (self.folder / f"{name}.txt").write_text(self.wish)
            return [f"{name}.txt"], f"made {name}"

        return Step(name, needs, lambda: self.wish, run, locked=locked)

    def cook(self, **options):
        self.ran = []
        steps = [self.step("one", {}, locked=True), self.step("two", {"one.txt": "one"}, locked=False)]
        return list(run_steps(steps, self.folder, **options))


@pytest.fixture
def kitchen(tmp_path):
    return Kitchen(tmp_path)


def test_once(kitchen):
    assert kitchen.cook() == ["one: made one", "two: made two"]
    assert kitchen.cook() == ["one: up to date", "two: up to date"]
    assert kitchen.ran == []


def test_again_when_something_changed(kitchen):
    kitchen.cook()
    kitchen.wish = "b"
    assert kitchen.cook() == ["one: made one", "two: made two"]


def test_again_when_asked(kitchen):
    kitchen.cook()
    assert kitchen.cook(again=["two"]) == ["one: up to date", "two: made two"]


def test_again_when_a_file_is_gone(kitchen):
    kitchen.cook()
    (kitchen.folder / "one.txt").unlink()
    assert kitchen.cook() == ["one: made one", "two: up to date"]


def test_gone_on_with(kitchen):
    kitchen.broken = True
    with pytest.raises(OSError, match="No space"):
        kitchen.cook()
    kitchen.broken = False
    assert kitchen.cook() == ["one: up to date", "two: made two"]


def test_skipped(kitchen):
    assert kitchen.cook(skip=["two"]) == ["one: made one", "two: skipped"]
    assert kitchen.cook(skip=["one"]) == ["one: skipped", "two: made two"]


def test_skipped_but_needed(kitchen):
    with pytest.raises(SettingsError, match=r"two: needs one.txt, which the step one makes; do not skip one, or"):
        kitchen.cook(skip=["one"])


def test_a_locked_file_that_was_changed(kitchen):
    kitchen.cook()
    (kitchen.folder / "one.txt").write_text("tampered with")
    with pytest.raises(BuildRefused, match=r"one: one.txt is not what was locked; .*--again one"):
        kitchen.cook()
    kitchen.wish = "b"
    with pytest.raises(BuildRefused, match="is not what was locked"):
        kitchen.cook()
    assert kitchen.cook(again=["one"])[0] == "one: made one"


def test_an_edited_file_is_kept(kitchen):
    kitchen.cook()
    (kitchen.folder / "two.txt").write_text("mine")
    for wish in ("a", "b"):
        kitchen.wish = wish
        assert "two.txt was changed by hand and is kept; --again two replaces it" in kitchen.cook()[1]
    assert (kitchen.folder / "two.txt").read_text() == "mine"
    kitchen.cook(again=["two"])
    assert (kitchen.folder / "two.txt").read_text() == "b"


@pytest.mark.parametrize("text", ["{", "[]", '{"one": 1}', '{"one": {"inputs": "a"}}'])
def test_half_a_ledger(kitchen, text):
    kitchen.cook()
    (kitchen.folder / LEDGER).write_text(text)
    assert kitchen.cook() == ["one: made one", "two: made two"]


def test_unknown_names():
    with pytest.raises(SettingsError, match=r"--skip: there is no step 'whealhouse'; did you mean 'wheelhouse'\?"):
        check_names(["whealhouse"], ["resolve", "wheelhouse"], "--skip")


def test_one_build_at_a_time(tmp_path):
    with (
        only_build(tmp_path / "out"),
        pytest.raises(Busy, match="another build works in"),
        only_build(tmp_path / "out"),
    ):
        pass
    with only_build(tmp_path / "out"):
        pass
