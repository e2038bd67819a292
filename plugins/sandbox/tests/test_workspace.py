import os
import subprocess
import sys
from pathlib import Path

import pytest
from altus4_sandbox import SandboxError
from altus4_sandbox.workspace import Workspace

HOLDER = """
import sys, time
from pathlib import Path
from altus4_sandbox.workspace import Workspace
print(Workspace.create(Path(sys.argv[1])).folder, flush=True)
time.sleep(60)
"""


def test_a_folder_of_a_dead_owner_is_swept_and_a_living_ones_is_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as dead,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as living,
    ):
        try:
            assert dead.stdout is not None
            assert living.stdout is not None
            stale, held = Path(dead.stdout.readline().strip()), Path(living.stdout.readline().strip())
            dead.kill()
            dead.wait()
            assert stale.is_dir()
            workspace = Workspace.create(tmp_path)
            assert not stale.exists()
            assert held.is_dir()
            assert workspace.folder.is_dir()
            workspace.remove()
            assert not workspace.folder.exists()
        finally:
            living.kill()


def test_the_folder_is_private(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    assert workspace.folder.stat().st_mode & 0o777 == 0o700
    assert workspace.folder.parent.stat().st_mode & 0o777 == 0o700
    workspace.remove()


def test_a_planted_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"altus4-sandbox-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SandboxError, match="belongs to somebody else"):
        Workspace.create(tmp_path)
