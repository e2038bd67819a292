"""The members `facets` and `facetMode`."""

from collections import Counter

import pytest

PATH = "/api/v1/search"


async def _data(client, **asked):
    response = await client.post(PATH, json={"query": "database", "limit": 1, **asked})
    assert response.status == 200, await response.text()
    return (await response.json())["data"]


async def test_facets_are_counted_over_all_that_is_found(client):
    assert (await _data(client))["facets"] == []
    whole = (await _data(client, limit=100))["results"]
    column = next(name for name, value in whole[0]["data"].items() if not isinstance(value, list | dict))
    (facet,) = (await _data(client, facets=[column], facetMode="exact"))["facets"]
    assert {each["value"]: each["count"] for each in facet["values"]} == Counter(
        result["data"][column] for result in whole
    )
    assert (facet["field"], facet["exact"], facet["sampled"]) == (column, True, len(whole))
    query = {"q": "database", "limit": "1", "facets": column, "facetMode": "exact"}
    assert (await (await client.get(PATH, params=query)).json())["data"]["facets"] == [facet]
    batch = await client.post(f"{PATH}/batch", json={"searches": [{"query": "database", "facets": [column, column]}]})
    assert (await batch.json())["data"]["results"][0]["data"]["facets"] == [facet]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"facets": "category"}, "facets"),
        ({"facets": [f"c{number}" for number in range(9)]}, "facets"),
        ({"facets": [1]}, "facets[0]"),
        ({"facets": ["a", ""]}, "facets[1]"),
        ({"facets": ["`a"]}, "facets[0]"),
        ({"facets": ["😀" * 65]}, "facets[0]"),
        ({"facetMode": "all"}, "facetMode"),
        ({"facetmode": "exact"}, "facetmode"),
    ],
)
async def test_what_is_refused_names_its_place(client, asked, field):
    response = await client.post(PATH, json={"query": "database", **asked})
    assert response.status == 400
    assert [problem["field"] for problem in (await response.json())["error"]["details"]] == [field]
