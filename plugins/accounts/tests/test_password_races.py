"""A password that is changed while somebody logs in with the old one."""

import asyncio

import pytest
from altus4_accounts.passwords import hash_password


@pytest.fixture
def during_login(house, monkeypatch):
    """Do something between the comparison of a password and the writing of the session: `during_login(work)`."""
    add = house.store.sessions.add

    def install(work):
        async def slowly(session):
            monkeypatch.setattr(house.store.sessions, "add", add)
            await work()
            await add(session)

        monkeypatch.setattr(house.store.sessions, "add", slowly)

    return install


async def test_the_old_password_opens_no_session_that_outlives_it(house, during_login):
    owner = await house.register()

    async def change():
        body = {"currentPassword": "correct horse", "newPassword": "battery staple"}
        await house.call("POST", "/change-password", body, token=owner.token, status=200)

    during_login(change)
    late = await house.login()
    assert (late.status, late.code, late.cookie) == (401, "INVALID_CREDENTIALS", None)
    assert late.body["error"] == (await house.login()).body["error"], "as if the old password had come later"
    user = await house.store.users.by_email("ann@example.org")
    alive = await house.store.sessions.revoke_all(user.id, house.clock.now())
    assert len(alive) == 1, "the session that changed the password"


async def test_an_account_that_goes_meanwhile(house, during_login):
    owner = await house.register()
    during_login(lambda: house.call("DELETE", "/account", token=owner.token, status=200))
    assert (await house.login()).status in {401, 404}


async def test_a_hash_that_is_renewed_at_login_is_no_change(house):
    """Hashes of another cost are made anew at login, and by one of several at once."""
    await house.register()
    user = await house.store.users.by_email("ann@example.org")
    old = hash_password("correct horse", 5)
    assert await house.store.users.replace_password(user.id, old=user.password, new=old)
    answers = await asyncio.gather(*(house.login() for _ in range(3)))
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert (await house.store.users.by_email("ann@example.org")).password != old
