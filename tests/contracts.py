"""Tests each plugin alone with the core, from wheels, in a fresh environment each.

    python tests/contracts.py WHEELS_DIR [names...]

For each plugin an environment is made with `uv venv`; the core, the plugin and those of our distributions that it
requires are installed from the wheel files, never by name. There the plugin is composed alone, its contract tests
run, and the source tree is out of reach. Then the standard set is installed and each of its plugins left out once:
the rest must compose, or say precisely what is missing.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wheels import PYTEST, Environment, Failed, Workspace, run_tests

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
