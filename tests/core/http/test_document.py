"""What the OpenAPI document says about searching is true."""

import pytest

PATH = "/api/v1/search"


@pytest.mark.parametrize("path", ["", "/batch", "/explain"])
async def test_examples_are_bodies_that_are_accepted(client, path):
    document = await (await client.get("/openapi.json")).json()
    operation = document["paths"][f"{PATH}{path}"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    bodies = example["searches"] if path == "/batch" else [example]
    for body in bodies:
        body.pop("missing", None)  # names a database that only its reader has
        body["searchMode"] = "memory"
    response = await client.post(f"{PATH}{path}", json=example)
    assert response.status == 200, await response.text()


async def test_every_member_of_an_answer_is_in_the_document(client):
    document = await (await client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    response = await client.post(PATH, json={"query": "database", "limit": 1, "explain": True, "highlight": True})
    data = (await response.json())["data"]
    assert set(data) <= set(schemas["SearchData"]["properties"])
    assert set(data["results"][0]) <= set(schemas["ResultData"]["properties"])
    assert set(data["databases"][0]) <= set(schemas["DatabaseData"]["properties"])
    explain = data["results"][0]["explain"]
    assert set(explain) == set(schemas["ExplainData"]["properties"])
    assert set(explain["source"]) <= set(schemas["SourceData"]["properties"])
