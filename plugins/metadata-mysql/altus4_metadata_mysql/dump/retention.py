"""Which backups are kept: by the time in their names, since a file's own time changes when it is copied."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

STAMP: Final = "%Y%m%d_%H%M%S"
SUFFIX: Final = ".sql.gz"


def backup_name(schema: str, at: datetime) -> str:
    """Give the name of a backup: the schema and the time, UTC."""
    safe = re.sub(r"[^A-Za-z0-9_.-]", "_", schema)
    return f"{safe}_{at.astimezone(UTC).strftime(STAMP)}{SUFFIX}"


def prune(folder: Path, schema: str, now: datetime, keep_days: int) -> tuple[Sequence[Path], Sequence[str]]:
    """Remove this schema's backups that are older than `keep_days`, and those that were cut off.

    Other files are left alone.

    Returns:
        What was removed, and a line for each that could not be.
    """
    safe = re.sub(r"[^A-Za-z0-9_.-]", "_", schema)
    pattern = re.compile(rf"{re.escape(safe)}_(?P<stamp>\d{{8}}_\d{{6}}){re.escape(SUFFIX)}(?:\.part)?\Z")
    removed: list[Path] = []
    problems: list[str] = []
    for path in sorted(folder.iterdir()):
        match = pattern.match(path.name)
        if match is None or not path.is_file():
            continue
        try:
            taken = datetime.strptime(match["stamp"], STAMP).replace(tzinfo=UTC)
        except ValueError:
            continue
        if now - taken > timedelta(days=keep_days):
            try:
                path.unlink()
            except OSError as error:
                problems.append(f"{path} is older than {keep_days} days and cannot be removed: {error.strerror}")
                continue
            removed.append(path)
    return removed, problems
