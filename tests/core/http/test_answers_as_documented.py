"""Answers that once were not what the document says of them."""

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.routing import Reply, Route


class Things(Plugin):
    name = "things"

    @hookimpl
    def altus4_routes(self):
        async def nothing(call):
            return Reply(status=202)

        return [
            Route("GET", "/api/v1/things/status", nothing, "How they do.", response=dict),
            Route("DELETE", "/api/v1/things/{id}", nothing, "Take one away.", response=dict, also=(202,)),
        ]


async def test_an_address_of_its_own_takes_its_own_methods(client_factory):
    client = await client_factory(Things)
    response = await client.request("PATCH", "/api/v1/things/status")
    assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
    response = await client.request("PATCH", "/api/v1/things/7")
    assert (response.status, response.headers["Allow"]) == (405, "DELETE")


async def test_further_statuses_have_the_form_of_the_first(client_factory):
    client = await client_factory(Things)
    paths = (await (await client.get("/openapi.json")).json())["paths"]
    responses = paths["/api/v1/things/{id}"]["delete"]["responses"]
    assert responses["202"]["content"] == responses["200"]["content"]


@pytest.mark.parametrize("status", ["200", "503"])
async def test_readiness_looks_the_same_ready_or_not(client, status):
    responses = (await (await client.get("/openapi.json")).json())["paths"]["/health/ready"]["get"]["responses"]
    assert responses[status]["content"] == {
        "application/json": {"schema": {"type": "object", "additionalProperties": True}}
    }
