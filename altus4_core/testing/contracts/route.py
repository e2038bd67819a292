"""The contract of routes."""

import re
from typing import Any, ClassVar

import attrs
import pytest

from altus4_core.errors import Altus4Error
from altus4_core.records import Action
from altus4_core.routing import Call, Reply, Route
from altus4_core.schema.encode import to_json
from altus4_core.schema.field import constraints_of
from altus4_core.schema.openapi import openapi_document
from altus4_core.testing.contracts.base import RecordContract, check_json, check_message, hostile

PATH = re.compile(r"(/[A-Za-z0-9._~-]+|/\{[A-Za-z_][A-Za-z0-9_]*(:[^{}]+)?\})+\Z|/\Z")


class RouteContract(RecordContract):
    """`provider` is the route, `valid` a `Call` that it answers.

    Switches:
        public: Nobody needs credentials.
        documented: Part of the OpenAPI document.
    """

    seam = "route"
    public: ClassVar[bool] = False
    documented: ClassVar[bool] = True

    def test_declaration(self, provider: Route) -> None:
        """The path is one, the summary a sentence, and who may call it is what its author thinks."""
        assert PATH.match(provider.path), provider.path
        assert provider.summary.strip()
        if self.public:
            assert provider.action is None
        else:
            assert isinstance(provider.action, Action)

    def test_members_are_documented(self, provider: Route) -> None:
        """Every member of what a caller sends has a doc."""
        for record in (provider.request, provider.query):
            for member in attrs.fields(record) if record is not None else ():
                assert constraints_of(member).doc, f"{record} does not say what {member.name} is"

    def test_document(self, provider: Route) -> None:
        """It can be described in OpenAPI."""
        document = openapi_document([("contract", provider)], version="1")
        check_json(document)
        assert bool(document["paths"]) is self.documented
        assert provider.hidden is not self.documented

    @pytest.mark.asyncio
    async def test_answer(self, provider: Route, valid: Call) -> None:
        """It answers what can be sent."""
        self._check(await provider.handler(valid))

    @pytest.mark.asyncio
    @hostile
    async def test_hostile_path(self, provider: Route, valid: Call, text: str) -> None:
        """A stranger's text in the path is answered, or refused with one of the gateway's errors."""
        if not valid.path:
            pytest.skip("the path has no variable")
        strange = attrs.evolve(valid, path=dict.fromkeys(valid.path, text))
        try:
            self._check(await provider.handler(strange))
        except Altus4Error as error:
            assert error.status < 500
            check_message(error)

    @staticmethod
    def _check(result: Any) -> None:
        from aiohttp import web

        if isinstance(result, web.StreamResponse):
            return
        reply = result if isinstance(result, Reply) else Reply(result)
        check_json(to_json({"data": reply.data, "beside": dict(reply.beside)}))
        assert 100 <= reply.status < 600
