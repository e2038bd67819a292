"""The account operations over HTTP."""

import asyncio

import pytest

from altus4_core.errors import Unavailable


async def test_registering_gives_an_account_a_token_and_a_cookie(house):
    answer = await house.register(email="  Ann@Example.ORG ", role="admin")
    assert answer.status == 201
    user = answer.data["user"]
    assert user["email"] == "ann@example.org"
    assert user["role"] == "user"
    assert user["connectedDatabases"] == []
    assert {"id", "name", "createdAt", "lastActive"} <= set(user)
    assert "password" not in str(answer.body)
    assert answer.body["token"] == answer.data["token"]
    assert answer.body["expiresIn"] == answer.data["expiresIn"] == 3600
    morsel = answer.morsel
    assert morsel["httponly"] is True
    assert morsel["secure"] is True
    assert (morsel["samesite"], morsel["path"]) == ("Strict", "/api/v1/auth")
    assert abs(int(morsel["max-age"]) - 30 * 86400) <= 1
    profile = await house.call("GET", "/profile", token=answer.token)
    assert profile.data["id"] == user["id"]


async def test_an_address_is_taken_once_however_it_is_written(house):
    await house.register()
    answer = await house.register(email="ANN@example.org")
    assert (answer.status, answer.code) == (409, "USER_EXISTS")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email", "password", "name"}),
        ({"email": "ann", "password": "1234567", "name": "A"}, {"email", "password", "name"}),
        ({"email": 7, "password": [], "name": None}, {"email", "password", "name"}),
        ({"email": "ann@example.org", "password": "x" * 1025, "name": "Ann"}, {"password"}),
        ({"email": "ann@example.org", "password": "12345678", "name": "x" * 256}, {"name"}),
    ],
)
async def test_bad_registrations_name_every_member(house, body, fields):
    answer = await house.call("POST", "/register", body, status=400)
    assert answer.code == "VALIDATION_ERROR"
    assert {problem["field"] for problem in answer.body["error"]["details"]} == fields


@pytest.mark.parametrize("password", ["a" * 73, "🐴" * 30, "        ", "пароль пароль", "x" * 1024])
async def test_any_password_of_good_length_works(house, password):
    assert (await house.register(password=password)).status == 201
    assert (await house.login(password=password)).status == 200
    assert (await house.login(password=password + "x" if len(password) < 1024 else password[:-1])).status == 401


async def test_logging_in_and_the_two_failures_look_alike(house):
    await house.register()
    assert (await house.login(email="ANN@example.org ")).status == 200
    wrong, unknown = await house.login(password="wrong"), await house.login(email="bob@example.org")
    assert (wrong.status, wrong.code) == (unknown.status, unknown.code) == (401, "INVALID_CREDENTIALS")
    assert wrong.body["error"] == unknown.body["error"]
    assert wrong.cookie is unknown.cookie is None


async def test_an_account_without_a_password_lets_nobody_in(house):
    import attrs

    await house.register()
    user = await house.store.users.by_email("ann@example.org")
    await house.store.users.update(attrs.evolve(user, password=""))
    for password in ("", "correct horse", "a password nobody has"):
        assert (await house.login(password=password)).status == 401


async def test_failures_are_counted_against_the_account_and_attempts_against_the_address(house):
    await house.register()
    house.limiter.left = {("account", "login"): 2}
    for _ in range(5):
        assert (await house.login()).status == 200
    assert (await house.login(password="wrong")).status == 401
    assert (await house.login(password="wrong")).status == 401
    answer = await house.login()
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "RATE_LIMIT_EXCEEDED", "13")
    assert (await house.login(email="bob@example.org")).status == 401
    assert house.limiter.counted["address", "127.0.0.1", "login"] == 9


async def test_guesses_at_the_same_moment_do_not_slip_under_the_limit(house):
    await house.register()
    house.limiter.left = {("account", "login"): 3}
    answers = await asyncio.gather(*(house.login(password=f"wrong {number}") for number in range(12)))
    assert sorted(answer.status for answer in answers) == [401] * 3 + [429] * 9


async def test_an_unreachable_store_costs_no_guess(house, monkeypatch):
    await house.register()

    async def away(email):
        message = "away"
        raise Unavailable(message, retry_after=2)

    monkeypatch.setattr(house.store.users, "by_email", away)
    answer = await house.login()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert house.limiter.counted["account", "ann@example.org", "login"] == 0


