"""Migration files: finding, ordering and reading them. All that is wrong with them is reported together."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from altus4_core.errors import Altus4Error, Problem
from altus4_core.migrate.sqlsplit import SplitError, Statement, split_statements
from altus4_core.seams import Migrations

FILE = re.compile(r"(?P<stem>(?P<number>\d{3,})_[a-z0-9_]+)\.(?P<way>up|down)\.sql\Z")
METADATA = "metadata"
"""What the namespace of the metadata schema, whose name is empty, is called where it is shown."""


class MigrationsRefused(Altus4Error):
    """The plan is wrong; nothing was run. `problems` says why, one located line each."""

    code = "MIGRATIONS_REFUSED"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.line() for problem in problems))
        self.problems = tuple(problems)


@attrs.frozen
class MigrationFile:
    """A pair of scripts. `filename` is `NNN_name`, or `namespace/NNN_name` for outside plugins."""

    filename: str
    up: tuple[Statement, ...]
    down: tuple[Statement, ...] | None
    checksum: str


@attrs.frozen
class _Script:
    path: Path
    statements: tuple[Statement, ...]
    text: str


def read_files(namespaces: Iterable[Migrations]) -> list[MigrationFile]:
    """Read all files in the order in which they run.

    Raises:
        MigrationsRefused: a folder is missing, a name is not `NNN_name.up.sql`, a number occurs twice, a file
            cannot be read or split, two namespaces have one name or follow each other in a circle.
    """
    problems: list[Problem] = []
    files: list[MigrationFile] = []
    for namespace in _ordered(list(namespaces), problems):
        files += _read_namespace(namespace, problems)
    if problems:
        raise MigrationsRefused(problems)
    return files


def checksum(text: str) -> str:
    """Give the SHA-256 of a script, the same for every way of ending lines and with or without a BOM."""
    return hashlib.sha256(text.removeprefix("\ufeff").replace("\r\n", "\n").strip().encode()).hexdigest()


def digest(statement: Statement) -> str:
    """Give a short hash of one statement: enough to see that it was edited after it ran."""
    return hashlib.sha256(statement.sql.encode()).hexdigest()[:16]


def _ordered(namespaces: list[Migrations], problems: list[Problem]) -> list[Migrations]:
    by_name: dict[str, Migrations] = {}
    for namespace in namespaces:
        if namespace.name in by_name:
            where = f"{by_name[namespace.name].folder}, {namespace.folder}"
            problems.append(Problem(namespace.name or METADATA, "this migration namespace is offered twice", where))
        by_name.setdefault(namespace.name, namespace)
    ordered: list[Migrations] = []
    state: dict[str, str] = {}

    def visit(namespace: Migrations) -> None:
        if state.get(namespace.name) == "open":
            problems.append(Problem(namespace.name or METADATA, "migration namespaces follow each other in a circle"))
        if namespace.name in state:
            return
        state[namespace.name] = "open"
        named = ["" if name == METADATA else name for name in namespace.after]
        # Outsiders come after the metadata schema even when they do not say so: they may reference its tables.
        for name in [*named, *([""] if namespace.name else [])]:
            if name in by_name:
                visit(by_name[name])
            elif name:
                problems.append(Problem(namespace.name, f"comes after {name!r}, which no enabled plugin offers"))
        state[namespace.name] = "done"
        ordered.append(namespace)

    for namespace in by_name.values():
        visit(namespace)
    return ordered


def _read_namespace(namespace: Migrations, problems: list[Problem]) -> list[MigrationFile]:
    folder = Path(namespace.folder)
    who = namespace.name or METADATA
    if not folder.is_dir():
        problems.append(Problem(who, "the migrations folder does not exist", str(folder)))
        return []
    numbers: dict[int, str] = {}
    files = []
    for stem, ways in _scripts(folder, who, problems).items():
        number = int(stem.split("_")[0])
        if number in numbers:
            what = f"{numbers[number]} and {stem} have the same number"
            problems.append(Problem(who, what, str(folder), "renumber one"))
        numbers[number] = stem
        up, down = ways.get("up"), ways.get("down")
        if up is None:
            problems.append(Problem(who, f"{stem} has a down script but no up script", str(folder)))
            continue
        if not up.statements:
            problems.append(Problem(who, "holds no statement", str(up.path)))
        filename = f"{namespace.name}/{stem}" if namespace.name else stem
        files.append(MigrationFile(filename, up.statements, down.statements if down else None, checksum(up.text)))
    return files


def _scripts(folder: Path, who: str, problems: list[Problem]) -> Mapping[str, Mapping[str, _Script]]:
    """Read the scripts of a folder by name and direction, in the order of their numbers."""
    found: dict[str, dict[str, _Script]] = {}
    for path in sorted(folder.iterdir()):
        match = FILE.match(path.name)
        if not match:
            if path.suffix.lower() == ".sql":
                what = "the name is not NNN_name.up.sql or NNN_name.down.sql, in lower case"
                problems.append(Problem(who, what, str(path), "rename the file"))
            continue
        ways = found.setdefault(match["stem"], {})
        try:
            text = path.read_text(encoding="utf-8")
            ways[match["way"]] = _Script(path, tuple(split_statements(text)), text)
        except UnicodeDecodeError:
            problems.append(Problem(who, "is not UTF-8 text", str(path), "correct the file"))
        except OSError as error:
            problems.append(Problem(who, f"cannot be read ({type(error).__name__})", str(path), "correct the file"))
        except SplitError as error:
            problems.append(Problem(who, str(error), str(path), "correct the file"))
    unread = {problem.where for problem in problems}
    whole = {
        stem: ways
        for stem, ways in found.items()
        if not any(str(folder / f"{stem}.{way}.sql") in unread for way in ("up", "down"))
    }
    return dict(sorted(whole.items(), key=lambda item: (int(item[0].split("_")[0]), item[0])))
