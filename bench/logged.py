"""What the search log costs a request: the standard gateway against one without the plugin `analytics`, in one run.

    nox -s bench -- logged [--driver aiomysql|asyncmy] [--rounds 5] [--seconds 4] [--rows 100000]

Both serve the same database; they differ in the plugin alone.
"""

import argparse
import asyncio

from rounds import Contender, arguments, compare
from scene import BODY, check, scene

from altus4_core.composing.discovery import standard_names


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    async with scene(options.driver, options.rows) as here:
        configuration = here.folder / "silent.toml"
        enabled = [name for name in standard_names() if name != "analytics"]
        configuration.write_text(f"enable = {enabled}\n")
        logged = await here.gateway(options.port)
        silent = await here.gateway(options.port + 1, environ={"ALTUS4_CONFIG": str(configuration)})
        for port in (options.port, options.port + 1):
            await check(port, here.headers)
        print(f"driver {options.driver}, {options.rows} rows, {options.clients} clients")
        await compare(
            [
                Contender("not logged", options.port + 1, silent.pid, here.headers),
                Contender("logged", options.port, logged.pid, here.headers),
            ],
            BODY,
            {"mysqld": here.server.pid or 0},
            clients=options.clients,
            rounds=options.rounds,
            seconds=options.seconds,
        )


if __name__ == "__main__":
    asyncio.run(measure(arguments("asyncmy").parse_args()))
