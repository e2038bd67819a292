"""Logging: JSON lines on standard error, with secrets blanked out."""

import logging
import re
import sys
from datetime import UTC, datetime

import orjson

from altus4_core.clock import iso

SUSPECT = re.compile(r"(?i)altus4_sk_|eyJ|://|authorization|cookie|passw|secret|token|encryption_key|private_key")
"""Without one of these words a text holds nothing to hide: most lines cost one search."""

PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(altus4_sk_(?:test|live)_)[0-9A-Za-z]+"), r"\1***"),
    (re.compile(r"(eyJ[A-Za-z0-9_-]{8,}\.)[A-Za-z0-9_.-]+"), r"\1***"),
    # Up to the last @ of the word: somebody may have forgotten to percent-encode one in the password.
    (re.compile(r"(://[^\s:@/]*:)\S*@"), r"\1***@"),
    # The whole header, because its value has spaces in it.
    (re.compile(r"(?i)((?:authorization|cookie)['\"]?\s*[:=]\s*)(['\"]?)[^\r\n'\"]+"), r"\1\2***"),
    (
        re.compile(
            r"(?i)((?:password|passwd|secret|token|encryption_keys?|private_key)['\"]?\s*[:=]\s*)"
            r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&'\"]+)"
        ),
        r"\1***",
    ),
)
LONGEST = 8000
EXTRAS = ("request_id", "remote", "user_id", "plugin")


def redact(text: str) -> str:
    """Blank out keys, passwords and tokens."""
    if not SUSPECT.search(text):
        return text
    for pattern, blank in PATTERNS:
        text = pattern.sub(blank, text)
    return text


class JsonLines(logging.Formatter):
    """One JSON object a line.

    Args:
        worker: The number of the worker that writes them; None where one process serves.
    """

    def __init__(self, worker: int | None = None) -> None:
        super().__init__()
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, object] = {
            "time": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "channel": record.name,
            "message": _clean(_message(record))[:LONGEST],
        }
        if self._worker is not None:
            line["worker"] = self._worker
        for name in EXTRAS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = _clean(str(value))
        if record.exc_info:
            line["error"] = _clean(self.formatException(record.exc_info))[-LONGEST:]
        return orjson.dumps(line, default=str).decode()


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 -- arguments that do not fit their format must not cost the line
        return f"{record.msg} {record.args!r}"


def _clean(text: str) -> str:
    """Redact; write what UTF-8 cannot hold (lone surrogates) as escapes."""
    return redact(text.encode("utf-8", "backslashreplace").decode())


def configure_logging(level: str, worker: int | None = None) -> None:
    """Send everything to standard error as JSON lines, which name the worker where there are several."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(worker))
    root = logging.getLogger("altus4")
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    root.propagate = False
    other = logging.getLogger()
    other.handlers[:] = [handler]
    other.setLevel(logging.WARNING)
