"""`python -m altus4_sandbox`: servers for programs that are not written in Python, and for test runners."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from types import FrameType

from altus4_core.progress import progress_for

from .address import ServerAddress
from .errors import SandboxError
from .finder import find_or_fetch
from .flavour import Flavour
from .guard import die_with_parent
from .server import PrivateServer
from .shared import shared_address, variable_of

USAGE = """\
python -m altus4_sandbox run [--flavour mysql] [--json]     serve until interrupted
python -m altus4_sandbox exec [--flavours mysql,mariadb] -- COMMAND...
                                                            run COMMAND with ALTUS4_TEST_*_URL set
python -m altus4_sandbox fetch [--flavours mysql,mariadb]   only make sure that the servers are there
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code, 1 with one line on standard error when no server can be had."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "run":
            return _run(options.flavour, as_json=options.json)
        if options.command == "exec":
            return _exec(options.flavours, options.argv)
        for flavour in options.flavours:
            found = find_or_fetch(flavour, progress=progress_for())
            print(f"{found.flavour.product} {found.version}: {' '.join(found.argv)}")
    except SandboxError as error:
        print(f"altus4_sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m altus4_sandbox", usage=USAGE)
    # Without `prog` each command's help would begin with the usage of them all.
    commands = parser.add_subparsers(dest="command", required=True, prog="python -m altus4_sandbox")
    run = commands.add_parser("run")
    run.add_argument("--flavour", type=Flavour, choices=list(Flavour), default=None)
    run.add_argument("--json", action="store_true")
    execute = commands.add_parser("exec")
    execute.add_argument("--flavours", type=_flavours, default=list(Flavour))
    execute.add_argument("argv", nargs="+", metavar="COMMAND")
    fetch = commands.add_parser("fetch")
    fetch.add_argument("--flavours", type=_flavours, default=list(Flavour))
    return parser


def _flavours(text: str) -> list[Flavour]:
    return [Flavour(name.strip()) for name in text.split(",")]


def _run(flavour: Flavour | None, *, as_json: bool) -> int:
    # Fetching may be interrupted at once; a server that has begun to start is stopped in order.
    installation = find_or_fetch(flavour, progress=progress_for())
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with PrivateServer(installation) as server:
        print(_described(server.address, as_json=as_json), flush=True)
        while not ended.wait(0.3):
            if server.pid is None:
                print(f"altus4_sandbox: {server.flavour.product} ended by itself", file=sys.stderr)
                return 1
    return 0


def _described(address: ServerAddress, *, as_json: bool) -> str:
    if not as_json:
        return f"{address.flavour.product} {address.version}: {address.url}"
    fields = ("host", "port", "user", "password", "flavour", "version")
    return json.dumps({name: getattr(address, name) for name in fields})


def _exec(flavours: list[Flavour], command: list[str]) -> int:
    environment = dict(os.environ)
    with ExitStack() as stack:
        for flavour in flavours:
            # A run inside a run shares the outer one's servers.
            if shared_address(flavour, environment) is None:
                server = stack.enter_context(PrivateServer(find_or_fetch(flavour, progress=progress_for())))
                environment[variable_of(flavour)] = server.url
        return _call(command, environment)


def _call(command: list[str], environment: dict[str, str]) -> int:
    def forward(number: int, _: FrameType | None) -> None:
        # Ctrl-C reaches the command by itself, as it shares our terminal; a signal for us alone does not.
        if number != signal.SIGINT:
            child.send_signal(number)

    try:
        # What the caller asked us to run. The hook makes one system call; no other thread runs here.
        child = subprocess.Popen(  # noqa: S603
            command,
            env=environment,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM),  # noqa: PLW1509
        )
    except OSError as error:
        message = f"cannot run {command[0]}: {error.strerror}"
        raise SandboxError(message) from error
    previous = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = child.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    # As shells do: 128 and the signal's number.
    return code if code >= 0 else 128 - code
