"""One build: its steps in their order, in an output folder that nothing else uses."""

from collections.abc import Collection, Iterator
from pathlib import Path

from altus4_core.building import check, container, manifest, resolve, skeleton, wheelhouse
from altus4_core.building.files import STATE, only_build
from altus4_core.building.pip import Pip
from altus4_core.building.plan import BuildPlan
from altus4_core.building.steps import Step, check_names, run_steps
from altus4_core.errors import Problem, SettingsError

STEPS = (resolve.STEP, wheelhouse.STEP, check.STEP, skeleton.STEP, manifest.STEP, container.STEP)


def build(
    plan: BuildPlan, skip: Collection[str] = (), again: Collection[str] = (), *, show: bool = False
) -> Iterator[str]:
    """Run the steps that have to be run; a line for each.

    Args:
        plan: What is to be built.
        skip: Steps to leave out.
        again: Steps to do whatever was done before.
        show: Let pip's output through to standard error.

    Raises:
        SettingsError: a step is unknown, or the output folder has other things in it.
        BuildRefused: a step failed.
        Busy: another build works in the folder.
        OSError: the folder cannot be written.
    """
    check_names(skip, STEPS, "--skip")
    check_names(again, STEPS, "--again")
    _check_folder(plan.output)
    with only_build(plan.output):
        yield from run_steps(_steps(plan, again, show=show), plan.output, skip, again)


def _steps(plan: BuildPlan, again: Collection[str], *, show: bool) -> list[Step]:
    pip = Pip(plan.output / STATE / "tools", show=show)
    resolving, fetching, checking = (
        resolve.Resolve(plan, pip),
        wheelhouse.Wheelhouse(plan, pip),
        check.Check(plan, pip),
    )
    settings, listing, containing = skeleton.Skeleton(plan), manifest.Manifest(plan), container.Container(plan)
    lock, found = {wheelhouse.REQUIREMENTS: wheelhouse.STEP}, {check.FOUND: check.STEP}
    return [
        Step(
            resolve.STEP,
            {},
            resolving.fingerprint,
            lambda: resolving.run(afresh=resolve.STEP in again),
            locked=True,
        ),
        Step(wheelhouse.STEP, {resolve.RESOLVED: resolve.STEP}, fetching.fingerprint, fetching.run, locked=True),
        Step(check.STEP, lock, checking.fingerprint, checking.run, locked=True),
        Step(skeleton.STEP, found, settings.fingerprint, settings.run),
        Step(manifest.STEP, lock | found, listing.fingerprint, listing.run),
        Step(container.STEP, {}, containing.fingerprint, containing.run),
    ]


def _check_folder(output: Path) -> None:
    if output.is_dir() and any(output.iterdir()) and not (output / STATE).is_dir():
        what = "the output folder has other things in it"
        raise SettingsError(
            [Problem("build.output", what, str(output), "choose an empty one, or one that is not there")]
        )