async def test_registrations_are_limited_by_address(house):
    house.limiter.left = {("address", "register"): 1}
    assert (await house.register()).status == 201
    assert (await house.register(email="bob@example.org")).status == 429


@pytest.mark.parametrize("raw", [b"", b"null", b"{}", None])
async def test_refreshing_by_cookie_rotates_it(house, raw):
    first = await house.register()
    second = await house.call("POST", "/refresh", cookie=first.cookie, raw=raw)
    assert second.status == 200
    assert second.data["user"]["email"] == "ann@example.org"
    assert second.cookie not in {None, first.cookie}
    assert second.body["token"] == second.data["token"] != first.token
    third = await house.call("POST", "/refresh", cookie=second.cookie)
    assert third.status == 200


async def test_a_replayed_cookie_ends_the_whole_family(house):
    first = await house.register()
    second = await house.call("POST", "/refresh", cookie=first.cookie)
    replay = await house.call("POST", "/refresh", cookie=first.cookie)
    assert (replay.status, replay.code) == (401, "INVALID_TOKEN")
    assert (await house.call("POST", "/refresh", cookie=second.cookie)).status == 401
    for token in (first.token, second.token):
        assert (await house.call("GET", "/profile", token=token)).status == 401
        # Nor does a token of that session help the replayed cookie out.
        assert (await house.call("POST", "/refresh", cookie=first.cookie, token=token)).status == 401
    assert (await house.login()).status == 200


async def test_of_two_refreshes_at_once_one_wins_and_the_other_counts_as_replay(house):
    first = await house.register()
    answers = await asyncio.gather(*(house.call("POST", "/refresh", cookie=first.cookie) for _ in range(2)))
    assert sorted(answer.status for answer in answers) == [200, 401]


async def test_refreshing_by_bearer_token(house):
    first = await house.register()
    second = await house.call("POST", "/refresh", token=first.token)
    assert second.status == 200
    assert second.cookie is not None
    assert (await house.call("POST", "/refresh", token=first.token)).status == 200
    house.clock.advance(3601)
    late = await house.call("POST", "/refresh", token=first.token)
    assert (late.status, late.code) == (401, "TOKEN_EXPIRED")


async def test_a_good_cookie_makes_up_for_an_expired_token_and_a_foreign_cookie_harms_nobody(house):
    first = await house.register()
    house.clock.advance(3601)
    second = await house.call("POST", "/refresh", cookie=first.cookie, token=first.token)
    assert second.status == 200
    assert (await house.call("POST", "/refresh", cookie="garbage", token=second.token)).status == 200


async def test_refreshing_with_nothing_and_with_rubbish(house):
    nothing = await house.call("POST", "/refresh")
    assert (nothing.status, nothing.code) == (401, "NO_TOKEN")
    for cookie in ("x", "a.b.c", "0" * 5000):
        rubbish = await house.call("POST", "/refresh", cookie=cookie)
        assert (rubbish.status, rubbish.code) == (401, "INVALID_TOKEN")
    bearer = await house.call("POST", "/refresh", token="x")
    assert (bearer.status, bearer.code) == (401, "INVALID_TOKEN")


async def test_a_session_ends_after_its_days_however_often_it_is_refreshed(house):
    answer = await house.register()
    for _ in range(29):
        house.clock.advance(86400)
        answer = await house.call("POST", "/refresh", cookie=answer.cookie, status=200)
    house.clock.advance(86400 - 1800)
    answer = await house.call("POST", "/refresh", cookie=answer.cookie, status=200)
    assert answer.data["expiresIn"] <= 1800
    house.clock.advance(1801)
    assert (await house.call("POST", "/refresh", cookie=answer.cookie)).status == 401
    assert (await house.call("GET", "/profile", token=answer.token)).status == 401


async def test_logging_out_ends_the_session_at_once_and_only_it(house):
    first, second = await house.register(), await house.login()
    answer = await house.call("POST", "/logout", token=first.token, raw=b"null", status=200)
    assert answer.body["success"] is True
    assert answer.morsel["max-age"] == "0"
    gone = await house.call("GET", "/profile", token=first.token)
    assert (gone.status, gone.code) == (401, "INVALID_TOKEN")
    assert (await house.call("POST", "/refresh", cookie=first.cookie)).status == 401
    assert (await house.call("GET", "/profile", token=second.token)).status == 200


