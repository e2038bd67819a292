"""What an account may be called: e-mail address, name, password, role."""

import re
import unicodedata
from typing import Final

from altus4_core.errors import FieldProblem

ROLES: Final = ("user", "admin")
EMAIL_LENGTH: Final = 254
NAME_LENGTH: Final = (2, 255)
PASSWORD_LENGTH: Final = (8, 1024)

# Whether mail arrives there only sending some can tell; this keeps out what is certainly no address.
_WORD: Final = r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]"
_EMAIL: Final = re.compile(rf"{_WORD}{{1,64}}@{_WORD}+\.{_WORD}+")


def clean_email(email: str) -> str:
    """Give an address as it is kept: trimmed, NFC, lower case."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def clean_name(name: str) -> str:
    """Give a name as it is kept: trimmed, NFC."""
    return unicodedata.normalize("NFC", name.strip())


def email_problems(email: str) -> list[FieldProblem]:
    """Say what is wrong with a cleaned address."""
    local, _, domain = email.rpartition("@")
    parts = [*local.split("."), *domain.split(".")]
    if (
        len(email) > EMAIL_LENGTH
        or _EMAIL.fullmatch(email) is None
        or not all(parts)
        or any(label[0] == "-" or label[-1] == "-" for label in domain.split("."))
        or not all(_can_be_seen(character) for character in email)
    ):
        return [FieldProblem("email", "must be an e-mail address such as ada@example.org", "invalid_email")]
    return []


def _can_be_seen(character: str) -> bool:
    """Say whether a character shows: two addresses that look the same must be the same."""
    return unicodedata.category(character) not in {"Cc", "Cf", "Cn", "Co", "Zs"}


def password_problems(password: str, field: str = "password") -> list[FieldProblem]:
    """Say what is wrong with a new password: only its length counts, in characters after NFC."""
    least, most = PASSWORD_LENGTH
    if not least <= len(unicodedata.normalize("NFC", password)) <= most:
        return [FieldProblem(field, f"must have {least} to {most} characters", "length")]
    return []
