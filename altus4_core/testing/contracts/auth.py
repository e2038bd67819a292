"""The contract of authentication schemes."""

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import pytest

from altus4_core.errors import PermissionDenied, Rejected, Unavailable
from altus4_core.records import AuthRequest, Identity
from altus4_core.seams import AuthScheme
from altus4_core.testing.contracts.base import ProviderContract, check_message


class AuthSchemeContract(ProviderContract):
    """`valid` is an `AuthRequest` with good credentials.

    Switches:
        header: The request header that carries the credentials.
        secret: The credentials hold a secret: a changed last character makes them wrong.
    """

    seam = "auth-scheme"
    allowed_errors = (Rejected, Unavailable, PermissionDenied)
    header: ClassVar[str] = "Authorization"
    secret: ClassVar[bool] = True

    async def call(self, provider: AuthScheme, valid: AuthRequest) -> Any:
        """Authenticate."""
        return await provider.authenticate(valid)

    async def call_with(self, provider: AuthScheme, valid: AuthRequest, text: str) -> Any:
        """Authenticate with a stranger's text behind the scheme's word, if there is one."""
        given = self.given(valid)
        word = f"{given.partition(' ')[0]} " if " " in given else ""
        return await provider.authenticate(self.with_header(valid, f"{word}{text}" if self.secret else text))

    def check(self, result: Any) -> None:
        """Assert that it is an identity, or None."""
        assert result is None or isinstance(result, Identity)
        if result is not None:
            assert isinstance(result.user_id, str)
            assert result.user_id
            assert isinstance(result.permissions, frozenset)

    def given(self, request: AuthRequest) -> str:
        """Give the value of the header."""
        lower = self.header.lower()
        return next((value for name, value in request.headers.items() if name.lower() == lower), "")

    def with_header(self, request: AuthRequest, value: str | None) -> AuthRequest:
        """Give the request with another value of the header, or without it."""
        lower = self.header.lower()
        headers: Mapping[str, str] = {name: text for name, text in request.headers.items() if name.lower() != lower} | (
            {} if value is None else {self.header: value}
        )
        return attrs.evolve(request, headers=headers)

    @pytest.mark.asyncio
    async def test_good_credentials_give_an_identity(self, provider: AuthScheme, valid: AuthRequest) -> None:
        """The identity names the scheme, the same one each time."""
        first = await provider.authenticate(valid)
        assert isinstance(first, Identity)
        assert first.scheme == provider.name
        assert first.credential_id
        second = await provider.authenticate(valid)
        assert second is not None
        assert (second.user_id, second.credential_id) == (first.user_id, first.credential_id)

    @pytest.mark.asyncio
    async def test_no_credentials_are_somebody_elses(self, provider: AuthScheme, valid: AuthRequest) -> None:
        """Without credentials of its kind a scheme abstains, so that the next one is asked."""
        assert await provider.authenticate(attrs.evolve(valid, headers={}, cookies={})) is None

    @pytest.mark.asyncio
    @pytest.mark.parametrize("value", ["", " ", "Basic dXNlcjpwYXNz", "Digest x", "Bearer", "Bearer "])
    async def test_foreign_credentials_give_nobody(self, provider: AuthScheme, valid: AuthRequest, value: str) -> None:
        """Credentials of another kind never give an identity."""
        if self.header.lower() != "authorization":
            pytest.skip("the scheme reads another header")
        try:
            assert await provider.authenticate(self.with_header(valid, value)) is None
        except Rejected as error:
            check_message(error)

    @pytest.mark.asyncio
    async def test_changed_credentials_give_nobody(self, provider: AuthScheme, valid: AuthRequest) -> None:
        """Neither shortened, nor lengthened, nor changed credentials give an identity, and no error repeats them."""
        if not self.secret:
            pytest.skip("the credentials hold no secret")
        given = self.given(valid)
        last = "A" if given[-1] != "A" else "B"
        for changed in (given[:-1], given + "x", given[:-1] + last, given[: len(given) // 2]):
            try:
                assert await provider.authenticate(self.with_header(valid, changed)) is None
            except Rejected as error:
                check_message(error)
                assert given.rpartition(" ")[2] not in str(error)
