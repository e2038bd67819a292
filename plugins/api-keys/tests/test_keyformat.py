"""The text of a key."""

import hashlib
import string
import zlib

import pytest
from altus4_api_keys import keyformat
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("environment", ["test", "live"])
def test_a_new_key_has_the_documented_parts(environment):
    new = keyformat.generate(environment)
    assert len(new.text) == 61
    assert new.text.startswith(f"altus4_sk_{environment}_")
    assert set(new.text[15:]) <= set(string.ascii_letters + string.digits)
    assert new.prefix == new.text[:23]
    assert new.digest == hashlib.sha256(new.text.encode()).hexdigest()
    assert keyformat.has_shape(new.text)
    assert keyformat.has_checksum(new.text)


def test_the_checksum_is_crc32_in_base62():
    body = "altus4_sk_live_" + "a" * 40
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for character in keyformat.checksum(body):
        number = number * 62 + digits.index(character)
    assert number == zlib.crc32(body.encode())
    assert keyformat.base62(0, 6) == "000000"
    assert keyformat.base62(62, 6) == "000010"


def test_keys_differ():
    assert len({keyformat.generate("live").text for _ in range(1000)}) == 1000


def test_no_repr_shows_the_secret():
    new = keyformat.generate("live")
    assert new.text not in repr(new)
    assert new.digest not in repr(new)


@given(st.integers(0, 60), st.sampled_from(keyformat.ALPHABET))
def test_any_changed_character_is_noticed(position, replacement):
    text = keyformat.generate("test").text
    changed = text[:position] + replacement + text[position + 1 :]
    whole = keyformat.has_shape(changed) and keyformat.has_checksum(changed)
    assert whole == (changed == text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "altus4_sk_",
        "altus4_sk_live_" + "x" * 45,
        "altus4_sk_live_" + "x" * 47,
        "altus4_sk_prod_" + "x" * 46,
        "ALTUS4_SK_live_" + "x" * 46,
        "altus4_sk_live_" + "x" * 45 + "-",
        "altus4_sk_live_" + "x" * 45 + "\n",
        "altus4_sk_live_" + "x" * 46 + "\n",
        "altus4_sk_live_" + "é" * 46,
        "altus4_sk_live_" + "٣" * 46,
    ],
)
def test_other_shapes_are_no_keys(text):
    assert not keyformat.has_shape(text)
