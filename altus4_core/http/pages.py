"""The OpenAPI document and plain pages about it."""

import html
from collections.abc import Sequence
from typing import Any

import orjson
from aiohttp import web

from altus4_core.routing import Call, Route
from altus4_core.schema.openapi import openapi_document

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "code{font:14px ui-monospace,monospace;background:#f2f4f6;padding:.1rem .3rem;border-radius:3px}"
    "table{border-collapse:collapse;width:100%}td{padding:.35rem .5rem;border-top:1px solid #d8dee4;vertical-align:top}"
    "td:first-child{width:4.5rem;font-weight:600}h2{margin-top:2rem}small{color:#57606a}"
)
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


class PageRoutes:
    """Serves `/openapi.json`, `/docs` and `/`."""

    def __init__(self, routes: Sequence[tuple[str, Route]], version: str) -> None:
        self._document = openapi_document(routes, version=version)
        self._bytes = orjson.dumps(self._document)
        self._page = _page(self._document)

    def routes(self) -> Sequence[Route]:
        """Give the routes."""
        return [
            Route("GET", "/openapi.json", self.document, "The OpenAPI document.", hidden=True),
            Route("GET", "/docs", self.page, "The operations, for people.", hidden=True),
            Route("GET", "/", self.page, "Start page.", hidden=True),
        ]

    async def document(self, call: Call) -> web.Response:
        """GET /openapi.json."""
        return web.Response(body=self._bytes, content_type="application/json")

    async def page(self, call: Call) -> web.Response:
        """GET /docs."""
        headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
        return web.Response(text=self._page, content_type="text/html", headers=headers)


def _page(document: dict[str, Any]) -> str:
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            needs = operation.get("x-permission")
            secured = bool(operation.get("security"))
            access = f"needs {needs}" if needs else ("needs a credential" if secured else "public")
            row = (
                f"<tr><td>{method.upper()}</td><td><code>{html.escape(path)}</code></td>"
                f"<td>{html.escape(operation.get('summary', ''))}<br><small>{html.escape(access)}</small></td></tr>"
            )
            tag = (operation.get("tags") or ["Other"])[0]
            by_tag.setdefault(tag, []).append(row)
    sections = "".join(
        f"<h2>{html.escape(tag)}</h2><table>{''.join(rows)}</table>" for tag, rows in sorted(by_tag.items())
    )
    title = html.escape(f"{document['info']['title']} {document['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"<h1>{title}</h1><p>One search over many live databases. Machines read "
        f'<a href="/openapi.json">/openapi.json</a>.</p>{sections}</html>'
    )
