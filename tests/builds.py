"""Builds with `altus4 build`, installs what came of it from its wheelhouse alone, and serves it.

    python tests/builds.py WHEELS_DIR

Two builds: one without any analytics, served on a real MySQL when `ALTUS4_TEST_MYSQL_URL` names one, and one without
MySQL, of an outsider's kind of database and a metadata store in memory. The second is made without any index: from the
wheels of the first and from folders with sources. Then each is made again, which does nothing, and once more from its
settings file, which gives the same lock.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wheels import ROOT, Environment, Failed

USUAL = ("metadata-mysql", "accounts", "api-keys", "databases-mysql", "search-fulltext")
STORE = {
    "pyproject.toml": """
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "altus4-shelves"
version = "0.1.0"
dependencies = ["altus4-core"]

[project.entry-points.altus4]
shelves = "altus4_shelves:Shelves"
""",
    "altus4_shelves/__init__.py": '''
"""A metadata store in memory, with one database of another kind."""
from contextlib import asynccontextmanager

from altus4_core import Plugin, hookimpl
from altus4_core.seams import Service
from altus4_core.store import MetadataStore
from altus4_core.stored import Database
from altus4_core.testing.memory import MemoryStore
from altus4_core.testing.twins.policy import AllowAll

ROW = Database("d-1", "ann", "shelf", "nowhere.invalid", 1, "shelf", "nobody", kind="text-files")


class Shelves(Plugin):
    name = "shelves"

    @hookimpl
    def altus4_services(self):
        @asynccontextmanager
        async def opened():
            store = MemoryStore()
            await store.databases.add(ROW)
            yield store

        return [Service(MetadataStore, opened)]

    @hookimpl
    def altus4_policies(self):
        return [AllowAll()]
''',
}
SHELF_TOML = """
enable = ["outside", "shelves"]
[search]
default_mode = "prefix"
[plugins.outside]
trusted = ["127.0.0.1"]
"""
USUAL_TOML = f"""
enable = {json.dumps(USUAL)}
[metadata]
url = {{env = "SOME_URL"}}
"""


def altus4_build(folder: Path, *arguments: str, offline: bool) -> list[str]:
    """Run the command; give what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
    more = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"} if offline else {}
    command = [sys.executable, "-m", "altus4_core", "build", *arguments]
    done = subprocess.run(command, cwd=folder, env={**clean, **more}, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise Failed(f"altus4 build {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.splitlines()


def installed(output: Path, folder: Path, plugins: Sequence[str]) -> Environment:
    """Install from the wheelhouse alone; make sure that everything composes there."""
    environment = Environment(folder)
    environment.install(
        "--no-index", "--find-links", str(output / "wheelhouse"), "--require-hashes", "-r",
        str(output / "requirements.txt"),
    )  # fmt: skip
    environment.check_origin()
    (environment.here / "altus4.toml").write_text((output / "settings.toml").read_text())
    report = environment.report()
    loaded = [plugin["name"] for plugin in report["plugins"] if plugin["status"] == "loaded"]
    if loaded != list(plugins) or report["problems"]:
        raise Failed(f"with the settings of the build it does not compose: {loaded}, {report['problems']}")
    manifest = json.loads((output / "plugins.json").read_text())
    told = {plugin["name"]: plugin["provides"] for plugin in report["plugins"]}
    if {plugin["name"]: plugin["provides"] for plugin in manifest["plugins"]} != told:
        raise Failed("the manifest says something else than the installed build")
    return environment


@contextmanager
def served(environment: Environment, environ: Mapping[str, str]) -> Iterator[str]:
    """Serve on a free port until the block ends; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment.environ.update(environ, ALTUS4_PORT=str(port))
    with (environment.folder / "log").open("w+") as log:
        process = environment.start("-m", "altus4_core", "serve", log=log)
        address = f"http://127.0.0.1:{port}"
        try:
            deadline = time.monotonic() + 30
            while ask(f"{address}/health/ready")[0] != 200:
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise Failed(f"it does not serve:\n{log.read()}")
                time.sleep(0.05)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def ask(url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Ask; status 0 when nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, sent), timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, None


def without_analytics(wheels: Path, folder: Path) -> str:
    """Build a list of plugins without the one for analytics, and serve it on MySQL."""
    listed = [f"altus4-{name}" for name in USUAL]
    (folder / "build.toml").write_text(
        f"[build]\nplugins = {json.dumps(listed)}\nfind_links = {json.dumps([str(wheels)])}\n"
    )
    altus4_build(folder, offline=False)
    output = folder / "altus4-build"
    if analytics := [path.name for path in (output / "wheelhouse").iterdir() if "analytics" in path.name]:
        raise Failed(f"analytics are in: {analytics}")
    environment = installed(output, folder / "installed", USUAL)
    url = os.environ.get("ALTUS4_TEST_MYSQL_URL", "")
    if not url:
        return "composes; served on no MySQL, because ALTUS4_TEST_MYSQL_URL names none"
    schema = f"build_{secrets.token_hex(4)}"
    environ = {
        "ALTUS4_METADATA_URL": f"{url.partition('?')[0].rstrip('/')}/{schema}",
        "ALTUS4_SESSION_SECRET": secrets.token_urlsafe(48),
        "ALTUS4_ENCRYPTION_KEYS": f"k1:{b64encode(secrets.token_bytes(32)).decode()}",
    }
    environment.environ.update(environ)
    environment.check("-m", "altus4_core", "migrate", "up")
    environment.check("-m", "altus4_core", "accounts", "create", "--email", "a@example.com", "--name", "Ann", "--json")
    made = environment.check("-m", "altus4_core", "api-keys", "create", "--user", "a@example.com", "--json")
    with served(environment, environ) as address:
        key = json.loads(made)["secretKey"]
        status, answer = ask(f"{address}/api/v1/search", {"query": "tea"}, Authorization=f"Bearer {key}")
    if status != 200 or not answer["success"]:
        raise Failed(f"a search answers {status}: {answer}")
    return "composes, and answers an account's key on MySQL"


def without_mysql(wheels: Path, folder: Path) -> str:
    """Build an outsider's target and a store in memory without an index, and search."""
    for name, text in STORE.items():
        path = folder / "shelves" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "build.toml").write_text(
        f'[build]\nplugins = ["{ROOT}/tests/outside_plugin", "./shelves"]\nfind_links = {json.dumps([str(wheels)])}\n'
    )
    altus4_build(folder, offline=True)
    output = folder / "altus4-build"
    if drivers := [path.name for path in (output / "wheelhouse").iterdir() if "mysql" in path.name.lower()]:
        raise Failed(f"MySQL is in: {drivers}")
    environment = installed(output, folder / "installed", ("outside", "shelves"))
    settings = environment.here / "altus4.toml"
    settings.write_text(SHELF_TOML)
    (environment.here / "shelf").mkdir()
    (environment.here / "shelf" / "poems.txt").write_text("a database is a rose\nnothing here\n")
    with served(environment, {}) as address:
        status, answer = ask(f"{address}/api/v1/search", {"query": "dat"}, X_Authenticated_User="ann")
    if status != 200 or [hit["id"] for hit in answer["data"]["results"]] != ["d-1:poems:1"]:
        raise Failed(f"a search answers {status}: {answer}")
    return "composes, and a search over an outsider's kind of database is answered"


def again(folder: Path, settings: str, wheels: Path) -> str:
    """Build a second time, and from the settings file."""
    output = folder / "altus4-build"
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    lines = altus4_build(folder, offline=True)
    if any(not line.endswith(": up to date") for line in lines) or len(lines) != 6:
        raise Failed(f"a second build is not idle: {lines}")
    if before != {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}:
        raise Failed("a second build changed files")
    (folder / "altus4.toml").write_text(settings)
    (folder / "links.toml").write_text(f"[build]\nfind_links = {json.dumps([str(wheels)])}\n")
    unchecked = [part for step in ("check", "settings", "manifest") for part in ("--skip", step)]  # done above
    from_config = ("--from-config", "altus4.toml", "--output", "from-config")
    lines = altus4_build(folder, "links.toml", *from_config, *unchecked, offline=True)
    if (folder / "from-config" / "requirements.txt").read_text() != (output / "requirements.txt").read_text():
        raise Failed(f"from the settings file it becomes another build: {lines}")
    return "made again it does nothing, and from its settings file it is the same"


def main(arguments: Sequence[str]) -> int:
    """Run all."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    wheels = Path(arguments[0]).resolve()
    with tempfile.TemporaryDirectory(prefix="altus4-builds-") as text:
        one, two = Path(text) / "one", Path(text) / "two"
        one.mkdir()
        two.mkdir()
        house = one / "altus4-build" / "wheelhouse"
        try:
            print(f"build without analytics: {without_analytics(wheels, one)}", flush=True)
            print(f"build without MySQL: {without_mysql(house, two)}", flush=True)
            print(f"build without analytics: {again(one, USUAL_TOML, house)}", flush=True)
        except Failed as failure:
            print(f"FAILED: {failure}", flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
