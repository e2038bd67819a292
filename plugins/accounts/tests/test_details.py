"""What an account may be called."""

import pytest
from altus4_accounts.details import NAME_LENGTH, clean_email, clean_name, email_problems, password_problems

from altus4_core.names import name_problems


@pytest.mark.parametrize(
    "email",
    ["ada@example.org", "a+b@sub.example.org", "o'neil@example.co", "пример@пример.рф", f"{'a' * 64}@example.org"],
)
def test_good_addresses(email):
    assert email_problems(clean_email(email)) == []


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "ada@@example.org",
        "a da@example.org",
        "ada@exa mple.org",
        "ada@example.org\nBcc: x@y.zz",
        "ada@example.org\0",
        "ada@example..org",
        "<ada@example.org>",
        "a@b.cc,d@e.ff",
        ".ada@example.org",
        "ada.@example.org",
        "ada@.example.org",
        "ada@example.org.",
        "ada@-example.org",
        "ada@example-.org",
        "a\u200bda@example.org",  # looks like ada@
        "a\u202eda@example.org",
        "a\u00adda@example.org",
        "a\x81da@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 250}.org",
    ],
)
def test_bad_addresses(email):
    (problem,) = email_problems(email)
    assert problem.field == "email"


def test_addresses_are_kept_trimmed_and_in_lower_case():
    assert clean_email("  Ada@Example.ORG ") == "ada@example.org"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("Al", True),
        ("A", False),
        ("", False),
        ("x" * 255, True),
        ("x" * 256, False),
        ("A\0b", False),
        ("A\u202eb", False),
        ("ن\u200cم", True),
    ],
)
def test_names(name, good):
    assert (name_problems("name", clean_name(name), *NAME_LENGTH) == []) is good


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("12345678", True),
        ("1234567", False),
        ("🐴" * 8, True),
        ("🐴" * 7, False),
        ("a" * 1024, True),
        ("a" * 1025, False),
        ("        ", True),
        ("e\u0301" * 7, False),
    ],
)
def test_passwords_need_length_only(password, good):
    assert (password_problems(password) == []) is good
