"""Our distributions as wheels, and fresh environments to install them in."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
PYTEST = ("pytest>=8", "pytest-asyncio>=0.25")


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
        self.environ = {n: v for n, v in os.environ.items() if n in keep or n.startswith(passed)}
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

    def run(self, *arguments: str, where: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Run Python with these arguments."""
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=where or self.here,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *arguments: str, log: IO[str]) -> "subprocess.Popen[str]":
        """Start Python with these arguments; what it prints goes to the log."""
        command = [str(self.python), *arguments]
        return subprocess.Popen(command, cwd=self.here, env=self.environ, stdout=log, stderr=log, text=True)

    def check(self, *arguments: str, where: Path | None = None) -> str:
        """Run Python; give what it printed, and fail with it when it failed."""
        done = self.run(*arguments, where=where)
        if done.returncode:
            message = f"python {' '.join(arguments)[:200]} failed:\n{done.stdout}{done.stderr}"
            raise Failed(message)
        return done.stdout

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
        done = subprocess.run(command, cwd=self.here, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
            raise Failed(message)


def run_tests(environment: Environment, path: Path) -> str:
    """Run pytest; give how many tests passed."""
    done = environment.run("-m", "pytest", str(path.relative_to(environment.here)))
    passed = re.search(r"(\d+) passed", done.stdout)
    if done.returncode or not passed:
        message = f"its tests failed:\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
        raise Failed(message)
    return passed[1]
