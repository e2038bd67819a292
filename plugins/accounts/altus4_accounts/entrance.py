"""Getting in: registering, logging in, changing the password. Every guess at a password is counted here."""

import uuid
from collections.abc import Awaitable, Callable

import attrs

from altus4_accounts.details import NAME_LENGTH, clean_email, clean_name, email_problems, password_problems
from altus4_accounts.passwords import Passwords
from altus4_accounts.sessions import wrong_credentials
from altus4_core.clock import Clock
from altus4_core.errors import Altus4Error, NotFound, Unavailable, ValidationFailed
from altus4_core.names import name_problems
from altus4_core.records import Subject
from altus4_core.routing import Access, AuditNote
from altus4_core.store import MetadataStore
from altus4_core.stored import User

Find = Callable[[], Awaitable[User | None]]

LOGIN = "login"
REGISTER = "register"


class WrongPasswordError(Altus4Error):
    """400: the current password is not the one given."""

    code = "PASSWORD_CHANGE_FAILED"
    status = 400


class Entrance:
    """Checks passwords against accounts, and makes accounts.

    Args:
        store: Where the accounts are.
        passwords: Hashes and compares.
        clock: Source of time.
    """

    def __init__(self, store: Callable[[], MetadataStore], passwords: Callable[[], Passwords], clock: Clock) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock

    async def register(self, access: Access, remote: str, *, email: str, password: str, name: str, role: str) -> User:
        """Make an account.

        Raises:
            TooManyRequests: too many registrations from this address.
            ValidationFailed: naming every member that is wrong.
            Conflict: the address is taken (`USER_EXISTS`).
            Unavailable: too many passwords are waiting to be hashed.
        """
        address, called = clean_email(email), clean_name(name)
        problems = email_problems(address) + password_problems(password) + name_problems("name", called, *NAME_LENGTH)
        if problems:
            raise ValidationFailed.of(problems)
        await access.admit(Subject("address", remote), REGISTER)
        hashed = await self._passwords().hash(password)
        now = self._clock.now().replace(microsecond=0)  # as the columns have it
        user = User(str(uuid.uuid4()), address, called, hashed, role, now, now)
        await self._store().users.add(user)
        return user

    async def login(self, access: Access, remote: str, note: AuditNote, *, email: str, password: str) -> User:
        """Find the account that these credentials are of; `note` is told which one was tried.

        Raises:
            Rejected: there is none, or the password is wrong: the same answer, after the same time.
            TooManyRequests: too many attempts from this address, or failures with this account.
            Unavailable: too many passwords are waiting to be compared.
        """
        await access.admit(Subject("address", remote), LOGIN)
        address = clean_email(email)
        if not email_problems(address):  # what is no address may be a password in the wrong field
            note.add(email=address)

        async def find() -> User | None:
            found = await self._store().users.by_email(address)
            if found is not None:
                note.add(user_id=found.id, object_id=found.id)
            return found

        user = await self._guess(access, address, password, find)
        if user is None:
            raise wrong_credentials()
        return user if self._passwords().is_current(user.password) else await self._renewed(user, password)

    async def change_password(self, access: Access, user_id: str, *, current: str, new: str) -> None:
        """Replace a password.

        Raises:
            WrongPasswordError: the current one is wrong, or was changed meanwhile.
            ValidationFailed: the new one is too short or too long.
            TooManyRequests: too many wrong guesses.
        """
        problems = password_problems(new, "newPassword")
        if problems:
            raise ValidationFailed.of(problems)
        owner = await self._store().users.get(user_id)
        if owner is None:
            message = "This account is gone."
            raise NotFound(message)
        user = await self._guess(access, owner.email, current, lambda: self._store().users.get(user_id))
        hashed = await self._passwords().hash(new) if user is not None else ""
        if user is None or not await self._store().users.replace_password(user_id, old=user.password, new=hashed):
            message = "The current password is wrong."
            raise WrongPasswordError(message)

    async def _renewed(self, user: User, password: str) -> User:
        """Give the user with a hash of today's cost; whoever changed it meanwhile must have had the same password."""
        renewed = await self._passwords().hash(password)
        if await self._store().users.replace_password(user.id, old=user.password, new=renewed):
            return attrs.evolve(user, password=renewed)
        current = await self._store().users.get(user.id)
        if current is None or not await self._passwords().verify(password, current.password):
            raise wrong_credentials()
        return current

    async def _guess(self, access: Access, email: str, password: str, find: Find) -> User | None:
        """Compare a password with an account's, counting the guess against the account until it proves right.

        Counted first and given back afterwards: guesses made at the same moment cannot all slip under the limit.
        """
        failures = Subject("account", email)
        await access.admit(failures, LOGIN)
        try:
            user = await find()
            right = await self._passwords().verify(password, user.password if user is not None else None)
        except Unavailable:
            await access.judge(failures, LOGIN, -1)
            raise
        if not right:
            return None
        await access.judge(failures, LOGIN, -1)
        return user
