"""The contract of kinds of databases."""

import asyncio
import inspect
from typing import Any, ClassVar

import attrs
import pytest

from altus4_core.errors import TargetFailed
from altus4_core.seams import OpenTarget, TargetProvider
from altus4_core.stored import Database
from altus4_core.testing.contracts.base import ProviderContract, check_json, check_message


class TargetContract(ProviderContract):
    """`valid` is a `Database` row that can be opened.

    Switches:
        names_database: A `database_name` that does not exist is a `TargetFailed`, at opening or describing.
    """

    seam = "target"
    allowed_errors = (TargetFailed,)
    names_database: ClassVar[bool] = True

    async def call(self, provider: TargetProvider, valid: Database) -> Any:
        """Open, describe, close."""
        target = await provider.open(valid)
        try:
            return target, await target.describe()
        finally:
            await target.aclose()

    async def call_with(self, provider: TargetProvider, valid: Database, text: str) -> Any:
        """Open a database with a stranger's name."""
        return await self.call(provider, attrs.evolve(valid, id="hostile", database_name=text, name=text))

    def check(self, result: Any) -> None:
        """Assert that this was an open target and its description."""
        target, described = result
        assert isinstance(target, OpenTarget)
        for method in ("describe", "aclose"):
            assert inspect.iscoroutinefunction(getattr(target, method)), f"{method}() must be `async def`"
        check_json(dict(described))
        assert isinstance(described["tables"], list | tuple)

    def test_describes_its_kind(self, provider: TargetProvider) -> None:
        """What `GET /api/v1/capabilities` shows can be sent."""
        check_json(dict(provider.describe()))

    @pytest.mark.asyncio
    async def test_keeps_the_row(self, provider: TargetProvider, valid: Database) -> None:
        """The target says which database it is."""
        target = await provider.open(valid)
        assert target.database == valid
        await target.aclose()

    @pytest.mark.asyncio
    async def test_closes_twice(self, provider: TargetProvider, valid: Database) -> None:
        """The second closing, or one at the same time, does nothing."""
        target = await provider.open(valid)
        await target.describe()
        await asyncio.gather(target.aclose(), target.aclose())
        await target.aclose()

    @pytest.mark.asyncio
    async def test_targets_are_independent(self, provider: TargetProvider, valid: Database) -> None:
        """Closing one target of a row leaves another open: a changed row is opened before the old one is closed."""
        first = await provider.open(valid)
        second = await provider.open(attrs.evolve(valid, version=valid.version + 1))
        await first.aclose()
        check_json(dict(await second.describe()))
        await second.aclose()

    @pytest.mark.asyncio
    async def test_unknown_database(self, provider: TargetProvider, valid: Database) -> None:
        """What does not exist is a `TargetFailed` with a code."""
        if not self.names_database:
            pytest.skip("any name will do")
        with pytest.raises(TargetFailed) as caught:
            await self.call(provider, attrs.evolve(valid, id="absent", database_name="altus4_no_such_database"))
        check_message(caught.value)
