"""docs/searching.md, typed from the top to the bottom."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from house import ROOT
from walkthrough import blocks_of, promised
from world import World

PAGE = ROOT / "docs" / "searching.md"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_page(world: World, tmp_path: Path) -> None:
    blocks = blocks_of(PAGE)
    assert len(blocks) > 8
    # One shell for all: what a block sets, the next ones use. A mark between them tells their output apart.
    script = "set -euo pipefail\n" + "\necho '---8<---'\n".join(blocks)
    environment = {**os.environ, "ALTUS4": f"http://127.0.0.1:{world.gateway.port}", "KEY": world.ann}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    outputs = done.stdout.split("---8<---\n")
    assert len(outputs) == len(blocks)
    kept = 0
    for block, output in zip(blocks, outputs, strict=True):
        assert "null" not in output.split(), (block, output)
        for promise in promised(block):
            assert promise in output.splitlines(), (promise, block, output)
            kept += 1
    assert kept > 12
