"""Migrations that are wrong are refused in the plan, before any SQL."""

import pytest

from altus4_core.migrate.plan import MigrationsRefused, read_files

GOOD = {"001_a.up.sql": "CREATE TABLE a (id INT);", "001_a.down.sql": "DROP TABLE a;"}
WRONG = {
    "no folder": (None, "does not exist"),
    "name": ({**GOOD, "two.up.sql": "SELECT 1;"}, "two.up.sql"),
    "number twice": ({**GOOD, "001_b.up.sql": "SELECT 1;"}, "001_a and 001_b have the same number"),
    "only down": ({**GOOD, "002_b.down.sql": "SELECT 1;"}, "002_b has a down script but no up script"),
    "nothing in it": ({**GOOD, "002_b.up.sql": "-- nothing\n"}, "holds no statement"),
    "open quote": ({**GOOD, "002_b.up.sql": "SELECT 'x"}, "002_b.up.sql"),
}


def planned(compose, tmp_path, files, more=""):
    folder = tmp_path / "sql"
    if files is not None:
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
    gateway = compose(f'enable = ["bad-migrations"]\n[plugins.bad-migrations]\nfolder = "{folder}"\n{more}')
    return read_files([entry.provider for entry in gateway.composition.of("migrations")])


@pytest.mark.parametrize(("files", "expected"), WRONG.values(), ids=WRONG.keys())
def test_refused_in_the_plan(compose, tmp_path, files, expected):
    with pytest.raises(MigrationsRefused) as caught:
        planned(compose, tmp_path, files)
    assert any(expected in problem.line() for problem in caught.value.problems)


def test_all_problems_at_once(compose, tmp_path):
    files = {**GOOD, "x.sql": "", "001_b.up.sql": "SELECT 1;", "002_c.up.sql": "SELECT 'x"}
    with pytest.raises(MigrationsRefused) as caught:
        planned(compose, tmp_path, files)
    assert len(caught.value.problems) == 3


def test_circle_of_namespaces(compose, tmp_path):
    with pytest.raises(MigrationsRefused, match="circle"):
        planned(compose, tmp_path, GOOD, 'after = ["bad-migrations"]\n')


def test_after_somebody_who_is_not_there(compose, tmp_path):
    with pytest.raises(MigrationsRefused, match="'somebody'"):
        planned(compose, tmp_path, GOOD, 'after = ["somebody"]\n')


def test_good_ones_are_read(compose, tmp_path):
    files = planned(compose, tmp_path, GOOD)
    assert "bad-migrations/001_a" in [file.filename for file in files]
