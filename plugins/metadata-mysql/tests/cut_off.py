"""Runs migrations in child processes that kill themselves with SIGKILL at a chosen statement to the server.

    python cut_off.py FOLDER RUN... < url

FOLDER holds the files, or is `shipped`. A run is `up:` or `down:` and the place where it is killed: `3~` when the third
statement after the plan is under way, `3+` when it has been answered; no place: it is left alone. Prints how each
ended, as JSON.
"""

import asyncio
import json
import os
import signal
import sys

from altus4_metadata_mysql import tracking
from altus4_metadata_mysql.link import options_of
from altus4_metadata_mysql.plugin import shipped
from altus4_mysql import make_driver

from altus4_core.clock import SystemClock
from altus4_core.errors import Altus4Error
from altus4_core.migrate.plan import plan_down, plan_up, read_files
from altus4_core.migrate.run import run_steps
from altus4_core.seams import Migrations
from altus4_core.settings import Secret


class Deadly:
    """A connection that ends its process at one of its statements."""

    def __init__(self, inner, place):
        self._inner = inner
        self._place = place
        self.count = None  # counts from the plan on

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def query(self, sql, limits=None):
        if self.count is None or not self._place:
            return await self._inner.query(sql, limits)
        self.count += 1
        if f"{self.count}~" == self._place:
            task = asyncio.ensure_future(self._inner.query(sql, limits))
            await asyncio.sleep(0.001)  # sent; the answer to a statement that changes tables takes longer
            os.kill(os.getpid(), signal.SIGKILL)
            return await task
        rows = await self._inner.query(sql, limits)
        if f"{self.count}+" == self._place:
            os.kill(os.getpid(), signal.SIGKILL)
        return rows


class DeadlyDriver:
    def __init__(self, place):
        self._inner = make_driver()
        self._place = place
        self.made = []

    async def connect(self, options, *, only=None):
        self.made.append(Deadly(await self._inner.connect(options, only=only), self._place))
        return self.made[-1]


async def migrate(url, way, folder, place):
    driver = DeadlyDriver(place)
    tracking.make_driver = lambda _name: driver
    store = tracking.MySQLMigrationStore(options_of(Secret(url), query_timeout=60), "")
    files = read_files([shipped() if folder == "shipped" else Migrations("", folder)])
    async with store.session(wait=30) as session:
        applied = await session.applied()
        steps = (plan_up if way == "up" else plan_down)(files, applied)
        driver.made[-1].count = 0
        await run_steps(session, steps, applied, SystemClock())


def child(url, way, folder, place):
    try:
        asyncio.run(migrate(url, way, folder, place))
    except Altus4Error as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def main():
    folder, *runs = sys.argv[1:]
    url = sys.stdin.read().strip()
    ends = []
    for run in runs:
        way, _, place = run.partition(":")
        pid = os.fork()
        if pid == 0:
            os._exit(child(url, way, folder, place))
        _, status = os.waitpid(pid, 0)
        ends.append(os.waitstatus_to_exitcode(status))
    print(json.dumps(ends))


if __name__ == "__main__":
    main()
