"""What identity and limits cost: the standard gateway against one that asks nobody who calls, in one run.

    nox -s bench -- identity [--driver aiomysql|asyncmy] [--processes 3] [--rounds 5] [--seconds 4] [--rows 100000]

The other gateway is the same but for the plugins `accounts`, `api-keys` and `rate-limit`; a plugin of this file gives
every request one fixed identity and permits everything. Both search the same database and write the same log. Several
processes of each are measured: the same gateway started twice differs by some 3 % for as long as it runs.
"""

import argparse
import asyncio

from rounds import Contender, arguments, compare
from scene import BODY, check, scene

from altus4_core.composing.discovery import standard_names

LEFT_OUT = {"accounts", "api-keys", "rate-limit"}

OPEN = '''"""Everybody is one user, who may do everything."""

from altus4_core import Plugin, hookimpl
from altus4_core.records import Identity

USER = Identity("{user_id}", "open", "open", permissions=frozenset({{"search"}}))


class Scheme:
    name = "open"

    async def authenticate(self, request):
        return USER


class Permits:
    name = "open"

    async def permits(self, identity, action, resource):
        return True


class Open(Plugin):
    """No questions asked."""

    @hookimpl
    def altus4_auth_schemes(self):
        return [Scheme()]

    @hookimpl
    def altus4_policies(self):
        return [Permits()]
'''


async def measure(options: argparse.Namespace) -> None:
    """Run everything."""
    async with scene(options.driver, options.rows) as here:
        plugin = here.folder / "open.py"
        plugin.write_text(OPEN.format(user_id=here.user_id))
        enabled = [name for name in standard_names() if name not in LEFT_OUT]
        configuration = here.folder / "open.toml"
        configuration.write_text(f"enable = {enabled}\n")
        without = {"ALTUS4_CONFIG": str(configuration)}
        contenders = []
        port = options.port
        for _ in range(options.processes):
            unauthenticated = await here.gateway(port, "--plugin", f"{plugin}:Open", environ=without)
            await check(port, "")
            authenticated = await here.gateway(port + 1)
            await check(port + 1, here.headers)
            contenders += [
                Contender("unauthenticated", port, unauthenticated.pid),
                Contender("authenticated", port + 1, authenticated.pid, here.headers),
            ]
            port += 2
        print(f"driver {options.driver}, {options.rows} rows, {options.clients} clients, {options.processes} of each")
        await compare(
            contenders,
            BODY,
            {"mysqld": here.server.pid or 0},
            clients=options.clients,
            rounds=options.rounds,
            seconds=options.seconds,
        )


if __name__ == "__main__":
    parser = arguments("asyncmy")
    parser.add_argument("--processes", type=int, default=3, help="gateways of each kind")
    asyncio.run(measure(parser.parse_args()))
