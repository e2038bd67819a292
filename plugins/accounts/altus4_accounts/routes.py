"""The operations under `/api/v1/auth`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from altus4_accounts.bodies import (
    ChangePasswordBody,
    Done,
    LoginBody,
    LoginData,
    ProfileBody,
    RegisterBody,
    UserData,
    user_data,
)
from altus4_accounts.details import NAME_LENGTH, ROLES, clean_email, clean_name, email_problems
from altus4_accounts.entrance import Entrance
from altus4_accounts.policy import SESSION_ONLY
from altus4_accounts.scheme import SessionScheme
from altus4_accounts.sessions import Grant, ReplayedTokenError, Sessions
from altus4_core.changes import Changes
from altus4_core.errors import FieldProblem, NotFound, PermissionDenied, Rejected, ValidationFailed
from altus4_core.names import name_problems
from altus4_core.records import Action, AuthRequest, Identity
from altus4_core.routing import Call, Reply, Route
from altus4_core.store import MetadataStore
from altus4_core.stored import User

PATH: Final = "/api/v1/auth"
COOKIE: Final = "altus4_refresh"
TAG: Final = "Accounts"
GIVE_ROLE: Final = Action("account.role", SESSION_ONLY, role="admin")
"""Not for keys: they may be bounded in time, address and databases, and an administrator they made would not be."""


class AccountRoutes:
    """Builds the operations.

    Args:
        store: Where accounts are.
        entrance: Registers and logs in.
        sessions: Opens and ends sessions.
        scheme: Reads the bearer token where it is optional.
        changes: Told of changes to accounts.
        choose_role: Whether anybody may choose a role when registering.
    """

    def __init__(
        self,
        store: Callable[[], MetadataStore],
        entrance: Entrance,
        sessions: Callable[[], Sessions],
        scheme: SessionScheme,
        changes: Changes,
        *,
        choose_role: bool,
    ) -> None:
        self._store = store
        self._entrance = entrance
        self._sessions = sessions
        self._scheme = scheme
        self._changes = changes
        self._choose_role = choose_role

    def routes(self) -> Sequence[Route]:
        """Give the routes."""
        read, change = Action("account.read", SESSION_ONLY), Action("account.change", SESSION_ONLY)

        def route(method: Any, path: str, handler: Any, summary: str, **more: Any) -> Route:
            return Route(method, f"{PATH}{path}", handler, summary, tag=TAG, **more)

        return [
            route("POST", "/register", self.register, "Make an account and log in.",
                  request=RegisterBody, response=LoginData, status=201, errors=(409, 429), audit="account.register"),
            route("POST", "/login", self.login, "Log in.",
                  request=LoginBody, response=LoginData, errors=(401, 429), audit="account.login"),
            route("POST", "/refresh", self.refresh, "Trade a refresh cookie or session token for new ones.",
                  response=LoginData, errors=(401,), audit="account.refresh"),
            route("POST", "/logout", self.logout, "End this session.",
                  action=change, response=Done, audit="account.logout"),
            route("GET", "/profile", self.profile, "Read the account.", action=read, response=UserData),
            route("PUT", "/profile", self.change_profile, "Change name or e-mail address.",
                  action=change, request=ProfileBody, response=UserData, errors=(409,), audit="account.update"),
            route("POST", "/change-password", self.change_password, "Change the password; other sessions end.",
                  action=change, request=ChangePasswordBody, response=Done, errors=(400,), audit="account.password"),
            route("DELETE", "/account", self.remove, "Delete the account with all that it owns.",
                  action=change, response=Done, audit="account.delete"),
        ]  # fmt: skip

    async def register(self, call: Call) -> Reply:
        """POST /register."""
        body: RegisterBody = call.body
        role, giver = await self._role_for(call, body.role)
        user = await self._entrance.register(
            call.access, call.remote, email=body.email, password=body.password, name=body.name, role=role
        )
        _note(call, user.id, email=user.email, role=user.role, **({"role_given_by": giver} if giver else {}))
        return await self._granted(await self._sessions().open(user, call.remote), status=201)

    async def login(self, call: Call) -> Reply:
        """POST /login."""
        body: LoginBody = call.body
        user = await self._entrance.login(call.access, call.remote, call.note, email=body.email, password=body.password)
        grant = await self._sessions().open(user, call.remote)
        _note(call, user.id, session=grant.session.id)
        return await self._granted(grant)

    async def refresh(self, call: Call) -> Reply:
        """POST /refresh: by the cookie if it is good, else by the bearer token."""
        cookie = call.request.cookies.get(COOKIE)
        try:
            grant = await self._sessions().refresh(cookie) if cookie else None
        except ReplayedTokenError as replayed:
            _note(call, replayed.user_id, session=replayed.session_id, replayed=True)
            raise
        if grant is None:
            identity = await self._scheme.authenticate(_auth_request(call))
            if identity is not None:
                grant = await self._sessions().refresh_session(identity.credential_id)
        if grant is not None:
            _note(call, grant.user.id, session=grant.session.id)
            return await self._granted(grant)
        if cookie or call.request.headers.get("Authorization"):
            message = "Neither refresh cookie nor session token is good any more; log in again."
            raise Rejected(message, code="INVALID_TOKEN")
        message = "Send the refresh cookie, or Authorization: Bearer with a session token."
        raise Rejected(message, code="NO_TOKEN")

    async def logout(self, call: Call) -> Reply:
        """POST /logout."""
        _note(call, call.caller.user_id, session=call.caller.credential_id)
        await self._sessions().end(call.caller.user_id, call.caller.credential_id)
        return Reply(Done(), cookies=(_no_cookie(),))

    async def profile(self, call: Call) -> UserData:
        """GET /profile."""
        return await self._shown(await self._user_of(call.caller), call.caller.credential_id)

    async def change_profile(self, call: Call) -> UserData:
        """PUT /profile."""
        body: ProfileBody = call.body
        user = await self._user_of(call.caller)
        name = user.name if body.name is None else clean_name(body.name)
        email = user.email if body.email is None else clean_email(body.email)
        problems = [] if body.name is None else name_problems("name", name, *NAME_LENGTH)
        problems += [] if body.email is None else email_problems(email)
        if problems:
            raise ValidationFailed.of(problems)
        changed = {"name": (user.name, name), "email": (user.email, email)}
        _note(call, user.id, **{key: new for key, (old, new) in changed.items() if new != old})
        if (name, email) != (user.name, user.email):
            await self._store().users.rename(user.id, name=name, email=email)
            self._changes.tell("user", user.id)
        return await self._shown(await self._user_of(call.caller), call.caller.credential_id)

    async def change_password(self, call: Call) -> Done:
        """POST /change-password."""
        body: ChangePasswordBody = call.body
        caller = call.caller
        _note(call, caller.user_id)
        await self._entrance.change_password(
            call.access, caller.user_id, current=body.current_password, new=body.new_password
        )
        await self._sessions().end_others(caller.user_id, caller.credential_id)
        return Done()

    async def remove(self, call: Call) -> Reply:
        """DELETE /account."""
        _note(call, call.caller.user_id)
        await self._store().users.remove(call.caller.user_id)
        self._changes.tell("user", call.caller.user_id)
        return Reply(Done(), cookies=(_no_cookie(),))

    async def _role_for(self, call: Call, wanted: str | None) -> tuple[str, str | None]:
        """Give the role of a new account, and who gave it: what was asked for counts only from somebody who may."""
        if wanted is None:
            return "user", None
        giver = await _administrator(call)
        if giver is None and not self._choose_role:
            return "user", None
        if wanted not in ROLES:
            raise ValidationFailed.of([FieldProblem("role", f"must be one of {', '.join(ROLES)}", "not_allowed")])
        return wanted, giver

    async def _user_of(self, identity: Identity) -> User:
        user = await self._store().users.get(identity.user_id)
        if user is None:
            message = "This account is gone."
            raise NotFound(message)
        return user

    async def _shown(self, user: User, session_id: str) -> UserData:
        session = await self._store().sessions.get(session_id)
        databases = await self._store().databases.list(user.id)
        last_active = session.last_used_at if session is not None else None
        return user_data(user, tuple(database.id for database in databases), last_active)

    async def _granted(self, grant: Grant, *, status: int = 200) -> Reply:
        databases = await self._store().databases.list(grant.user.id)
        user = user_data(grant.user, tuple(database.id for database in databases), grant.session.last_used_at)
        return Reply(
            LoginData(user, grant.token, grant.expires_in),
            status=status,
            beside={"token": grant.token, "expiresIn": grant.expires_in},
            cookies=(_cookie(grant.refresh, grant.cookie_age),),
        )


async def _administrator(call: Call) -> str | None:
    """Give the id of an administrator who calls; bad credentials are nobody's here, since registering needs none."""
    try:
        identity = await call.access.authenticate(call.request, call.remote)
        await call.access.authorize(identity, GIVE_ROLE)
    except (Rejected, PermissionDenied):
        return None
    return identity.user_id


def _note(call: Call, user_id: str, **details: Any) -> None:
    call.note.add(user_id=user_id, object_id=user_id, **details)


def _auth_request(call: Call) -> AuthRequest:
    request = call.request
    return AuthRequest(request.method, request.path, request.headers, request.cookies, call.remote)


def _cookie(value: str, age: int) -> Mapping[str, Any]:
    return {
        "name": COOKIE,
        "value": value,
        "max_age": age,
        "path": PATH,
        "httponly": True,
        "secure": True,
        "samesite": "Strict",
    }


def _no_cookie() -> Mapping[str, Any]:
    return _cookie("", 0)
