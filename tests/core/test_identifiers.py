"""Identifiers are UUIDs like any other."""

import uuid

from altus4_core.identifiers import new_id


def test_an_identifier_is_a_random_uuid() -> None:
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    for text in made:
        parsed = uuid.UUID(text)
        assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)
        assert str(parsed) == text


def test_every_random_bit_is_used() -> None:
    made = [uuid.UUID(new_id()).int for _ in range(1000)]
    seen_one = seen_zero = 0
    for number in made:
        seen_one |= number
        seen_zero |= ~number
    changing = seen_one & seen_zero & (1 << 128) - 1
    assert changing.bit_count() == 122
