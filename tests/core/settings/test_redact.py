import attrs
import pytest

from altus4_core.settings import Secret
from altus4_core.settings.redact import looks_secret, redact, render


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mysql://u:p@h/s", "mysql://u:***@h/s"),
        ("mysql://u:p@w:/rd@h/s", "mysql://u:***@h/s"),
        ("redis://:p@h", "redis://:***@h"),
        ("see mysql://u:p@h and http://h/x?y=1", "see mysql://u:***@h and http://h/x?y=1"),
        ("mysql://u@h:3306/s", "mysql://u@h:3306/s"),
        ("a@b", "a@b"),
    ],
)
def test_passwords_in_urls(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize("name", ["password", "db_password", "apiKey", "api-key", "key", "client_secret", "Token"])
def test_names_of_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["host", "monkey_business", "keyboard", "name"])
def test_other_names(name: str) -> None:
    assert not looks_secret(name)


def test_render() -> None:
    @attrs.frozen
    class Inner:
        s: Secret = Secret("hunter2")
        password: str = "hunter2"

    value = {"a": (1, Inner()), "key": "hunter2", "e": Secret(""), "f": frozenset({"b", "a"}), "u": "x://a:hunter2@h"}
    shown = render(value)
    assert "hunter2" not in shown
    assert shown == (
        '{"a": [1, {"s": "***", "password": "***"}], "key": "***", "e": "", "f": ["a", "b"], "u": "x://a:***@h"}'
    )
