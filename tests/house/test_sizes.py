"""One noun per module: no file above 400 lines, half of them below 150."""

import statistics

from house import ROOT, tracked_files

LONGEST = 400
MEDIAN = 150


def lines_of(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def sources():
    return [path for path in tracked_files() if path.suffix == ".py"]


def test_no_file_is_too_long():
    sizes = {str(path.relative_to(ROOT)): lines_of(path) for path in sources()}
    assert {name: size for name, size in sizes.items() if size > LONGEST} == {}


def test_the_median_is_small():
    shipped = [lines_of(path) for path in sources() if "tests" not in path.parts and lines_of(path) > 5]
    assert statistics.median(shipped) < MEDIAN


def test_every_module_says_what_it_is():
    import ast

    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if lines_of(path) > 5
        and "unreadable" not in path.name
        and "tests" not in path.parts
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
