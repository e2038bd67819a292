"""The end of a server's log, for the message about a server that did not start."""

from pathlib import Path


def tail(log: Path, lines: int = 15) -> str:
    """The last `lines` lines, each cut at 300 characters; a note when there are none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    last = [line[:300] for line in text.splitlines()[-lines:]]
    return "\n".join(last) if last else "(the server wrote no log)"
