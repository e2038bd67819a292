"""A target of another kind: a folder of text files, each of them a table, each line a row."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from altus4_core.errors import TargetFailed
from altus4_core.stored import Database


class TextFolder:
    """One open folder. Files are read anew each time: they may change."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self._folder = folder

    async def lines(self) -> dict[str, list[str]]:
        """Give all lines by file."""
        return await asyncio.to_thread(self._read)

    async def describe(self) -> Mapping[str, Any]:
        """Give the files as tables."""
        tables = await self.lines()
        return {
            "database": self.database.database_name,
            "tables": [{"name": name, "columns": ["line"]} for name in sorted(tables)],
        }

    async def aclose(self) -> None:
        """Nothing is held."""

    def _read(self) -> dict[str, list[str]]:
        try:
            paths = sorted(self._folder.glob("*.txt"))
            return {path.stem: path.read_text(encoding="utf-8", errors="replace").splitlines() for path in paths}
        except (OSError, ValueError) as error:
            message = "The folder cannot be read."
            raise TargetFailed(message, code="UNREACHABLE") from error


class TextFiles:
    """Opens folders below one folder."""

    name = "text-files"

    def __init__(self, root: Path) -> None:
        self._root = root

    async def open(self, database: Database) -> TextFolder:
        """Open; raises `TargetFailed` for what is no folder below the root."""
        name = database.database_name
        try:
            folder = (self._root / name).resolve()
            inside = folder.is_dir() and folder.is_relative_to(self._root.resolve())
        except (OSError, ValueError):
            inside = False
        if not inside:
            message = "There is no such folder."
            raise TargetFailed(message, code="UNKNOWN_DATABASE")
        return TextFolder(database, folder)

    def describe(self) -> Mapping[str, Any]:
        """Describe the kind."""
        return {"title": "Folders of text files"}
