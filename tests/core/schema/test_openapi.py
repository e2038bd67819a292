from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import attrs
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no stubs
from openapi_spec_validator import OpenAPIV31SpecValidator

from altus4_core.records import Action
from altus4_core.routing import Call, Route
from altus4_core.schema.decode import UNSET, Unset, field
from altus4_core.schema.encode import to_json
from altus4_core.schema.openapi import openapi_document, record_schema


async def handler(call: Call) -> None:
    del call


@attrs.frozen
class Limit:
    """A limit.

    More about it.
    """

    per_hour: int = field(doc="Requests an hour.", min=1)
    burst: int | None = field(None, min=1)


@attrs.frozen
class Body:
    """One thing to do."""

    name: str = field(doc="Its name.", min_length=3, max_length=9, pattern="[a-z]+")
    kinds: tuple[str, ...] = field((), choices=("a", "b"), max_length=2)
    mode: Literal["x", "y"] | None = None
    limit: Limit | None = None
    highlight: bool | Limit = False
    expires_at: datetime | Unset | None = UNSET
    options: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Query:
    q: str = field(doc="What.")
    days: int = field(7, doc="How many.", min=1, max=365)
    tags: tuple[str, ...] | None = None


@attrs.frozen
class Thing:
    thing_id: str
    limit: Limit
    at: datetime | None
    rows: tuple["Thing", ...] = ()


@attrs.frozen
class Meta:
    """Named as the envelope's own."""

    a: int


def other_body() -> type:
    @attrs.frozen
    class Body:
        different: int

    return Body


run = Action("things.run", "admin", "admin")
routes = [
    ("core", Route("GET", "/health", handler, "Up?", response=dict, tag="System", envelope=False)),
    ("things", Route("POST", "/api/v1/things", handler, "Make.", action=run, request=Body, response=Thing, status=201,
                     unknown="refuse", errors=(409,))),
    ("things", Route("GET", "/api/v1/things", handler, "List.", action=run, query=Query, response=list[Thing])),
    ("things", Route("PUT", "/api/v1/things/{thing_id:[0-9a-f]{4}}", handler, "Change.", request=Body, response=Meta)),
    ("things", Route("DELETE", "/api/v1/things/{thing_id}/all_of", handler, "Drop.", status=204)),
    ("other", Route("POST", "/api/v1/other", handler, "Other.", request=other_body(), response=Body)),
    ("other", Route("GET", "/docs", handler, "Page.", hidden=True)),
]  # fmt: skip


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document(routes, version="1.2.3")


def test_it_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["info"] == {"title": "Altus 4", "version": "1.2.3"}


