"""The step `resolve`: which versions go in. What was resolved before stays as long as it can."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from altus4_core.building.files import STATE, text_digest, write_whole
from altus4_core.building.pip import BuildRefused, FreshEnvironment, Pip, PipFailed, fresh_environment
from altus4_core.building.plan import BuildPlan
from altus4_core.building.source import Source
from altus4_core.composing.discovery import PREFIX, standard_names
from altus4_core.errors import Problem
from altus4_core.nearest import nearest

STEP = "resolve"
RESOLVED = f"{STATE}/resolved.json"
LOCAL = f"{STATE}/local"
CORE = "altus4-core"


@attrs.frozen
class Pin:
    """One distribution of the build. `file` names its wheel in `LOCAL`, where no index has it."""

    name: str
    version: str
    sha256: str
    file: str | None = None


def read_pins(output: Path) -> list[Pin]:
    """Give what was resolved, sorted by name."""
    return [Pin(**each) for each in json.loads((output / RESOLVED).read_text(encoding="utf-8"))]


class Resolve:
    """Turns sources into pins. No address of an index is kept, whatever the configuration says."""

    def __init__(self, plan: BuildPlan, pip: Pip) -> None:
        self._plan = plan
        self._pip = pip
        self._output = plan.output

    def fingerprint(self) -> str:
        """Give what it depends on; what an index offers since is not among it."""
        parts = [part for source in self._plan.sources for part in (source.name, *source.fingerprint())]
        return text_digest(STEP, self._plan.interpreter.version, self._plan.interpreter.platform, *parts)

    def run(self, *, afresh: bool) -> tuple[Sequence[str], str]:
        """Resolve.

        Args:
            afresh: Take the newest of everything, whatever was resolved before.
        """
        with fresh_environment(self._plan.interpreter, self._output / STATE) as environment:
            wheels = self._local_wheels()
            lines = [self._line(source, wheels) for source in self._plan.sources]
            told = self._ask(environment, lines, [] if afresh else self._before())
        pins = sorted((self._pin(each, wheels) for each in told["install"]), key=lambda pin: pin.name)
        if not any(pin.name == CORE for pin in pins):
            hint = f'list a plugin, or "{CORE}"'
            raise BuildRefused([Problem(STEP, f"nothing of what is listed needs {CORE}", hint=hint)])
        write_whole(self._output / RESOLVED, json.dumps([attrs.asdict(pin) for pin in pins], indent=1) + "\n")
        outputs = [RESOLVED, *(f"{LOCAL}/{path.name}" for path in wheels.values())]
        return outputs, f"{len(pins)} distributions for Python {self._plan.interpreter.version}"

    def _local_wheels(self) -> dict[str, Path]:
        """Make or copy the wheels that no index has, by the name of their source."""
        folder = self._output / LOCAL
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        wheels: dict[str, Path] = {}
        for source in self._plan.sources:
            if source.kind == "wheel" and source.path is not None:
                wheels[source.name] = Path(shutil.copy(source.path, folder))
            elif source.kind != "requirement":
                wheels[source.name] = self._built(source, folder)
        return wheels

    def _built(self, source: Source, folder: Path) -> Path:
        before = set(folder.iterdir())
        what = str(source.path) if source.path is not None else source.text
        try:
            self._pip.run(self._plan.interpreter, "wheel", "--no-deps", "--wheel-dir", str(folder), what)
        except PipFailed as error:
            problem = Problem(source.who, f"no wheel can be made of {_shown(source)}: {error.reason()}", source.where)
            raise BuildRefused([attrs.evolve(problem, hint="--verbose shows all that pip says")]) from error
        (made,) = set(folder.iterdir()) - before
        return made

    def _line(self, source: Source, wheels: dict[str, Path]) -> str:
        if source.name not in wheels:
            return source.text
        path = wheels[source.name]
        name = parse_wheel_filename(path.name)[0]
        extras = source.text
        if source.kind == "url":
            asked = sorted(Requirement(source.text).extras)
            extras = f"[{','.join(asked)}]" if asked else ""
        return f"{name}{extras} @ {path.as_uri()}"

    def _before(self) -> list[str]:
        try:
            return [f"{pin.name}=={pin.version}" for pin in read_pins(self._output) if pin.file is None]
        except (OSError, ValueError, TypeError):
            return []

    def _ask(self, environment: FreshEnvironment, lines: Sequence[str], before: Sequence[str]) -> dict[str, Any]:
        """Ask pip which versions fit together; those from before first."""
        report = environment.folder / "report.json"
        requirements, constraints = environment.folder / "wanted.txt", environment.folder / "before.txt"
        requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")
        constraints.write_text("\n".join(before) + "\n", encoding="utf-8")
        links = [part for link in self._plan.find_links for part in ("--find-links", link)]
        arguments = ["install", "--dry-run", "--ignore-installed", "--report", str(report), *links]
        arguments += ["--requirement", str(requirements)]
        try:
            if before:
                try:
                    self._pip.run(environment, *arguments, "--constraint", str(constraints))
                except PipFailed:  # a version of before does not fit any more, or is gone
                    self._pip.run(environment, *arguments)
            else:
                self._pip.run(environment, *arguments)
        except PipFailed as error:
            raise BuildRefused([self._explained(error)]) from error
        told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return told

    def _explained(self, error: PipFailed) -> Problem:
        """Say in one line why nothing fits."""
        reason = error.reason()
        for source in self._plan.sources:
            text = source.text if source.kind == "requirement" else ""
            if text and f"distribution found for {text}" in error.output:
                return self._not_found(source)
        return Problem(STEP, reason[0].lower() + reason[1:], hint="--verbose shows all that pip says")

    def _not_found(self, source: Source) -> Problem:
        known = [f"{PREFIX}{name}" for name in standard_names()] + [each.name for each in self._plan.sources]
        near = nearest(source.name, [name for name in known if name != source.name])
        hint = f"did you mean {near!r}?" if near else "correct it, or say where it is: find_links = [...]"
        what = f"{source.text!r} is nowhere where pip looks, for Python {self._plan.interpreter.version}"
        return Problem(source.who, what, source.where, hint)

    def _pin(self, told: dict[str, Any], wheels: dict[str, Path]) -> Pin:
        name = canonicalize_name(told["metadata"]["name"])
        version = str(told["metadata"]["version"])
        sha256 = str(told["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256", ""))
        local = next((path for path in wheels.values() if parse_wheel_filename(path.name)[0] == name), None)
        return Pin(name, version, sha256, local.name if local is not None else None)


def _shown(source: Source) -> str:
    return source.name if source.path is None else source.path.name
