"""Tests each plugin alone with the core, from wheels, in a fresh environment each.

    python tests/contracts.py WHEELS_DIR [names...]

For each plugin an environment is made with `uv venv`; the core, the plugin and those of our distributions that it
requires are installed from the wheel files, never by name. There the plugin is composed alone, its contract tests
run, and the source tree is out of reach. Then the standard set is installed and each of its plugins left out once:
the rest must compose, or say precisely what is missing.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PYTEST = ("pytest>=8", "pytest-asyncio>=0.25")
SERVERS = re.compile(r"altus4_sandbox|\b(any|mysql|mariadb|private)_server\b")
PRECISE = re.compile(r"[a-z-]+: needs a [A-Za-z]+, which no enabled plugin offers; enable one that does")

CONFIGURATION = """[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
addopts = -q --import-mode=importlib --strict-markers -p no:cacheprovider
markers =
    mysql: needs a real MySQL or MariaDB server (provided by the sandbox plugin)
"""

WHOLE = '''"""The contract of the plugin as a whole."""

from importlib.metadata import entry_points

import pytest

from altus4_core.testing.contracts import PluginContract


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        (entry,) = entry_points(group="altus4", name="{name}")
        return entry.load()
'''


class Failed(Exception):
    """Something is not as it should be."""


class Workspace:
    """Our distributions and their wheels."""

    def __init__(self, wheels: Path) -> None:
        self.projects: dict[str, Mapping[str, Any]] = {}
        self.folders: dict[str, Path] = {}
        for path in [
            ROOT / "pyproject.toml",
            ROOT / "migrations" / "pyproject.toml",
            *ROOT.glob("plugins/*/pyproject.toml"),
        ]:
            project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
            self.projects[project["name"]] = project
            self.folders[project["name"]] = path.parent
        self.wheels = {path.name.split("-")[0].replace("_", "-"): path for path in wheels.glob("*.whl")}

    def plugins(self) -> list[str]:
        """Name the plugins, by their folders."""
        return sorted(
            self.folders[name].name
            for name, project in self.projects.items()
            if "altus4" in project.get("entry-points", {})
        )

    def closure(self, *names: str) -> list[str]:
        """Give these distributions and those of ours that they require."""
        found: list[str] = []

        def visit(name: str) -> None:
            if name in found or name not in self.projects:
                return
            found.append(name)
            for requirement in self.projects[name].get("dependencies", ()):
                visit(re.split(r"[^A-Za-z0-9-]", requirement, maxsplit=1)[0])

        for name in names:
            visit(name)
        return found

    def files(self, names: Sequence[str]) -> list[str]:
        """Give the wheel files of distributions."""
        missing = [name for name in names if name not in self.wheels]
        if missing:
            message = f"no wheel of {', '.join(missing)}: build them first (nox -s contracts)"
            raise Failed(message)
        return [str(self.wheels[name]) for name in names]


class Environment:
    """A virtual environment of its own, and a folder to be in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.here = folder / "here"
        self.here.mkdir(parents=True)
        self.python = folder / "env" / "bin" / "python"
        keep = ("PATH", "HOME", "LANG", "TMPDIR")
        passed = ("UV_", "PIP_", "SSL_", "HTTP", "http", "NO_PROXY", "no_proxy", "ALTUS4_TEST_", "XDG_")
        self._environ = {n: v for n, v in os.environ.items() if n in keep or n.startswith(passed)}
        self.uv("venv", "--quiet", "--python", sys.executable, str(folder / "env"))

    def uv(self, *arguments: str) -> None:
        """Run uv."""
        program = [shutil.which("uv")] if shutil.which("uv") else [sys.executable, "-m", "uv"]
        self._check([*map(str, program), *arguments])

    def install(self, *what: str, dependencies: bool = True) -> None:
        """Install files and requirements."""
        self.uv(
            "pip", "install", "--quiet", "--python", str(self.python), *([] if dependencies else ["--no-deps"]), *what
        )

    def uninstall(self, name: str) -> None:
        """Take one distribution out."""
        self.uv("pip", "uninstall", "--quiet", "--python", str(self.python), name)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run Python with these arguments."""
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=self.here,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def report(self, *arguments: str) -> Mapping[str, Any]:
        """Run `altus4 ... plugins --json`."""
        done = self.run("-m", "altus4_core", *arguments, "plugins", "--json")
        if "Traceback" in done.stderr or not done.stdout:
            message = f"altus4 plugins failed:\n{done.stdout}{done.stderr}"
            raise Failed(message)
        return dict(json.loads(done.stdout))

    def check_origin(self) -> None:
        """Make sure that the wheels are what is imported."""
        done = self.run("-c", "import altus4_core; print(altus4_core.__file__)")
        if not done.stdout.strip().startswith(str(self.folder)):
            message = f"the core comes from {done.stdout.strip() or done.stderr}"
            raise Failed(message)

    def _check(self, command: Sequence[str]) -> None:
        done = subprocess.run(command, cwd=self.here, env=self._environ, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
            raise Failed(message)


def test_alone(workspace: Workspace, name: str, folder: Path) -> str:
    """Test one plugin with the core and nothing else."""
    distribution = f"altus4-{name}"
    environment = Environment(folder)
    ours = workspace.closure("altus4-core", distribution)
    environment.install(*workspace.files(ours), *PYTEST)
    environment.check_origin()
    # What is enabled by default is what the standard distribution requires, and that is not here.
    (environment.here / "altus4.toml").write_text(f'enable = ["{name}"]\n', encoding="utf-8")
    report = environment.report("--only", name)
    states = {plugin["name"]: plugin["status"] for plugin in report["plugins"]}
    if states.get(name) != "loaded":
        message = f"it does not compose alone: {report['problems']}"
        raise Failed(message)
    check_problems(report)
    tests = environment.here / "tests"
    shutil.copytree(workspace.folders[distribution] / "tests", tests, ignore=shutil.ignore_patterns("__pycache__"))
    whole = environment.here / "whole"
    whole.mkdir()
    (whole / "test_whole.py").write_text(WHOLE.format(name=name), encoding="utf-8")
    (environment.here / "pytest.ini").write_text(CONFIGURATION, encoding="utf-8")
    counts = [run_tests(environment, whole)]
    contract = tests / "test_contract.py"
    if not contract.is_file():
        message = "it has no tests/test_contract.py"
        raise Failed(message)
    needed = "".join(
        path.read_text(encoding="utf-8") for path in [contract, *tests.glob("conftest.py"), *tests.glob("support*.py")]
    )
    tools = ""
    if SERVERS.search(needed) and "altus4-sandbox" not in ours:
        environment.install(*workspace.files(workspace.closure("altus4-sandbox")))
        tools = ", with servers of the sandbox"
    if "hypothesis" in needed:
        environment.install("hypothesis>=6.100")
    counts.append(run_tests(environment, contract))
    return f"{' and '.join(counts)} passed{tools}; installed of ours: {', '.join(ours)}"


def run_tests(environment: Environment, path: Path) -> str:
    """Run pytest; give how many tests passed."""
    done = environment.run("-m", "pytest", str(path.relative_to(environment.here)))
    passed = re.search(r"(\d+) passed", done.stdout)
    if done.returncode or not passed:
        message = f"its tests failed:\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
        raise Failed(message)
    return passed[1]


def check_problems(report: Mapping[str, Any]) -> None:
    """Accept only problems that say precisely which service is missing."""
    vague = [line for line in report["problems"] if not PRECISE.fullmatch(line)]
    if vague:
        message = f"problems that name no missing service: {vague}"
        raise Failed(message)


def test_left_out(workspace: Workspace, folder: Path) -> list[str]:
    """Install the standard set, leave each plugin out once, and see that the rest composes."""
    environment = Environment(folder)
    names = workspace.closure("altus4")
    environment.install(*workspace.files(names))
    report = environment.report()
    loaded = [plugin["name"] for plugin in report["plugins"] if plugin["status"] == "loaded"]
    expected = [name.removeprefix("altus4-") for name in names if name.removeprefix("altus4-") in workspace.plugins()]
    if sorted(loaded) != sorted(expected) or report["problems"]:
        message = f"the standard set does not compose: {loaded}, {report['problems']}"
        raise Failed(message)
    lines = [f"standard: {', '.join(loaded)}"]
    for name in loaded:
        distribution = f"altus4-{name}"
        environment.uninstall(distribution)
        report = environment.report()
        states = {plugin["name"]: plugin["status"] for plugin in report["plugins"]}
        if name in states or set(states.values()) != {"loaded"} or len(states) != len(loaded) - 1:
            message = f"without {name} the rest does not compose: {states}, {report['problems']}"
            raise Failed(message)
        check_problems(report)
        told = "; ".join(report["problems"]) or "nothing is missing"
        lines.append(f"standard without {name}: the rest composes; {told}")
        environment.install(*workspace.files([distribution]), dependencies=False)
    return lines


def main(arguments: Sequence[str]) -> int:
    """Run all, or the named ones."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    workspace = Workspace(Path(arguments[0]).resolve())
    names = arguments[1:] or workspace.plugins()
    unknown = set(names) - set(workspace.plugins())
    if unknown:
        print(f"no such plugin: {', '.join(sorted(unknown))}; there are: {', '.join(workspace.plugins())}")
        return 2
    failures = 0
    with tempfile.TemporaryDirectory(prefix="altus4-contracts-") as text:
        for name in names:
            try:
                print(f"{name}: {test_alone(workspace, name, Path(text) / name)}", flush=True)
            except Failed as failure:
                failures += 1
                print(f"{name}: FAILED: {failure}", flush=True)
        if not arguments[1:]:
            try:
                print("\n".join(test_left_out(workspace, Path(text) / "standard")), flush=True)
            except Failed as failure:
                failures += 1
                print(f"standard: FAILED: {failure}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
