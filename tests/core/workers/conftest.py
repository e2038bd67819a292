"""Supervisors of real workers, which serve a plugin from a file."""

import pytest
from processes import Workers

FILE = """
import asyncio, os, time
from contextlib import asynccontextmanager
from pathlib import Path
from altus4_core import Plugin, hookimpl
from altus4_core.routing import Route
from altus4_core.seams import Service

class Mine(Plugin):
    name = "mine"

    @hookimpl
    def altus4_services(self, ctx):
        @asynccontextmanager
        async def start():
            if Path("die").exists():
                os._exit(int(Path("die").read_text()))
            yield self
        return [Service(Mine, start)]

    @hookimpl
    def altus4_routes(self, ctx):
        async def who(call):
            await asyncio.sleep(float(call.path["seconds"]))
            return {"pid": os.getpid(), "workers": ctx.settings.server.workers, "port": ctx.settings.server.port}
        async def block(call):
            time.sleep(float(call.path["seconds"]))
            return {}
        found = {"who": who, "block": block}
        return [Route("GET", f"/api/v1/{name}/{{seconds}}", handler, name) for name, handler in found.items()]
"""
TOML = """enable = []
log_level = "info"
[server]
metrics = "public"
"""


@pytest.fixture
def workers(tmp_path):
    """Start supervisors: `workers("--port", "0", toml=..., **environ)`."""
    started = []
    (tmp_path / "mine.py").write_text(FILE)

    def start(*arguments, toml=TOML, before=(), **environ):
        (tmp_path / "altus4.toml").write_text(toml)
        plugin = ("--plugin", "./mine.py:Mine")
        one = Workers.start(tmp_path, *before, "serve", "--port", "0", "--workers", "2", *plugin, *arguments, **environ)
        started.append(one)
        return one

    yield start
    for one in started:
        one.close()
