"""Requests and answers of the account operations."""

from datetime import datetime
from typing import Literal

import attrs

from altus4_accounts.details import EMAIL_LENGTH, NAME_LENGTH, PASSWORD_LENGTH
from altus4_core.schema.decode import field
from altus4_core.stored import User

_EMAIL_DOC = "E-mail address; kept in lower case."
_MOST_PASSWORD = PASSWORD_LENGTH[1]


@attrs.frozen
class RegisterBody:
    """A new account."""

    email: str = field(doc=_EMAIL_DOC, max_length=EMAIL_LENGTH)
    password: str = field(doc="At least 8 characters, any but NUL.", max_length=_MOST_PASSWORD, repr=False)
    name: str = field(doc="At least 2 characters.", max_length=NAME_LENGTH[1])
    role: str | None = field(None, doc="Ignored unless an administrator calls with a session.", max_length=50)


@attrs.frozen
class LoginBody:
    """Credentials."""

    email: str = field(doc=_EMAIL_DOC, max_length=EMAIL_LENGTH)
    password: str = field(doc="The password.", max_length=_MOST_PASSWORD, repr=False)


@attrs.frozen
class ProfileBody:
    """What to change about the account; what is absent stays."""

    name: str | None = field(None, doc="At least 2 characters.", max_length=NAME_LENGTH[1])
    email: str | None = field(None, doc=_EMAIL_DOC, max_length=EMAIL_LENGTH)


@attrs.frozen
class ChangePasswordBody:
    """Both passwords."""

    current_password: str = field(doc="The password until now.", max_length=_MOST_PASSWORD, repr=False)
    new_password: str = field(doc="At least 8 characters.", max_length=_MOST_PASSWORD, repr=False)


@attrs.frozen
class UserData:
    """An account. `connected_databases` are ids."""

    id: str
    email: str
    name: str
    role: Literal["user", "admin"]
    connected_databases: tuple[str, ...]
    created_at: datetime | None = None
    last_active: datetime | None = None


@attrs.frozen
class LoginData:
    """An account with its session token, good for `expires_in` seconds."""

    user: UserData
    token: str = attrs.field(repr=False)
    expires_in: int


@attrs.frozen
class Done:
    """It is done."""

    success: bool = True


def user_data(user: User, databases: tuple[str, ...], last_active: datetime | None) -> UserData:
    """Write an account."""
    role: Literal["user", "admin"] = "admin" if user.role == "admin" else "user"
    return UserData(user.id, user.email, user.name, role, databases, user.created_at, last_active)
