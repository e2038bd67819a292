"""The text in the repository speaks of the project alone: no registry's address, no path of anybody's machine."""

import re

from house import ROOT, tracked_files

# Put together from pieces, so that this file does not find itself.
HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "archive." + "ubuntu.com",
    "deb." + "debian.org",
    "dev." + "mysql.com/get",
    "index" + "-url",
]
PATHS = ["/" + "work/", "/" + "opt/venv", "/" + "opt/brief", "shared/" + "design", "/home/" + "[a-z]+/", "/Us" + "ers/"]
WORDS = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
WRONG = re.compile("|".join([*map(re.escape, HOSTS), *PATHS, *(rf"\b{word}" for word in WORDS)]))


def test_no_host_no_path():
    wrong = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        wrong += [
            f"{path.relative_to(ROOT)}:{number}: {match.group()}"
            for number, line in enumerate(text.splitlines(), 1)
            if (match := WRONG.search(line))
        ]
    assert wrong == []


def test_nothing_is_left_by_tools():
    left = [str(path.relative_to(ROOT)) for path in tracked_files() if path.suffix in {".pyc", ".orig", ".rej", ".log"}]
    assert left == []
