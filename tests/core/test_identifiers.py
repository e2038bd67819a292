"""Identifiers are UUIDs like any other."""

import time
import uuid
from collections.abc import Callable

import pytest

from altus4_core.identifiers import new_id, ordered_id


@pytest.mark.parametrize(("make", "version"), [(new_id, 4), (ordered_id, 7)])
def test_an_identifier_is_a_uuid(make: Callable[[], str], version: int) -> None:
    made = [make() for _ in range(1000)]
    assert len(set(made)) == 1000
    for text in made:
        parsed = uuid.UUID(text)
        assert (parsed.version, parsed.variant) == (version, uuid.RFC_4122)
        assert str(parsed) == text


@pytest.mark.parametrize(("make", "mask", "bits"), [(new_id, (1 << 128) - 1, 122), (ordered_id, (1 << 80) - 1, 74)])
def test_every_random_bit_is_used(make: Callable[[], str], mask: int, bits: int) -> None:
    made = [uuid.UUID(make()).int for _ in range(1000)]
    seen_one = seen_zero = 0
    for number in made:
        seen_one |= number
        seen_zero |= ~number
    assert (seen_one & seen_zero & mask).bit_count() == bits


def test_ordered_identifiers_sort_by_their_time() -> None:
    before = time.time_ns() // 1_000_000
    first = ordered_id()
    time.sleep(0.002)
    second = ordered_id()
    after = time.time_ns() // 1_000_000
    assert first < second
    assert before <= uuid.UUID(first).int >> 80 < uuid.UUID(second).int >> 80 <= after