async def test_a_logout_elsewhere_is_seen_within_two_seconds(open_house):
    here = await open_house()
    there = await open_house(store=here.store)
    answer = await here.register()
    assert (await there.call("GET", "/profile", token=answer.token)).status == 200
    await here.call("POST", "/logout", token=answer.token, status=200)
    there.clock.advance(2)
    assert (await there.call("GET", "/profile", token=answer.token)).status == 401


async def test_the_profile_can_be_changed(house):
    answer = await house.register()
    await house.register(email="bob@example.org")
    changed = await house.call("PUT", "/profile", {"name": " Ann Two ", "role": "admin"}, token=answer.token)
    assert (changed.data["name"], changed.data["email"], changed.data["role"]) == ("Ann Two", "ann@example.org", "user")
    changed = await house.call("PUT", "/profile", {"email": "Ann.Two@example.org"}, token=answer.token)
    assert changed.data["email"] == "ann.two@example.org"
    taken = await house.call("PUT", "/profile", {"email": "BOB@example.org"}, token=answer.token)
    assert (taken.status, taken.code) == (409, "USER_EXISTS")
    bad = await house.call("PUT", "/profile", {"name": "x", "email": "y"}, token=answer.token, status=400)
    assert {problem["field"] for problem in bad.body["error"]["details"]} == {"name", "email"}
    assert (await house.call("PUT", "/profile", raw=b"null", token=answer.token)).data["name"] == "Ann Two"
    assert (await house.login(email="ann.two@example.org")).status == 200


async def test_changing_the_password_ends_the_other_sessions(house):
    first, second = await house.register(), await house.login()
    body = {"currentPassword": "wrong", "newPassword": "battery staple"}
    wrong = await house.call("POST", "/change-password", body, token=first.token)
    assert (wrong.status, wrong.code) == (400, "PASSWORD_CHANGE_FAILED")
    short = await house.call("POST", "/change-password", {**body, "newPassword": "short"}, token=first.token)
    assert (short.status, short.code) == (400, "VALIDATION_ERROR")
    body["currentPassword"] = "correct horse"
    assert (await house.call("POST", "/change-password", body, token=first.token, status=200)).body["success"] is True
    assert (await house.call("GET", "/profile", token=first.token)).status == 200
    assert (await house.call("GET", "/profile", token=second.token)).status == 401
    assert (await house.call("POST", "/refresh", cookie=second.cookie)).status == 401
    assert (await house.login()).status == 401
    assert (await house.login(password="battery staple")).status == 200


async def test_guessing_the_current_password_is_limited_like_logging_in(house):
    answer = await house.register()
    house.limiter.left = {("account", "login"): 1}
    body = {"currentPassword": "wrong", "newPassword": "battery staple"}
    assert (await house.call("POST", "/change-password", body, token=answer.token)).status == 400
    assert (await house.call("POST", "/change-password", body, token=answer.token)).status == 429
    assert (await house.login()).status == 429


async def test_of_two_changes_of_the_password_at_once_one_wins(house):
    answer = await house.register()
    bodies = [{"currentPassword": "correct horse", "newPassword": f"battery staple {n}"} for n in range(2)]
    answers = await asyncio.gather(
        *(house.call("POST", "/change-password", body, token=answer.token) for body in bodies)
    )
    assert sorted(answer.status for answer in answers) == [200, 400]
    winner = answers.index(next(answer for answer in answers if answer.status == 200))
    assert (await house.login(password=f"battery staple {winner}")).status == 200


async def test_deleting_the_account_takes_everything_with_it(house):
    answer, other = await house.register(), await house.register(email="bob@example.org")
    gone = await house.call("DELETE", "/account", token=answer.token, status=200)
    assert gone.body["success"] is True
    assert gone.morsel["max-age"] == "0"
    assert (await house.call("GET", "/profile", token=answer.token)).status == 401
    assert (await house.call("POST", "/refresh", cookie=answer.cookie)).status == 401
    assert (await house.login()).status == 401
    assert (await house.call("GET", "/profile", token=other.token)).status == 200
    assert (await house.register()).status == 201