def test_operations(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {
        "/health",
        "/api/v1/things",
        "/api/v1/things/{thing_id}",
        "/api/v1/things/{thing_id}/all_of",
        "/api/v1/other",
    }
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert {"getHealth", "postThings", "putThingsByThingId", "deleteThingsByThingIdAllOf"} <= set(names)
    make = document["paths"]["/api/v1/things"]["post"]
    assert make["tags"] == ["things"]
    assert make["x-plugin"] == "things"
    assert make["security"] == [{"bearer": []}]
    assert (make["x-permission"], make["x-role"], make["x-action"]) == ("admin", "admin", "things.run")
    assert document["paths"]["/health"]["get"]["security"] == []


def test_answers(document: dict[str, Any]) -> None:
    make = document["paths"]["/api/v1/things"]["post"]["responses"]
    assert set(make) == {*["201", "400", "401", "403", "408", "409", "413", "415", "429", "500", "503", "504"]}
    schema = make["201"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["success", "data", "meta"]
    assert schema["properties"]["data"] == {"$ref": "#/components/schemas/Thing"}
    listed = document["paths"]["/api/v1/things"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert listed["properties"]["data"]["type"] == "array"
    health = document["paths"]["/health"]["get"]["responses"]
    assert set(health) == {"200", "500", "503", "504"}
    assert health["200"]["content"]["application/json"]["schema"] == {"type": "object", "additionalProperties": True}
    dropped = document["paths"]["/api/v1/things/{thing_id}/all_of"]["delete"]["responses"]
    assert "content" not in dropped["204"]
    assert "404" in dropped
    assert "Retry-After" in document["components"]["responses"]["Error429"]["headers"]


def test_parameters(document: dict[str, Any]) -> None:
    (parameter,) = document["paths"]["/api/v1/things/{thing_id}"]["put"]["parameters"]
    assert parameter["schema"]["pattern"] == "^(?:[0-9a-f]{4})$"
    found = {one["name"]: one for one in document["paths"]["/api/v1/things"]["get"]["parameters"]}
    assert found["days"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 365, "default": 7}
    assert found["days"]["description"] == "How many."
    assert found["tags"]["schema"] == {"type": "array", "items": {"type": "string"}}
    assert [one["required"] for one in found.values()] == [True, False, False]


def test_a_closed_record(document: dict[str, Any]) -> None:
    body = document["paths"]["/api/v1/things"]["post"]["requestBody"]
    assert body["required"] is True
    schema = document["components"]["schemas"]["Body"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Body"}
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name"]
    assert schema["description"] == "One thing to do."
    members = schema["properties"]
    assert members["name"] == {
        "type": "string", "minLength": 3, "maxLength": 9, "pattern": "^(?:[a-z]+)$", "description": "Its name."
    }  # fmt: skip
    assert members["kinds"]["items"] == {"type": "string", "enum": ["a", "b"]}
    assert members["kinds"]["maxItems"] == 2
    assert members["expiresAt"] == {"type": ["string", "null"], "format": "date-time"}
    assert members["highlight"]["default"] is False


def test_classes_of_one_name_and_two_directions_are_kept_apart(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Meta"]["required"] == ["timestamp", "requestId", "version"]
    changed = document["paths"]["/api/v1/things/{thing_id}"]["put"]
    meta = changed["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]["$ref"]
    assert schemas[meta.rpartition("/")[2]]["properties"] == {"a": {"type": "integer"}}
    opened = changed["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert "additionalProperties" not in schemas[opened]
    other = document["paths"]["/api/v1/other"]["post"]
    different = other["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert schemas[different]["properties"] == {"different": {"type": "integer"}}
    answered = other["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]["$ref"]
    assert schemas[answered.rpartition("/")[2]]["required"] == ["name", "kinds", "highlight", "options"]


def test_an_answer_fits_its_schema(document: dict[str, Any]) -> None:
    validator = Draft202012Validator({"$ref": "#/components/schemas/Thing", "components": document["components"]})
    thing = Thing("1", Limit(5), None, (Thing("2", Limit(5, 2), datetime(2026, 1, 1)),))
    validator.validate(to_json(thing))
    assert not validator.is_valid({"thingId": "1", "limit": {"perHour": 1}})
    assert not validator.is_valid({"thingId": 1, "limit": {"perHour": 1}, "rows": []})


def test_a_record_by_itself() -> None:
    schema = record_schema(Body)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid({"name": "abc", "limit": {"perHour": 1}, "highlight": True, "mode": None})
    assert not validator.is_valid({"name": "abc", "limit": {"perHour": 0}})
    assert not validator.is_valid({"name": "abcdefghij"})
    assert record_schema(Limit) == {
        "type": "object",
        "description": "A limit.",
        "properties": {
            "perHour": {"type": "integer", "minimum": 1, "description": "Requests an hour."},
            "burst": {"type": ["integer", "null"], "minimum": 1},
        },
        "required": ["perHour"],
    }


def test_a_record_that_cannot_be_described_names_its_operation() -> None:
    cls = attrs.make_class("Odd", {"a": attrs.field(type=complex)})
    with pytest.raises(TypeError, match="POST /x of mine"):
        openapi_document([("mine", Route("POST", "/x", handler, "X.", request=cls))], version="1")
