"""What `schemathesis` is told: who calls, which things really exist, and what a failure of ours looks like."""

import json
import os
import secrets
import zlib
from collections.abc import Callable, MutableMapping
from typing import Any

import requests
import schemathesis

URL = os.environ["FUZZ_URL"]
CALLER = os.environ["FUZZ_CALLER"]
ACCOUNT: dict[str, str] = json.loads(os.environ["FUZZ_ACCOUNT"])
CONNECTIONS: list[dict[str, Any]] = json.loads(os.environ["FUZZ_CONNECTIONS"])
ENDING = ("/auth/logout", "/auth/account", "/auth/change-password", "/auth/password")
REASONS = {  # what a 502, 503 or 504 may say while everything of ours is up
    "POOL_EXHAUSTED",
    "ALL_DATABASES_FAILED",
    "SEARCH_TIMEOUT",
    "SEARCH_FAILED",
}


def call(method: str, path: str, body: Any = None, token: str | None = None) -> Any:
    """Make or read something that the cases need."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.request(method, f"{URL}/api/v1{path}", json=body, headers=headers, timeout=30)
    assert answer.status_code in {200, 201, 409}, answer.text
    return answer.json()


class Things:
    """What the cases act with and on; made anew when they have ended it, as they read its ids from answers."""

    def __init__(self) -> None:
        self._session: str | None = None
        self._caller: str | None = None
        self._key: str | None = None
        self._databases: list[str] = []
        self._searched: dict[str, str] = {}

    def session(self) -> str:
        if self._session is None:
            call("POST", "/auth/register", ACCOUNT)  # 409 but for the first time
            self._session = str(call("POST", "/auth/login", ACCOUNT)["token"])
        return self._session

    def throwaway(self) -> str:
        """A session of an account that nobody else needs."""
        body = {**ACCOUNT, "email": f"{secrets.token_hex(8)}@example.com"}
        return str(call("POST", "/auth/register", body)["token"])

    def caller(self) -> str:
        """A key that may do everything."""
        if self._caller is None:
            wish = {"name": "Calls", "environment": "live", "permissions": ["admin"]}
            self._caller = str(call("POST", "/keys", wish, self.session())["data"]["secretKey"])
        return self._caller

    def key(self) -> str:
        """The id of a key to be changed."""
        if self._key is None:
            wish = {"name": "To be changed", "environment": "live"}
            self._key = str(call("POST", "/keys", wish, self.session())["data"]["id"])
        return self._key

    def databases(self) -> list[str]:
        """The ids of both databases."""
        if not self._databases:
            for wish in CONNECTIONS:
                call("POST", "/databases", wish, self.session())  # 409 where it is still there
            self._databases = [each["id"] for each in call("GET", "/databases", None, self.session())["data"]]
        return self._databases

    def searched(self) -> dict[str, str]:
        """A search that was made, and its first result: an unknown one is waited for."""
        if not self._searched:
            self.databases()
            found = call("POST", "/search", {"query": "garden"}, self.session())
            self._searched = {"requestId": found["meta"]["requestId"], "resultId": found["data"]["results"][0]["id"]}
        return self._searched

    def gone(self, path: str, status: int) -> None:
        """Forget what an answer says is no more."""
        if status == 401:
            self._session = self._caller = None
        if status == 404 and "/keys/" in path:
            self._key = None
        if status == 404 and "/databases/" in path:
            self._databases = []


things = Things()


def chosen(value: Any, of: int) -> bool:
    """Choose one case of so many, the same one in each repetition."""
    return zlib.crc32(repr(value).encode()) % of == 0


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Say who calls, and let some cases meet what exists: made-up ids lead nowhere."""
    path = case.operation.path
    if CALLER == "nobody":
        case.headers.pop("Authorization", None)  # of an account that schemathesis found out how to make
    else:
        case.headers["Authorization"] = f"Bearer {token_for(path)}"
    if case.meta is not None and not case.meta.generation.mode.is_positive:
        return
    named = CALLER != "nobody" and case.path_parameters and "id" in case.path_parameters
    if named and not chosen(case.path_parameters, 3) and (made := known_id(path)) is not None:
        case.path_parameters["id"] = made
    if isinstance(case.body, MutableMapping):
        meet(path, case.body)
    if isinstance(case.query, MutableMapping):
        meet(path, case.query)


def token_for(path: str) -> str:
    if CALLER == "key":
        return things.caller()
    return things.throwaway() if path.endswith(ENDING) else things.session()


def known_id(path: str) -> str | None:
    if "/keys/" in path:
        return things.key()
    return things.databases()[0] if "/databases/" in path else None


REAL: dict[str, Callable[[Any], Any]] = {
    "databases": lambda value: things.databases() if isinstance(value, list) else value,
    "tables": lambda value: ["articles", "products"],
    "columns": lambda value: ["title", "content"],
    "fields": lambda value: ["title", "price", "published_at"],
    "facets": lambda value: ["author", "category"],
    "sort": lambda value: ["relevance:desc", "id:asc"],
    "query": lambda value: "garden mysql" if isinstance(value, str) and not value.isascii() else value,
    "missing": lambda value: f"{things.databases()[0]}:articles:1",
    "cursor": lambda value: None,
    "filters": lambda value: {"id": {"gte": 1}},
    "fusion": lambda value: {"method": "rrf"},
    "searchMode": lambda value: "boolean",
}
"""By name of a member."""


def meet(path: str, body: MutableMapping[str, Any]) -> None:
    """Put what exists in the place of some of what was made up."""
    if "/search" in path and CALLER != "nobody":
        for name, real in REAL.items():
            if name in body and not chosen((name, body[name]), 4):
                body[name] = real(body[name])
        for each in body.get("searches", []) if isinstance(body.get("searches"), list) else []:
            if isinstance(each, MutableMapping):
                meet(path, each)
    if path.endswith("/search/events") and CALLER != "nobody" and not chosen(body, 16):
        body.update(things.searched())
    if path.endswith("/databases") and not chosen(body, 3):
        body.update(CONNECTIONS[0])


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Notice what is gone."""
    things.gone(case.operation.path, response.status_code)


@schemathesis.check
def contract(ctx: Any, response: Any, case: Any) -> None:
    """A failure comes in the contract's form; one of ours has a reason that is true here."""
    text = response.content.decode(errors="replace")
    assert "Traceback" not in text, "a traceback is in the answer"
    assert CONNECTIONS[0]["password"] not in text, "a password is in the answer"
    assert "x-request-id" in {name.lower() for name in response.headers}, "no X-Request-ID"
    if response.status_code < 400 or not text or case.method == "HEAD":
        return
    if case.operation.path == "/health/ready":
        return
    told = json.loads(text)
    code = told["error"]["code"] if "error" in told else told["code"]
    if response.status_code >= 500:
        assert code in REASONS, f"{response.status_code} {code}"