async def test_the_role_comes_from_the_store_and_not_from_the_token(house):
    import attrs

    answer = await house.register()
    denied = await house.call("GET", "//admin", token=answer.token)
    assert (denied.status, denied.code) == (403, "INSUFFICIENT_PRIVILEGES")
    user = await house.store.users.by_email("ann@example.org")
    await house.store.users.update(attrs.evolve(user, role="admin"))
    house.clock.advance(2)
    assert (await house.call("GET", "//admin", token=answer.token)).data["role"] == "admin"
    await house.store.users.update(user)
    house.clock.advance(2)
    assert (await house.call("GET", "//admin", token=answer.token)).status == 403


async def test_a_session_may_do_what_its_user_may_and_nothing_it_does_not_know(house):
    answer = await house.register()
    assert (await house.call("GET", "//any", token=answer.token)).data["scheme"] == "session"
    assert (await house.call("GET", "//search", token=answer.token)).status == 200
    assert (await house.call("GET", "//foreign", token=answer.token)).status == 403
    assert ("account", answer.data["user"]["id"], "x") in house.limiter.counted


@pytest.mark.parametrize(("toml", "asked", "role"), [("", "admin", "user"), ("choose_role = true", "admin", "admin")])
async def test_nobody_becomes_admin_by_asking_unless_the_setting_says_so(open_house, toml, asked, role):
    house = await open_house(toml)
    assert (await house.register(role=asked)).data["user"]["role"] == role


async def test_an_administrator_makes_administrators(house):
    import attrs

    boss = await house.register()
    user = await house.store.users.by_email("ann@example.org")
    await house.store.users.update(attrs.evolve(user, role="admin"))
    house.clock.advance(2)
    body = {"email": "bob@example.org", "password": "correct horse", "name": "Bob", "role": "admin"}
    made = await house.call("POST", "/register", body, token=boss.token)
    assert made.data["user"]["role"] == "admin"
    bad = await house.call("POST", "/register", {**body, "email": "c@example.org", "role": "king"}, token=boss.token)
    assert bad.status == 400
    forged = await house.call("POST", "/register", {**body, "email": "d@example.org"}, token="a.b.c")
    assert forged.data["user"]["role"] == "user"


async def test_every_protected_operation_needs_a_session(house):
    for method, path in (
        ("POST", "/logout"),
        ("GET", "/profile"),
        ("PUT", "/profile"),
        ("POST", "/change-password"),
        ("DELETE", "/account"),
    ):
        answer = await house.call(method, path)
        assert (answer.status, answer.code) == (401, "NO_TOKEN")
        assert (await house.call(method, path, token="a.b.c")).code == "INVALID_TOKEN"
        basic = await house.call(method, path, headers={"Authorization": "Basic YTpi"})
        assert basic.code == "INVALID_AUTH_FORMAT"


async def test_a_rise_of_the_cost_renews_hashes_at_the_next_login(open_house):
    weak = await open_house()
    await weak.register()
    strong = await open_house(store=weak.store, cost=5)
    assert (await strong.login()).status == 200
    assert (await strong.store.users.by_email("ann@example.org")).password.startswith("$2b$05$")
    assert (await strong.login()).status == 200
    assert (await strong.login(password="wrong")).status == 401


async def test_a_store_that_is_away_is_a_503_and_never_a_401(house):
    answer = await house.register()
    assert (await house.call("GET", "//any", token=answer.token)).status == 200
    house.store.away = True
    house.clock.advance(1)
    assert (await house.call("GET", "//any", token=answer.token)).status == 200
    house.clock.advance(1)
    for method, path, more in (
        ("GET", "//any", {"token": answer.token}),
        ("POST", "/refresh", {"cookie": answer.cookie}),
        ("POST", "/login", {"body": {"email": "ann@example.org", "password": "correct horse"}}),
    ):
        gone = await house.call(method, path, **more)
        assert gone.status == 503, gone.body
        assert int(gone.headers["Retry-After"]) >= 1
    house.store.away = False
    assert (await house.call("GET", "//any", token=answer.token)).status == 200
    assert (await house.call("POST", "/refresh", cookie=answer.cookie)).status == 200
