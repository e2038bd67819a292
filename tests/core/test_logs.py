"""Logs are JSON lines without secrets."""

import io
import json
import logging
import sys

import pytest

from altus4_core.logs import JsonLines, configure_logging, redact

KEY = "altus4_sk_live_abcdefgh" + "Z" * 38
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {KEY}", KEY[23:]),
        (f"using {KEY} now", KEY[23:]),
        (f"authorization={TOKEN}", "c2lnbmF0dXJl"),
        (f"Authorization: Bearer {TOKEN}", "c2lnbmF0dXJl"),
        (f"got {TOKEN}", "c2lnbmF0dXJl"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ('{"password": "hunter22"}', "hunter22"),
        ("{'password': 'two words here'}", "words here"),
        ("password=hunter22&x=1", "hunter22"),
        ("mysql://root:hunter22@localhost/x", "hunter22"),
        ("mysql://root:hunt:er22@localhost/x", "er22"),
        ("Cookie: altus4_refresh=hunter22; other=hunter33", "hunter33"),
        ("Set-Cookie: altus4_refresh=hunter22; Path=/", "hunter22"),
        ("session_secret: hunter22", "hunter22"),
        ("ALTUS4_ENCRYPTION_KEYS=k1:aHVudGVyMjI=", "aHVudGVyMjI"),
    ],
)
def test_secrets_are_blanked(text, secret):
    assert secret not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text", ["GET /api/v1/search 200 1.2ms", "the password was wrong", "http://localhost:3000/x", "tokenizer"]
)
def test_other_text_is_kept(text):
    assert redact(text) == text


def record(message, *args, **extra):
    made = logging.LogRecord("altus4.x", logging.INFO, __file__, 1, message, args, None)
    for name, value in extra.items():
        setattr(made, name, value)
    return made


def test_one_json_object_a_line():
    line = JsonLines().format(record("a\nb %s", "c", request_id="r-1", other="not shown"))
    assert "\n" not in line
    data = json.loads(line)
    assert (data["message"], data["level"], data["channel"], data["request_id"]) == (
        "a\nb c",
        "info",
        "altus4.x",
        "r-1",
    )
    assert "other" not in data


def test_exceptions_are_redacted_and_cut():
    try:
        raise RuntimeError(f"failed with {KEY} " + "x" * 20_000)
    except RuntimeError:
        made = record("oops")
        made.exc_info = sys.exc_info()
    line = JsonLines().format(made)
    assert KEY not in line
    assert len(line) < 10_000


@pytest.mark.parametrize("message", ["lone surrogate \ud800", "NUL \0", "\x1b[31mred"])
def test_odd_characters_do_not_break_the_log(message):
    assert json.loads(JsonLines().format(record(message)))["level"] == "info"


def test_arguments_that_do_not_fit_do_not_break_the_log():
    line = JsonLines().format(record("%d items", "many"))
    assert json.loads(line)["level"] == "info"


@pytest.fixture
def restored():
    loggers = [logging.getLogger(), logging.getLogger("altus4")]
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, handlers, level, propagate in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate


def test_everything_goes_to_standard_error(restored, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("info")
    logging.getLogger("altus4.http").info("ours")
    logging.getLogger("aiohttp").warning("theirs")
    logging.getLogger("aiohttp").info("too much")
    logging.getLogger("altus4.http").debug("too much")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["ours", "theirs"]
