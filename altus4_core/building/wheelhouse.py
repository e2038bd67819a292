"""The step `wheelhouse`: a folder with every wheel, and `requirements.txt`, which names each by its hash."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import attrs

from altus4_core.building.files import STATE, digest, text_digest, write_whole
from altus4_core.building.pip import BuildRefused, FreshEnvironment, Pip, PipFailed, fresh_environment
from altus4_core.building.plan import BuildPlan
from altus4_core.building.resolve import LOCAL, RESOLVED, Pin, read_pins
from altus4_core.building.wheels import BuiltWheel, describe_wheel
from altus4_core.errors import Problem

STEP = "wheelhouse"
WHEELHOUSE = "wheelhouse"
REQUIREMENTS = "requirements.txt"
NEW = f"{STATE}/wheelhouse.new"


def read_wheelhouse(output: Path) -> list[BuiltWheel]:
    """Describe the wheels, sorted by name."""
    return sorted(map(describe_wheel, (output / WHEELHOUSE).glob("*.whl")), key=lambda wheel: wheel.name)


class Wheelhouse:
    """Fetches what is pinned, each file by its hash, and makes wheels of what is no wheel."""

    def __init__(self, plan: BuildPlan, pip: Pip) -> None:
        self._plan = plan
        self._pip = pip
        self._output = plan.output

    def fingerprint(self) -> str:
        """Give what it depends on."""
        return text_digest(STEP, digest(self._output / RESOLVED))

    def run(self) -> tuple[Sequence[str], str]:
        """Fill the folder; it takes the place of an earlier one when it is whole."""
        new = self._output / NEW
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        pins = read_pins(self._output)
        for pin in pins:
            if pin.file is not None:
                shutil.copy(self._output / LOCAL / pin.file, new)
        with fresh_environment(self._plan.interpreter, self._output / STATE) as environment:
            self._fetch([pin for pin in pins if pin.file is None], environment, new)
        wheels = [describe_wheel(path) for path in sorted(new.glob("*.whl"))]
        _check_complete(pins, wheels)
        check_claims(wheels)
        target = self._output / WHEELHOUSE
        shutil.rmtree(target, ignore_errors=True)
        new.replace(target)
        write_whole(self._output / REQUIREMENTS, _locked(self._plan, wheels))
        size = sum(path.stat().st_size for path in target.iterdir()) / 1_000_000
        outputs = [REQUIREMENTS, *(f"{WHEELHOUSE}/{wheel.file}" for wheel in wheels)]
        return outputs, f"{len(wheels)} wheels, {size:.1f} MB, locked in {REQUIREMENTS}"

    def _fetch(self, pins: Sequence[Pin], environment: FreshEnvironment, new: Path) -> None:
        if not pins:
            return
        listed = environment.folder / "pins.txt"
        lines = [f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}" for pin in pins]
        listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
        links = [part for link in self._plan.find_links for part in ("--find-links", link)]
        arguments = ["--no-deps", "--require-hashes", "--requirement", str(listed), *links]
        try:
            self._pip.run(self._plan.interpreter, "wheel", "--wheel-dir", str(new), *arguments)
        except PipFailed as error:
            raise BuildRefused([_explained(error, pins)]) from error


def _explained(error: PipFailed, pins: Sequence[Pin]) -> Problem:
    other = next((pin for pin in pins if pin.sha256 in error.output and "DO NOT MATCH" in error.output), None)
    if other is not None:
        what = f"{other.name} {other.version} is not the file that was resolved: its hash is another"
        return Problem(STEP, what, hint="find out why; to take it as it is now: --again resolve")
    reason = error.reason()
    return Problem(STEP, reason[0].lower() + reason[1:], hint="--verbose shows all that pip says; --again resolve")


def _check_complete(pins: Sequence[Pin], wheels: Sequence[BuiltWheel]) -> None:
    made = {wheel.name: wheel.version for wheel in wheels}
    missing = [pin for pin in pins if made.get(pin.name) != pin.version]
    if missing:
        problems = [Problem(STEP, f"no wheel of {pin.name} {pin.version} came about") for pin in missing]
        raise BuildRefused([attrs.evolve(problem, hint="--again resolve") for problem in problems])


def check_claims(wheels: Sequence[BuiltWheel]) -> None:
    """Refuse two distributions that bring a plugin of the same name.

    Raises:
        BuildRefused: with every such name.
    """
    claims: dict[str, list[BuiltWheel]] = {}
    for wheel in wheels:
        for plugin in wheel.plugins:
            claims.setdefault(plugin, []).append(wheel)
    problems = [
        Problem(
            STEP,
            f"the plugin name {plugin!r} is claimed by {len(claimants)} distributions: "
            + ", ".join(f"{wheel.name} {wheel.version}" for wheel in claimants),
            hint="leave all but one out",
        )
        for plugin, claimants in sorted(claims.items())
        if len(claimants) > 1
    ]
    if problems:
        raise BuildRefused(problems)


def _locked(plan: BuildPlan, wheels: Sequence[BuiltWheel]) -> str:
    head = (
        f"# Made by altus4 build for Python {plan.interpreter.version} on {plan.interpreter.platform}. Install:\n"
        f"# pip install --no-index --find-links {WHEELHOUSE} --require-hashes -r {REQUIREMENTS}\n"
    )
    lines = [f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in wheels]
    return head + "".join(sorted(lines))
