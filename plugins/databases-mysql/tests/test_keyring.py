import base64
import random

import pytest
from altus4_databases_mysql.credentials import Vault, key_id_of
from altus4_databases_mysql.keyring import Keyring, new_key_entry

from altus4_core.errors import StartupRefused, TargetFailed
from altus4_core.vault import CredentialVault, SecretPlace

PLACE = SecretPlace("databases", "password_encrypted", "row-1", "user-1")


def key(key_id="k1", size=32):
    return f"{key_id}:{base64.b64encode(random.Random(f'{key_id} {size}').randbytes(size)).decode()}"


@pytest.fixture
def vault():
    return Vault(Keyring.parse(new_key_entry("k1")))


def test_the_first_key_encrypts_and_all_decrypt():
    old, new = key("old"), key("new")
    stored = Vault(Keyring.parse(old)).encrypt("secret", PLACE)
    both = Vault(Keyring.parse(f"{new},{old}"))
    assert both.decrypt(stored, PLACE) == "secret"
    assert not both.is_current(stored)
    again = both.encrypt("secret", PLACE)
    assert key_id_of(again) == "new"
    assert both.is_current(again)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no encryption key"),
        (" , ,", "no encryption key"),
        ("changeme", "not written as id:base64"),
        ("k1:changeme", "placeholder"),
        ("k1:<base64 of 32 bytes>", "placeholder"),
        ("k1:your-secret-key-here", "placeholder"),
        (":" + "A" * 44, "not written as id:base64"),
        ("k 1:AAAA", "not written as id:base64"),
        ("k1:!!!!", "not base64"),
        ("k1:", "0 bytes"),
        (key(size=16), "16 bytes instead of 32"),
        (key(size=31), "31 bytes"),
        (key(size=33), "33 bytes"),
        ("k1:" + base64.b64encode(b"\0" * 32).decode(), "placeholder"),
        ("k1:" + base64.b64encode(b"abcdefghijklmnopqrstuvwxyz012345").decode(), "placeholder"),
        (f"{key('a')},{key('a')}", "'a' is given twice"),
    ],
)
def test_unusable_keys_refuse_the_start(text, words):
    with pytest.raises(StartupRefused) as caught:
        Keyring.parse(text)
    (problem,) = caught.value.problems
    line = problem.line()
    assert words in line
    assert "ALTUS4_ENCRYPTION_KEYS" in line
    assert "altus4 secrets generate" in line
    assert "\n" not in line


def test_one_line_for_each_problem_and_no_key_in_any():
    good = key("a")
    material = good.split(":")[1]
    with pytest.raises(StartupRefused) as caught:
        Keyring.parse(f"{good},b:{material},c:short,{material}")
    assert len(caught.value.problems) == 3
    assert material[:10] not in str(caught.value)
    assert material[:10] not in repr(caught.value.problems)


def test_url_safe_and_unpadded_keys_are_read():
    raw = bytes(range(200, 232))
    standard, url_safe = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert standard != url_safe
    assert Keyring.parse(f"a:{standard}").keys["a"] == Keyring.parse(f"a:{url_safe}").keys["a"] == raw


def test_a_keyring_prints_no_key():
    ring = Keyring.parse(key())
    assert "\\x" not in repr(ring)
    assert "keys" not in repr(ring)


@pytest.mark.parametrize("text", ["", "secret", "päßwörd 🔑", "a" * 1000, "with.dots", "\n\0"])
def test_what_goes_in_comes_out(vault, text):
    stored = vault.encrypt(text, PLACE)
    version, key_id, nonce, sealed = stored.split(".")
    assert (version, key_id) == ("v1", "k1")
    assert len(base64.urlsafe_b64decode(nonce + "==")) == 12
    assert len(base64.urlsafe_b64decode(sealed + "==")) == len(text.encode()) + 16
    assert vault.decrypt(stored, PLACE) == text


def test_the_same_text_never_looks_the_same(vault):
    assert len({vault.encrypt("secret", PLACE) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "place",
    [
        SecretPlace("other", "password_encrypted", "row-1", "user-1"),
        SecretPlace("databases", "other", "row-1", "user-1"),
        SecretPlace("databases", "password_encrypted", "row-2", "user-1"),
        SecretPlace("databases", "password_encrypted", "row-1", "user-2"),
        SecretPlace("databases", "password_encryptedr", "ow-1", "user-1"),
    ],
)
def test_a_secret_does_not_open_elsewhere(vault, place):
    stored = vault.encrypt("secret", PLACE)
    with pytest.raises(TargetFailed) as caught:
        vault.decrypt(stored, place)
    assert caught.value.error_code == "CREDENTIALS_UNREADABLE"


def test_every_changed_character_is_noticed(vault):
    stored = vault.encrypt("secret", PLACE)
    for index, character in enumerate(stored):
        changed = stored[:index] + ("A" if character != "A" else "B") + stored[index + 1 :]
        with pytest.raises(TargetFailed):
            vault.decrypt(changed, PLACE)


@pytest.mark.parametrize(
    "stored",
    ["", "v1", "v1.k1..", "v2.k1.a.b", "plain text", "v1.k1.AAAA.AAAA", "v1.k9.AAAA.AAAA", "....", "v1.k1.é.é"],
)
def test_what_is_no_secret_is_unreadable_and_never_empty(vault, stored):
    with pytest.raises(TargetFailed) as caught:
        vault.decrypt(stored, PLACE)
    assert caught.value.error_code == "CREDENTIALS_UNREADABLE"
    assert "k1" not in str(caught.value)


def test_cut_and_swapped_parts_are_noticed(vault):
    one, two = (vault.encrypt(text, PLACE).split(".") for text in ("one", "two"))
    for parts in ([*one[:2], two[2], one[3]], [*one[:3], two[3]], [*one[:3], one[3][:-4]]):
        with pytest.raises(TargetFailed):
            vault.decrypt(".".join(parts), PLACE)


def test_it_is_a_vault(vault):
    assert isinstance(vault, CredentialVault)
