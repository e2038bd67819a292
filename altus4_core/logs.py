"""Logging: JSON lines on standard error, with secrets blanked out."""

import logging
import re
import sys
from datetime import UTC, datetime

import orjson

from altus4_core.clock import iso

SECRETS = re.compile(
    r"(altus4_sk_(?:test|live)_)[0-9A-Za-z]+|(?i:(authorization|cookie|password|secret|token)(['\"]?\s*[:=]\s*))[^\s,;'\"]+"
    r"|(://[^:/@\s]+:)[^@\s]+@|(eyJ[A-Za-z0-9_-]{8,}\.)[A-Za-z0-9_.-]+"
)
LONGEST = 8000
EXTRAS = ("request_id", "remote", "user_id", "plugin")


def redact(text: str) -> str:
    """Blank out keys, passwords and tokens."""

    def blank(match: re.Match[str]) -> str:
        key, word, separator, url, token = match.groups()
        if word:
            return f"{word}{separator}***"
        if url:
            return f"{url}***@"
        return f"{key or token}***"

    return SECRETS.sub(blank, text)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, object] = {
            "time": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "channel": record.name,
            "message": redact(record.getMessage())[:LONGEST],
        }
        for name in EXTRAS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = value
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))[-LONGEST:]
        return orjson.dumps(line, default=str).decode()


def configure_logging(level: str) -> None:
    """Send everything to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger("altus4")
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    root.propagate = False
    other = logging.getLogger()
    other.handlers[:] = [handler]
    other.setLevel(logging.WARNING)
