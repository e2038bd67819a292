"""Steps by name: done once, again when what they are made from has changed, and gone on with where they were cut."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from altus4_core.building.files import STATE, digest, write_whole
from altus4_core.building.pip import BuildRefused
from altus4_core.errors import Problem, SettingsError
from altus4_core.nearest import did_you_mean

LEDGER = f"{STATE}/steps.json"


@attrs.frozen
class Step:
    """One step of a build.

    Attributes:
        name: As in `--skip` and `--again`.
        needs: Files of earlier steps, relative to the output folder, and which step makes them.
        fingerprint: A digest of everything that it is made from.
        run: Does it; gives the files that it made, relative to the output folder, and a line for the operator.
        locked: Whether its files may only be what it made; others belong to the operator once they are there.
    """

    name: str
    needs: Mapping[str, str]
    fingerprint: Callable[[], str]
    run: Callable[[], tuple[Sequence[str], str]]
    locked: bool = False


@attrs.frozen
class Done:
    """What is known of a step that was done: of what, and the digests of its files."""

    inputs: str
    outputs: Mapping[str, str]


class Ledger:
    """What was done in an output folder, on disk after every step."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._path = output / LEDGER
        self._done: dict[str, Done] = {}
        try:
            told: Mapping[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
            self._done = {name: Done(each["inputs"], each["outputs"]) for name, each in told.items()}
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError, AttributeError):
            self._done = {}  # half a file or another's: every step is done again

    def get(self, step: str) -> Done | None:
        """Give what is known of a step."""
        return self._done.get(step)

    def write(self, step: str, inputs: str, outputs: Sequence[str]) -> None:
        """Note that a step was done."""
        self._done[step] = Done(inputs, {name: digest(self._output / name) for name in outputs})
        text = json.dumps({name: attrs.asdict(done) for name, done in self._done.items()}, indent=1, sort_keys=True)
        write_whole(self._path, text + "\n")

    def changed(self, done: Done) -> tuple[list[str], list[str]]:
        """Give the files of a step that are gone, and those that are not what it made."""
        gone = [name for name in done.outputs if not (self._output / name).is_file()]
        other = [
            name for name, made in done.outputs.items() if name not in gone and digest(self._output / name) != made
        ]
        return gone, other


def check_names(names: Collection[str], known: Collection[str], option: str) -> None:
    """Refuse names that no step has.

    Raises:
        SettingsError: one is unknown.
    """
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SettingsError(
            [Problem(option, f"there is no step {name!r}", hint=did_you_mean(name, known)) for name in unknown]
        )


def run_steps(
    steps: Sequence[Step], output: Path, skip: Collection[str] = (), again: Collection[str] = ()
) -> Iterator[str]:
    """Run what has to be run, in order; a line for each step as it is done.

    Raises:
        BuildRefused: a step failed, or a file that it locks was changed.
        SettingsError: a step that is not skipped needs what a skipped one would make.
    """
    ledger = Ledger(output)
    for step in steps:
        if step.name in skip:
            yield f"{step.name}: skipped"
            continue
        for name, maker in step.needs.items():
            if not (output / name).is_file():
                hint = f"do not skip {maker}, or skip {step.name}, too"
                raise SettingsError([Problem(step.name, f"needs {name}, which the step {maker} makes", hint=hint)])
        inputs = step.fingerprint()
        done = ledger.get(step.name)
        if done is not None and step.name not in again:
            gone, other = ledger.changed(done)
            if other and step.locked:
                hint = f"put it back, or make it anew: --again {step.name}"
                raise BuildRefused([Problem(step.name, f"{name} is not what was locked", hint=hint) for name in other])
            if other:
                kept = ", ".join(other)
                yield f"{step.name}: {kept} was changed by hand and is kept; --again {step.name} replaces it"
                continue
            if not gone and done.inputs == inputs:
                yield f"{step.name}: up to date"
                continue
        outputs, line = step.run()
        ledger.write(step.name, inputs, outputs)
        yield f"{step.name}: {line}"
