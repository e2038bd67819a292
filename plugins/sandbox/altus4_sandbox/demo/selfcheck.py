"""`altus4 demo --check`: the three requests, made and judged by the demo itself."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from altus4_sandbox.demo.outline import Demo


@attrs.frozen
class Request:
    """One request worth showing: its body, and what its answer must satisfy."""

    title: str
    body: dict[str, Any]
    holds: Callable[[dict[str, Any]], bool] = attrs.field(repr=False)

    def curl(self, demo: Demo) -> str:
        """Write it as a line to paste into a shell."""
        body = json.dumps(self.body)
        return (
            f"curl -s {demo.url}/api/v1/search -H 'Authorization: Bearer {demo.api_key}' "
            f"-H 'Content-Type: application/json' -d '{body}' | python3 -m json.tool"
        )


def requests(demo: Demo) -> Sequence[Request]:
    """Give the demo's three requests."""
    names = {database.name: database.id for database in demo.databases}
    return [
        Request(
            "natural language, over both databases at once",
            {"query": "serialize objects to json", "limit": 5},
            lambda data: len(data["databases"]) == len(names) and data["totalCount"] > 0 and len(data["results"]) == 5,
        ),
        Request(
            "boolean mode, in one database",
            {
                "query": '"regular expression" AND match* NOT deprecated',
                "searchMode": "boolean",
                "databases": [names["python_docs"]],
                "limit": 5,
            },
            lambda data: (
                data["results"] != [] and all("deprecated" not in r["snippet"].lower() for r in data["results"])
            ),
        ),
        Request(
            "one table, one column",
            {"query": "asynchronous", "tables": ["packages"], "columns": ["summary"], "limit": 3},
            lambda data: all(result["table"] == "packages" for result in data["results"]),
        ),
    ]


async def check(demo: Demo, report: Callable[[str], None]) -> bool:
    """Make the three requests over HTTP; say how each went."""
    import aiohttp

    good = True
    headers = {"Authorization": f"Bearer {demo.api_key}"}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=30)) as session:
        for request in requests(demo):
            async with session.post(f"{demo.url}/api/v1/search", json=request.body) as response:
                answer = await response.json()
            data = answer.get("data") or {}
            holds = response.status == 200 and data.get("complete") is True and request.holds(data)
            good = good and holds
            figures = f"{data.get('totalCount')} found in {data.get('executionTime')} ms" if data else str(answer)
            report(f"{'ok' if holds else 'FAILED'}: {request.title}: {figures}")
    return good
