"""What the commands of `altus4 migrate` have in common: options, files, the lock, the run and what is printed."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import attrs
import click
import orjson

from altus4_core.commands import CommandContext, confirm_destructive
from altus4_core.migrate.files import MigrationFile, read_files
from altus4_core.migrate.plan import Step, out_of_order, plan_up
from altus4_core.migrate.run import Report, run_steps
from altus4_core.migrate.seeds import Seed, read_seeds, run_seed
from altus4_core.migrate.sqlsplit import join_statements
from altus4_core.progress import Progress, SilentProgress, progress_for
from altus4_core.seams import Migrations
from altus4_core.store import AppliedMigration, MigrationSession, MigrationStore

WAIT_SECONDS = 60.0
LONGEST_SCHEMA = 64
Plan = Callable[[Sequence[MigrationFile], Sequence[AppliedMigration]], list[Step]]

path_option = click.option(
    "--path", type=click.Path(exists=True, file_okay=False), help="Take the place of the shipped files."
)
database_option = click.option("--database", metavar="SCHEMA", help="Another schema of the same server.")
wait_option = click.option(
    "--wait",
    type=click.FloatRange(0, 86400),
    default=WAIT_SECONDS,
    show_default=True,
    help="Seconds to wait for the lock.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
file_option = click.option("--file", metavar="NNN_name", help="Only this file.")
seed_option = click.option("--seed", is_flag=True, help="Then run the files in seeds/ of the migrations folder.")
force_option = click.option("--force", is_flag=True, help="Do it in production, too, and do not ask.")


def run_options(command: Any) -> Any:
    """Add the options of every command that runs something."""
    pretend = click.option("--pretend", is_flag=True, help="Print the SQL; write nothing at all.")
    for option in (path_option, database_option, pretend, wait_option, json_option):
        command = option(command)
    return command


def in_schema(context: CommandContext, schema: str | None) -> None:
    """Let the metadata URL name another schema. Call it before anything else."""
    if schema is None:
        return
    if not schema or len(schema) > LONGEST_SCHEMA or not schema.isprintable():
        message = f"a schema's name has 1 to {LONGEST_SCHEMA} printable characters"
        raise click.BadParameter(message, param_hint="--database")
    url = context.settings.core.metadata.url.reveal()
    if url:
        there = urlsplit(url)._replace(path="/" + quote(schema, safe="")).geturl()
        context.override(ALTUS4_METADATA_URL=there)


def namespaces_of(context: CommandContext, path: str | None) -> list[Migrations]:
    """Give what the plugins offer; `path` takes the place of the metadata schema's own folder."""
    found = [entry.provider for entry in context.gateway.composition.of("migrations")]
    if path is not None:
        return [Migrations("", str(Path(path).resolve())), *(each for each in found if each.name)]
    return found


