"""Pages of commands: their blocks, and what they say that these print."""

import re
from pathlib import Path

BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAID = re.compile(r"(?:   |^)# (\S.*)$")


def blocks_of(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def promised(block: str) -> list[str]:
    """Give the lines that a block says it prints: what stands behind `   # ` or in a line of its own."""
    found = [SAID.search(line) for line in block.splitlines()]
    return [match[1] for match in found if match]
