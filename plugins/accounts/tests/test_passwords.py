"""Hashing and comparing passwords."""

import asyncio
import threading

import bcrypt
import pytest
from altus4_accounts import passwords
from altus4_accounts.passwords import Passwords, hash_password, matches, prepare

from altus4_core.errors import Unavailable


@pytest.fixture
def pool():
    made = Passwords(cost=4, waiting=3)
    yield made
    made.aclose()


@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("a" * 73, "a" * 74),
        ("a" * 72 + "b", "a" * 72 + "c"),
        ("before\0after", "before\0AFTER"),
        ("\0" * 8, "\0" * 9),
        ("🐴🔋📎🟢" * 3, "🐴🔋📎🟢" * 4),
        ("x" * 1024, "x" * 1023),
    ],
)
def test_every_character_counts(password, other):
    hashed = hash_password(password, 4)
    assert matches(password, hashed)
    assert not matches(other, hashed)


def test_the_same_text_in_another_normal_form_is_the_same_password():
    assert matches("cafe\u0301 au lait", hash_password("caf\u00e9 au lait", 4))


def test_bcrypt_never_sees_more_than_it_can_take():
    assert len(prepare("x" * 100_000)) == 44
    assert b"\0" not in prepare("\0\0\0")


def test_hashes_are_salted_bcrypt_of_the_given_cost():
    assert hash_password("same password", 5).startswith("$2b$05$")
    assert hash_password("same password", 4) != hash_password("same password", 4)
    assert passwords.COST == 12


@pytest.mark.parametrize("hashed", ["", "x", "$2b$04$short", "plain text", "$2b$99$" + "a" * 53, "é"])
def test_an_unreadable_hash_matches_nothing(hashed):
    assert not matches("password", hashed)


def test_a_plain_bcrypt_of_the_password_is_not_accepted():
    stolen = bcrypt.hashpw(b"password", bcrypt.gensalt(4)).decode()
    assert not matches("password", stolen)


async def test_the_pool_hashes_and_verifies(pool):
    hashed = await pool.hash("correct horse")
    assert await pool.verify("correct horse", hashed)
    assert not await pool.verify("wrong horse", hashed)
    assert not await pool.verify("correct horse", None)
    assert not await pool.verify("correct horse", "")
    assert not await pool.verify("a password nobody has", None)


async def test_an_unknown_account_costs_one_comparison_too(pool, monkeypatch):
    costs = []
    real = bcrypt.checkpw

    def counting(password, hashed):
        costs.append(hashed[:7])
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counting)
    await pool.verify("x", hash_password("y", 4))
    await pool.verify("x", None)
    await pool.verify("x", "")
    assert costs == [b"$2b$04$"] * 3


async def test_the_queue_is_bounded_and_two_threads_work(pool, monkeypatch):
    release, running = threading.Event(), []

    def slow(password, hashed):
        running.append(threading.current_thread().name)
        release.wait(5)
        return True

    await pool.verify("warm", None)
    monkeypatch.setattr(bcrypt, "checkpw", slow)
    calls = [asyncio.create_task(pool.verify("x", "h")) for _ in range(5)]
    async with asyncio.timeout(2):
        while len(running) < 2:
            await asyncio.sleep(0.001)
    with pytest.raises(Unavailable) as caught:
        await pool.verify("x", "h")
    assert caught.value.retry_after
    # Callers that leave free no place while the threads still work for them.
    for call in calls[:2]:
        call.cancel()
    await asyncio.sleep(0.01)
    with pytest.raises(Unavailable):
        await pool.verify("x", "h")
    assert len(running) == 2
    release.set()
    assert await asyncio.gather(*calls[2:]) == [True] * 3
    async with asyncio.timeout(2):
        while pool._active:
            await asyncio.sleep(0.001)
    assert await pool.verify("x", "h")
