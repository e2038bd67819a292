"""The step `check`: everything installed from the wheelhouse alone into a fresh environment, and composed there."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from altus4_core.building.fields import toml_value
from altus4_core.building.files import STATE, digest, text_digest, write_whole
from altus4_core.building.pip import (
    BuildRefused,
    FreshEnvironment,
    Pip,
    PipFailed,
    clean_environ,
    fresh_environment,
    run_quietly,
)
from altus4_core.building.plan import BuildPlan
from altus4_core.building.wheelhouse import REQUIREMENTS, WHEELHOUSE, read_wheelhouse
from altus4_core.composing.discovery import STANDARD
from altus4_core.composing.manager import STANDARD_SET
from altus4_core.errors import Problem

STEP = "check"
FOUND = f"{STATE}/found.json"
SECONDS = 120.0


def read_found(plan: BuildPlan) -> Mapping[str, Any]:
    """Give what the built environment said of itself."""
    found: Mapping[str, Any] = json.loads((plan.output / FOUND).read_text(encoding="utf-8"))
    return found


def enabled(plan: BuildPlan) -> tuple[str, ...]:
    """Give the plugins to enable: as asked for, else `standard` for the usual set and what the sources bring."""
    if plan.enable is not None:
        return plan.enable
    brought = {wheel.name: tuple(wheel.plugins) for wheel in read_wheelhouse(plan.output)}
    names = [
        name
        for source in plan.sources
        for name in ((STANDARD_SET,) if source.name == STANDARD else brought.get(source.name, ()))
    ]
    return tuple(dict.fromkeys(names))


class Check:
    """Installs and composes. Nothing is started: what a service needs is at the deployment."""

    def __init__(self, plan: BuildPlan, pip: Pip) -> None:
        self._plan = plan
        self._pip = pip
        self._output = plan.output

    def fingerprint(self) -> str:
        """Give what it depends on."""
        config = digest(self._plan.config) if self._plan.config is not None else ""
        return text_digest(
            STEP, digest(self._output / REQUIREMENTS), config, str(self._plan.prefer), *enabled(self._plan)
        )

    def run(self) -> tuple[Sequence[str], str]:
        """Check."""
        with fresh_environment(self._plan.interpreter, self._output / STATE) as environment:
            self._install(environment)
            found = self._compose(environment)
        if found["problems"]:
            raise BuildRefused([_said(line) for line in found["problems"]])
        found |= {"enable": list(enabled(self._plan)), "prefer": dict(self._plan.prefer)}
        write_whole(self._output / FOUND, json.dumps(found, indent=1, sort_keys=True) + "\n")
        loaded = [plugin["name"] for plugin in found["report"]["plugins"] if plugin["status"] == "loaded"]
        line = f"{len(loaded)} plugins load in a fresh environment: {', '.join(loaded)}"
        if found["later"]:
            line += f"; to be given by the deployment: {', '.join(found['later'])}"
        return [FOUND], line

    def _install(self, environment: FreshEnvironment) -> None:
        links = ("--no-index", "--find-links", str(self._output / WHEELHOUSE))
        lock = ("--require-hashes", "--requirement", str(self._output / REQUIREMENTS))
        try:
            self._pip.run(environment, "install", "--quiet", "--no-compile", *links, *lock, offline=True)
        except PipFailed as error:
            reason = error.reason()
            what = f"cannot be installed from {WHEELHOUSE} alone: {reason}"
            raise BuildRefused([Problem(STEP, what, hint="--again wheelhouse")]) from error

    def _compose(self, environment: FreshEnvironment) -> dict[str, Any]:
        config = self._plan.config
        if config is None:
            config = environment.folder / "altus4.toml"
            lines = [f"enable = {toml_value(enabled(self._plan))}", f"prefer = {toml_value(self._plan.prefer)}", ""]
            config.write_text("\n".join(lines), encoding="utf-8")
        request, answer = environment.folder / "request.json", environment.folder / "answer.json"
        request.write_text(json.dumps({"config": str(config.absolute())}), encoding="utf-8")
        command = [str(environment.program), "-I", "-m", "altus4_core.building.probe", str(request), str(answer)]
        done = run_quietly(command, clean_environ(), environment.folder, SECONDS)
        if done.returncode or not answer.is_file():
            last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1].removeprefix("ERROR: ")
            what, hint = f"composing ended with: {last}", "find out with altus4 plugins what it is"
            if "altus4_core.building" in last:
                what = f"the altus4-core in {WHEELHOUSE} is too old to be checked"
                hint = "ask for a newer one, or --skip check --skip settings --skip manifest"
            raise BuildRefused([Problem(STEP, what, hint=hint)])
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def _said(line: str) -> Problem:
    return Problem(STEP, line)