@attrs.frozen
class Job:
    """One run: what it plans is rolled back or applied under the lock.

    `only_back` does nothing but roll back; `wipe` (None: no; else whether views go, too) empties the schema first;
    `then_up` applies what is pending when the plan has run; `seed` runs the seeds at the end.
    """

    context: CommandContext
    path: str | None
    wait: float
    pretend: bool
    as_json: bool
    plan: Plan
    only_back: bool = False
    then_up: bool = False
    wipe: bool | None = None
    seed: bool = False

    def run(self, name: str, *, force: bool = False, destroys: bool = False) -> None:
        """Do it and print it; `name` is the command, as an operator types it."""
        if destroys and not self.pretend:
            confirm_destructive(self.context, name, force=force)
        if self.seed and not self.pretend:
            # Rows for development have no place in production; that they destroy nothing makes it no better.
            confirm_destructive(self.context, f"{name} --seed", force=force or destroys)
        done, seeds = self.context.run(self._work, services=(MigrationStore,))
        if self.as_json:
            data = [step_json(step, pretend=self.pretend) for step in done]
            click.echo(orjson.dumps([*data, *({"filename": seed.name, "way": "seed"} for seed in seeds)]))
        elif self.pretend:
            self._print_sql(done, seeds)
        elif not done and not seeds:
            click.echo("nothing to do", err=True)

    async def _work(self) -> tuple[Sequence[Step], Sequence[Seed]]:
        namespaces = namespaces_of(self.context, self.path)
        files = read_files(namespaces)
        seeds = read_seeds(namespaces) if self.seed else []
        if self.seed and not seeds:
            click.echo("note: there are no files seeds/NNN_name.sql beside the migrations", err=True)
        store = self.context.service(MigrationStore)
        applied = await store.applied()
        if self.pretend or (self.only_back and not applied):  # taking the lock would make the schema
            steps = self.plan(files, applied)
            return [*steps, *self._up_after(files, applied, steps)], seeds
        async with store.session(wait=self.wait) as session:
            return await self._locked(session, files), [await self._seeded(session, seed) for seed in seeds]

    def _up_after(
        self, files: Sequence[MigrationFile], applied: Sequence[AppliedMigration], steps: Sequence[Step]
    ) -> list[Step]:
        if not self.then_up:
            return []
        gone = {step.file.filename for step in steps}
        rest = [] if self.wipe is not None else [row for row in applied if row.filename not in gone]
        return plan_up(files, rest)

    async def _locked(self, session: MigrationSession, files: Sequence[MigrationFile]) -> list[Step]:
        applied = await session.applied()
        steps = self.plan(files, applied)
        self._up_after(files, applied, steps)  # what cannot be applied again is refused before anything is gone
        if self.wipe is not None:
            for dropped in await session.wipe(views=self.wipe):
                self._say(f"dropped {dropped}")
        await self._run(session, files, steps, applied)
        if not self.then_up:
            return steps
        applied = await session.applied()
        up = plan_up(files, applied)
        await self._run(session, files, up, applied)
        return [*steps, *up]

    async def _run(
        self,
        session: MigrationSession,
        files: Sequence[MigrationFile],
        steps: Sequence[Step],
        applied: Sequence[AppliedMigration],
    ) -> None:
        late = set(out_of_order(files, applied))
        for name in [step.file.filename for step in steps if step.way == "up" and step.file.filename in late]:
            click.echo(f"note: {name} comes before files that are applied already", err=True)
        await run_steps(session, steps, applied, self.context.gateway.clock, self._reporter(steps))

    async def _seeded(self, session: MigrationSession, seed: Seed) -> Seed:
        await run_seed(session, seed)
        self._say(f"seeded {seed.name}")
        return seed

    def _say(self, text: str) -> None:
        if not self.as_json:
            click.echo(text)
            sys.stdout.flush()

    def _reporter(self, steps: Sequence[Step]) -> Report:
        # Off a terminal the line of each file that is done is the progress.
        shown: Progress = progress_for() if sys.stderr.isatty() and not self.as_json else SilentProgress()
        total = sum(len(step.statements) - step.begin for step in steps)
        ran = 0

        def report(step: Step, done: int) -> None:
            nonlocal ran
            ran += 1
            shown.advance("migrating", min(1.0, ran / max(total, 1)))
            if done == len(step.statements):
                self._say(f"{'applied' if step.way == 'up' else 'rolled back'} {step.file.filename}")

        return report

    def _print_sql(self, steps: Sequence[Step], seeds: Sequence[Seed]) -> None:
        if self.wipe is not None:
            click.echo(f"-- every table{' and view' if self.wipe else ''} of the schema is dropped")
        for step in steps:
            click.echo(f"-- {step.file.filename} {step.way}")
            click.echo(join_statements(step.statements[step.begin :]), nl=False)
        for seed in seeds:
            click.echo(f"-- seed {seed.name}")
            click.echo(join_statements(seed.statements), nl=False)


def step_json(step: Step, *, pretend: bool) -> dict[str, Any]:
    """Give a step for programs."""
    data: dict[str, Any] = {"filename": step.file.filename, "way": step.way, "statements": len(step.statements)}
    if pretend:
        data["sql"] = [statement.sql for statement in step.statements[step.begin :]]
    return data
