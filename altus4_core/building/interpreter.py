"""The Python that a build is for: this one, or another of the machine."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import attrs
from packaging import tags
from packaging.tags import Tag


@attrs.frozen
class Interpreter:
    """`version` is major.minor, `program` runs it, `platform` is what `sysconfig` calls the machine."""

    version: str
    program: str
    platform: str = attrs.field(factory=lambda: sysconfig.get_platform().replace("-", "_").replace(".", "_"))

    def tags(self) -> frozenset[Tag]:
        """Give the tags of wheels that it can use."""
        version = tuple(map(int, self.version.split(".")))
        name = f"cp{self.version.replace('.', '')}"
        return frozenset([*tags.cpython_tags(version), *tags.compatible_tags(version, name)])


def find_interpreter(version: str) -> Interpreter | None:
    """Find a Python of this version: the running one, `python3.x` on the path, or one that uv knows."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Interpreter(version, sys.executable)
    program = shutil.which(f"python{version}")
    if program is None and (uv := shutil.which("uv")):
        found = subprocess.run(  # noqa: S603 -- the operator's own uv
            [uv, "python", "find", "--no-python-downloads", version], capture_output=True, text=True, check=False
        )
        program = found.stdout.strip() if found.returncode == 0 else None
    return Interpreter(version, program) if program and Path(program).exists() else None
