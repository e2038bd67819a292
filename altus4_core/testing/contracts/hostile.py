"""Texts that have broken somebody's program before."""

HOSTILE_TEXTS: dict[str, str] = {
    "very long": "a" * 100_000,
    "many words": "word " * 2_000,
    "NUL": "before\0after",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f9ff",
    "control characters": "\x01\x1b[31m\r\n\t\x7f",
    "right to left": "\u202eabc\u202c \u0627\u0628",
    "combining": "e\u0301" * 500 + "\u0301" * 500,
    "quotes": "'; DROP TABLE users; -- \" ` \\",
    "formats": "%s %(x)s %n {} {0} ${x} $(x)",
    "operators": '+ - * ( ) @ ~ > < "" ++a +-a a** a - C++ a@b.com "a b" @',
    "markup": "<script>alert(1)</script>&amp;",
    "JSON": '{"$ne": null}',
    "only spaces": " \u00a0\u2003\u200b ",
}
"""By a name for the test's id."""
