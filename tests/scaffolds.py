"""Builds, installs, tests and serves what `altus4 new-plugin` writes, for every seam.

    python tests/scaffolds.py WHEELS_DIR

The core, the library `mysql` and the sandbox are installed from their wheels into one fresh environment; there each
seam's plugin is written, its files are built into a wheel by the build backend they name, the wheel is installed, and
its tests run. Then one gateway serves all of them together, with twins in memory for what they do not offer.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from wheels import PYTEST, Environment, Failed, Workspace, run_tests

TWINS = '''"""The twins as a plugin that needs no arguments."""

from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.plugin import MemoryPlugin


class Twins(MemoryPlugin):
    """Whatever the scaffolds do not offer."""

    name = "twins"

    def __init__(self, settings=None):
        super().__init__(MemoryStore())
'''

# Compose as `serve` does, start, and ask over a socket.
SERVE = """
import asyncio, json, sys
from pathlib import Path
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from altus4_core.app import create_app
from altus4_core.composing.discovery import from_file
from altus4_core.composing.manager import Selection
from altus4_core.gateway import Gateway
from altus4_core.settings.loader import load_settings


async def main():
    gateway = Gateway(load_settings(Path("altus4.toml"), {}), Selection(None, [from_file("twins.py:Twins")]))
    assert not gateway.problems(), [problem.line() for problem in gateway.problems()]
    await gateway.start()
    server = TestServer(create_app(gateway).web)
    await server.start_server()
    async with ClientSession(headers={"Authorization": "Bearer memory-token"}) as session:
        capabilities = await (await session.get(server.make_url("/api/v1/capabilities"))).json()
        word = await (await session.get(server.make_url("/api/v1/new-route/coffee"))).json()
        answer = await (await session.post(server.make_url("/api/v1/search"), json={"query": "tea"})).json()
    await server.close()
    await gateway.stop()
    print(json.dumps({"capabilities": capabilities["data"], "word": word["data"], "search": answer}))


asyncio.run(main())
"""


def test_scaffold(environment: Environment, seam: str) -> str:
    """Write, build, install and test one; give how many tests passed."""
    name = f"new-{seam}"
    environment.check("-m", "altus4_core", "new-plugin", name, "--seam", seam)
    folder = environment.here / name
    environment.check("-m", "hatchling", "build", "-t", "wheel", "-d", str(environment.here / "dist"), where=folder)
    (wheel,) = (environment.here / "dist").glob(f"altus4_new_{seam.replace('-', '_')}-*.whl")
    environment.install(str(wheel), dependencies=False)
    # Only the tests: what they import must come from the wheel.
    tests = environment.here / f"tests-{seam}"
    (folder / "tests").rename(tests)
    (tests / "pytest.ini").write_text((environment.here / "pytest.ini").read_text())
    return run_tests(environment, tests)


def serve_all(environment: Environment, seams: Sequence[str]) -> str:
    """Serve all in one gateway; give what it says of itself."""
    names = [f"new-{seam}" for seam in seams]
    (environment.here / "twins.py").write_text(TWINS)
    (environment.here / "altus4.toml").write_text(
        f"enable = {json.dumps(names)}\n[search]\ndefault_mode = 'memory'\n[plugins.new-wrap]\nmode = 'memory'\n"
    )
    told = json.loads(environment.check("-c", SERVE))
    plugins = {plugin["name"] for plugin in told["capabilities"]["plugins"]}
    if not plugins >= set(names) or told["word"] != {"word": "coffee", "letters": 6} or not told["search"]["success"]:
        message = f"not all are served: {told}"
        raise Failed(message)
    return f"one gateway serves {len(names)} of them"


def main(arguments: Sequence[str]) -> int:
    """Run all."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    workspace = Workspace(Path(arguments[0]).resolve())
    with tempfile.TemporaryDirectory(prefix="altus4-scaffolds-") as text:
        environment = Environment(Path(text) / "scaffolds")
        ours = workspace.closure("altus4-core", "altus4-mysql", "altus4-sandbox")
        environment.install(*workspace.files(ours), *PYTEST, "hatchling>=1.27")
        environment.check_origin()
        (environment.here / "pytest.ini").write_text(
            "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
            "addopts = -q --import-mode=importlib --strict-markers\nmarkers =\n    mysql: needs a real server\n"
        )
        seams = environment.check("-c", "from altus4_core.scaffold.writer import KINDS; print(*KINDS)").split()
        try:
            for seam in seams:
                print(f"new-plugin --seam {seam}: {test_scaffold(environment, seam)} passed", flush=True)
            print(serve_all(environment, seams), flush=True)
        except Failed as failure:
            print(f"FAILED: {failure}", flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
