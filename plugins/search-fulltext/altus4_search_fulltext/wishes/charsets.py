"""Which texts a column's character set can hold: servers refuse to compare with others (errors 3854 and 1270)."""

from collections.abc import Mapping

_UNICODE = frozenset(("utf8mb4", "utf16", "utf16le", "utf32", "gb18030"))
_BASIC_PLANE = frozenset(("utf8", "utf8mb3", "ucs2"))
_CODECS: Mapping[str, str] = {
    "latin1": "cp1252",
    "latin2": "iso8859_2",
    "latin5": "iso8859_9",
    "latin7": "iso8859_13",
    "greek": "iso8859_7",
    "hebrew": "iso8859_8",
    "koi8r": "koi8_r",
    "koi8u": "koi8_u",
    "sjis": "shift_jis",
    "ujis": "euc_jp",
    "euckr": "euc_kr",
    "tis620": "tis_620",
    **dict.fromkeys(("cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "cp932", "gbk", "big5"), ""),
}


def can_hold(charset: str | None, text: str) -> bool:
    """Say whether a text can be written in a character set, by MySQL's name; of unknown ones only ASCII is sure."""
    if text.isascii() or charset in _UNICODE:
        return True
    if charset in _BASIC_PLANE:
        return max(text) <= "\uffff"
    codec = _CODECS.get(charset or "")
    if codec is None:
        return False
    try:
        text.encode(codec or charset or "ascii")
    except UnicodeEncodeError:
        return False
    return True
