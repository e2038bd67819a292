"""pip, run for environments that have none. Its own configuration is honoured; what it says becomes one line."""

import contextlib
import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from altus4_core.building.interpreter import Interpreter
from altus4_core.errors import Problem, StartupRefused

_OTHER_PLACES = (
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "PIP_PYTHON",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_REPORT",
)
_USERINFO = re.compile(r"(://)[^/\s@]*@")
_SAY_LITTLE = ("ResolutionImpossible", "Exception", "Failed to build", "Failed building", "Could not build wheels")
_RAISED = re.compile(r"(\w+\.)*\w*(Error|Exception|Exit|Unavailable)\b.*: ")
_FRAME = " \t│╰─>\u00d7"  # pip draws around what a build backend said
_CONFLICT = "The conflict is caused by:"
_VENV = ("-m", "venv", "--without-pip")


class BuildRefused(StartupRefused):
    """A step of a build failed; one line for each reason."""

    code = "BUILD_REFUSED"


class PipFailed(Exception):
    """pip ended with an error; `output` is what it printed, without passwords."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output

    def reason(self) -> str:
        """Give the line of it that says most."""
        lines = [bare for line in self.output.splitlines() if (bare := line.strip(_FRAME))]
        if _CONFLICT in lines:
            told = lines[lines.index(_CONFLICT) + 1 :]
            return f"these do not fit together: {'; '.join(itertools.takewhile(_is_told, told))}"
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
        useful = [line for line in errors if not line.startswith(_SAY_LITTLE)]
        raised = [line for line in lines if _RAISED.match(line)]
        # The first of pip's own errors is the cause; of what a build backend raised it is the last.
        return (useful or raised[-1:] or errors or lines[-1:] or ["it says nothing"])[0]


@attrs.frozen
class FreshEnvironment:
    """A virtual environment with nothing in it."""

    folder: Path

    @property
    def program(self) -> Path:
        """Give its interpreter."""
        return self.folder / "bin" / "python"


@contextlib.contextmanager
def fresh_environment(interpreter: Interpreter, parent: Path) -> Iterator[FreshEnvironment]:
    """Make an environment, and remove it afterwards.

    Raises:
        BuildRefused: it cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="env-", dir=parent))
    try:
        done = run_quietly([interpreter.program, *_VENV, str(folder)], os.environ)
        if done.returncode:
            what = f"Python {interpreter.version} cannot make a virtual environment"
            raise BuildRefused([Problem("build", what, interpreter.program, "install its module venv")])
        yield FreshEnvironment(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Pip:
    """Runs pip for environments; it is looked for when it is first needed.

    Args:
        tools: Folder for an environment with pip, where this one has none.
        show: Let its output through to standard error, too.
    """

    def __init__(self, tools: Path, *, show: bool = False) -> None:
        self._tools = tools
        self._show = show
        self._command: Sequence[str] | None = None

    def run(self, environment: "FreshEnvironment | Interpreter", *arguments: str, offline: bool = False) -> None:
        """Run pip for an environment.

        Args:
            environment: Which one; a Python itself where wheels are made, so that what it has for that is used if the
                configuration says so.
            *arguments: As one types them after `pip`.
            offline: Without any configuration, so that nothing but what the arguments say is looked at.

        Raises:
            PipFailed: it failed.
            BuildRefused: there is no pip.
        """
        if self._command is None:
            self._command = _find_pip(self._tools)
        environ = {name: value for name, value in os.environ.items() if name not in _OTHER_PLACES}
        if offline:
            environ = {**clean_environ(), "PIP_CONFIG_FILE": os.devnull}
        command = [*self._command, "--python", str(environment.program), *arguments]
        command += ["--no-input", "--disable-pip-version-check", "--no-color"]
        done = run_quietly(command, environ)
        text = without_passwords(done.stdout + done.stderr)
        if self._show:
            sys.stderr.write(text)
        if done.returncode:
            raise PipFailed(text)


def _find_pip(tools: Path) -> Sequence[str]:
    """Give the command: this environment's pip, else the one that comes with Python, else one that uv fetches."""
    if _importable("pip"):
        return (sys.executable, "-m", "pip")
    found = (str(tools / "bin" / "python"), "-m", "pip")
    if run_quietly([*found, "--version"], os.environ).returncode == 0:
        return found
    ways = [[sys.executable, "-m", "venv", "--clear", str(tools)]] if _importable("ensurepip") else []
    if uv := shutil.which("uv"):
        ways.append([uv, "venv", "--quiet", "--clear", "--seed", "--python", sys.executable, str(tools)])
    for way in ways:
        if run_quietly(way, os.environ).returncode == 0:
            return found
    hint = f"install one: {Path(sys.executable).name} -m ensurepip, or the package python3-pip, or uv"
    raise BuildRefused([Problem("build", "there is neither pip nor uv to fetch distributions with", hint=hint)])


def without_passwords(text: str) -> str:
    """Hide who a URL is opened as."""
    return _USERINFO.sub(r"\1***@", text)


def _is_told(line: str) -> bool:
    return not line.startswith(("To fix this", "Additionally", "ERROR"))


def clean_environ() -> dict[str, str]:
    """Give this process's environment without what is of pip, of Python or of a gateway."""
    ours = ("PIP_", "PYTHON", "ALTUS4_", "DB_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run_quietly(
    command: Sequence[str], environ: Mapping[str, str], folder: Path | None = None, seconds: float | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a program that has nothing to ask, and keep what it prints."""
    try:
        return subprocess.run(  # noqa: S603 -- pip, and the Python that the operator chose
            command,
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"ERROR: nothing came of it within {seconds:g} s\n")
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", f"ERROR: {command[0]} cannot be run: {error.strerror}\n")


def _importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # it is there in name only
        return False
