"""A check: is the folder there?"""

from pathlib import Path

from altus4_core.records import Finding, Severity


class FolderCheck:
    """Looks at the folder."""

    name = "outside-folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def run(self) -> Finding:
        """Look."""
        if self._folder.is_dir():
            return Finding(self.name, Severity.OK, "the folder is there")
        return Finding(self.name, Severity.ERROR, "the folder is not there", "make it, or set plugins.outside.folder")
