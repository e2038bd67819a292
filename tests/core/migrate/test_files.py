"""Reading migration files, planning them, and running the plan."""

from datetime import UTC, datetime

import pytest

from altus4_core.migrate.files import checksum, digest
from altus4_core.migrate.plan import MigrationsRefused, read_files
from altus4_core.seams import Migrations

AT = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


def names(steps):
    return [(step.file.filename, step.way, step.begin, step.uncertain) for step in steps]


def refused(call, *arguments):
    with pytest.raises(MigrationsRefused) as caught:
        call(*arguments)
    for problem in caught.value.problems:
        assert "\n" not in problem.line()
    return [problem.line() for problem in caught.value.problems]


def test_files_run_in_the_order_of_their_numbers(write):
    namespace = write(n010_c_up="C", n1000_d_up="D", n002_b_up="B", n001_z_up="Z")
    assert [file.filename for file in read_files([namespace])] == ["001_z", "002_b", "010_c", "1000_d"]


def test_namespaces_come_after_what_they_name_and_after_the_metadata_schema(write):
    metadata = write("", n001_a_up="A")
    first = write("zebra", n001_a_up="A")
    second = write("apple", ("zebra",), n001_a_up="A")
    third = write("mango", ("metadata",), n001_a_up="A")
    files = read_files([second, third, first, metadata])
    assert [file.filename for file in files] == ["001_a", "zebra/001_a", "apple/001_a", "mango/001_a"]


def test_namespaces_in_a_circle(write):
    one, other = write("one", ("other",), n001_a_up="A"), write("other", ("one",), n001_a_up="A")
    assert "one: migration namespaces follow each other in a circle" in refused(read_files, [one, other])
    assert refused(read_files, [write("", ("one",), n001_a_up="A"), write("one", n001_a_up="A")])


def test_namespace_after_one_that_is_not_there(write):
    assert refused(read_files, [write("one", ("gone",), n001_a_up="A")]) == [
        "one: comes after 'gone', which no enabled plugin offers"
    ]


def test_namespace_offered_twice(write):
    line = refused(read_files, [write("one", n001_a_up="A"), write("one", n001_a_up="A")])[0]
    assert line.startswith("one: this migration namespace is offered twice")


@pytest.mark.parametrize(
    ("scripts", "problem"),
    [
        ({"n001_a_up": "A", "n001_b_up": "B"}, "metadata: 001_a and 001_b have the same number"),
        ({"n001_a_up": "A", "n0001_b_up": "B"}, "metadata: 0001_b and 001_a have the same number"),
        ({"n001_a_down": "A"}, "metadata: 001_a has a down script but no up script"),
        ({"n001_a_up": ""}, "metadata: holds no statement"),
        ({"n001_a_up": "-- nothing\n;"}, "metadata: holds no statement"),
        ({"n001_a_up": "SELECT 1;\nSELECT 'a"}, "metadata: line 2: ' is not closed"),
        ({"n001_a_up": b"SELECT '\xff'"}, "metadata: is not UTF-8 text"),
        ({"n01_a_up": "A"}, "metadata: the name is not NNN_name.up.sql"),
        ({"n001_A_up": "A"}, "metadata: the name is not NNN_name.up.sql"),
        ({"n001_a_Up": "A"}, "metadata: the name is not NNN_name.up.sql"),
        ({"n001-a_up": "A"}, "metadata: the name is not NNN_name.up.sql"),
    ],
)
def test_wrong_files_are_refused_with_their_place(write, scripts, problem, tmp_path):
    lines = refused(read_files, [write(**scripts)])
    assert len(lines) == 1
    assert lines[0].startswith(problem)
    assert str(tmp_path / "metadata") in lines[0]


def test_all_problems_are_told_together(write, tmp_path):
    wrong = write("", n001_a_up="'", n002_b_up="", n002_c_up="C")
    assert len(refused(read_files, [wrong, Migrations("gone", str(tmp_path / "gone"))])) == 4


def test_other_files_are_left_alone(write, tmp_path):
    namespace = write(n001_a_up="A")
    (tmp_path / "metadata" / "README.txt").write_text("read me")
    (tmp_path / "metadata" / "__init__.py").write_text("")
    assert len(read_files([namespace])) == 1


def test_checksum_does_not_depend_on_how_a_file_was_saved(write):
    text = "CREATE TABLE a (id INT);\n-- ü\nSELECT 1;\n"
    plain = read_files([write("", n001_a_up=text)])[0]
    for saved in (text.replace("\n", "\r\n"), f"\ufeff{text}", f"{text}\n\n", f"\ufeff{text}".replace("\n", "\r\n")):
        again = read_files([write("", n001_a_up=saved)])[0]
        assert again.checksum == plain.checksum
        assert [digest(statement) for statement in again.up] == [digest(statement) for statement in plain.up]
    assert checksum(text) != checksum(text.replace("ü", "u"))
