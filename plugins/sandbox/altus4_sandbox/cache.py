"""The folder where unpacked servers and initialised data folders wait for their next use."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import attrs

from .errors import SandboxError

CACHE_VARIABLE = "ALTUS4_SANDBOX_CACHE"


@attrs.frozen
class Cache:
    """Paths below one root; folders are made on first use, for this user only."""

    root: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """`ALTUS4_SANDBOX_CACHE`, else `$XDG_CACHE_HOME/altus4/sandbox`, else `~/.cache/altus4/sandbox`.

        Raises SandboxError when none of these is known.
        """
        variables = os.environ if environment is None else environment
        if named := variables.get(CACHE_VARIABLE):
            return cls(Path(named).expanduser().absolute())
        base = variables.get("XDG_CACHE_HOME") or ""
        # The XDG specification tells to ignore a relative path.
        if Path(base).is_absolute():
            folder = Path(base)
        elif home := variables.get("HOME"):
            folder = Path(home) / ".cache"
        else:
            # A user id without an account, as containers have them.
            message = f"this user has no home folder for the cache: set {CACHE_VARIABLE} to a folder you can write to"
            raise SandboxError(message)
        return cls(folder / "altus4" / "sandbox")

    @property
    def servers(self) -> Path:
        """Unpacked servers, one folder each."""
        return self._folder("servers")

    @property
    def templates(self) -> Path:
        """Initialised data folders, one per server build."""
        return self._folder("templates")

    @property
    def downloads(self) -> Path:
        """Package lists and half-done downloads, kept only until a fetch succeeds."""
        return self._folder("downloads")

    def _folder(self, name: str) -> Path:
        path = self.root / name
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            writable = os.access(path, os.W_OK | os.X_OK)
        except OSError:
            writable = False
        if not writable:
            message = f"cannot write to the cache folder {path}: set {CACHE_VARIABLE} to a folder you can write to"
            raise SandboxError(message)
        return path
