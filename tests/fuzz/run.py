"""Calls every operation of the document with what schemathesis makes up, and looks for what must never be seen.

    python tests/fuzz/run.py [--cases N] [--as key,session,nobody] [--seed N] [further words for `schemathesis run`]

Needs a server's address (`python -m altus4_sandbox exec`). The document is walked once with an API key, once with a
session and once by nobody: no 500, a 502, 503 or 504 only for a reason that is true, every answer as the document
says. Then nothing secret may stand in the gateway's log, nor in its metadata tables in clear, and no traceback.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from altus4_sandbox import Flavour
from altus4_sandbox.shared import shared_address

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))

from world import PASSWORD, World, a_world, run_sql  # noqa: E402  # only found now

CALLERS = ("key", "session", "nobody")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,allow_header_conformance,contract"
)
MOST = str(10**9)
SETTINGS: Mapping[str, str] = {  # what is refused for being too much is not looked into
    "ALTUS4_PLUGINS__ACCOUNTS__BCRYPT_COST": "4",
    "ALTUS4_PLUGINS__ACCOUNTS__SESSION_TIER": "enterprise",
    **{
        f"ALTUS4_PLUGINS__RATE_LIMIT__{name}": MOST
        for name in (
            "FREE_PER_HOUR",
            "FREE_BURST",
            "ENTERPRISE_PER_HOUR",
            "ENTERPRISE_BURST",
            "LOGIN_FAILURES_PER_ACCOUNT",
            "LOGIN_ATTEMPTS_PER_ADDRESS",
            "REGISTRATIONS_PER_ADDRESS",
        )
    },
}
ACCOUNT = {"email": "fuzz@example.com", "password": "correct horse battery", "name": "Fuzz"}


def main() -> int:
    """Run; 1 if anything was found."""
    parser = argparse.ArgumentParser(description="Fuzz the whole document.")
    parser.add_argument("--cases", type=int, default=40, help="most cases of an operation and phase")
    parser.add_argument("--as", dest="callers", default=",".join(CALLERS), help="who calls: key, session, nobody")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    options, more = parser.parse_known_args()
    address = shared_address(Flavour.MYSQL)
    if address is None:
        parser.error("no server: start it with python -m altus4_sandbox exec --flavours mysql -- ...")
    with tempfile.TemporaryDirectory() as folder, a_world(address, Path(folder), SETTINGS) as world:
        secrets = given_secrets(world)
        failed = []
        for caller in options.callers.split(","):
            begun = time.monotonic()
            code = walk(world, caller, options.cases, options.seed, more)
            print(f"{caller}: {'found something' if code else 'nothing found'}, {time.monotonic() - begun:.0f} s")
            failed += [caller] * bool(code)
        time.sleep(2)  # the last events are written
        seen = leaks(world, secrets)
        print("\n".join(seen) or "log and tables: nothing found")
        print(f"seed {options.seed}; answers by status: {statuses(world)}")
    return 1 if failed or seen else 0


def given_secrets(world: World) -> list[str]:
    """Everything that may be nowhere in clear."""
    environment = world.gateway.environment
    keys = environment["ALTUS4_ENCRYPTION_KEYS"].partition(":")[2]
    return [world.ann, world.bob, PASSWORD, ACCOUNT["password"], environment["ALTUS4_SESSION_SECRET"], keys]


def walk(world: World, caller: str, cases: int, seed: int, more: list[str]) -> int:
    """Run schemathesis as a caller; its exit code."""
    url = f"http://127.0.0.1:{world.gateway.port}"
    account = {"username": f"r{world.shop_schema[-8:]}", "password": PASSWORD, "tlsMode": "disabled"}
    where = {"host": world.server.host, "port": world.server.port, **account}
    schemas = (world.shop_schema, world.library_schema)
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
        "FUZZ_URL": url,
        "FUZZ_CALLER": caller,
        "FUZZ_CONNECTIONS": json.dumps([{**where, "name": schema, "database": schema} for schema in schemas]),
        "FUZZ_ACCOUNT": json.dumps(ACCOUNT),
    }
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{url}/openapi.json", "-c", CHECKS]
    command += ["-n", str(cases), "--seed", str(seed), "--continue-on-failure", "--no-color", "--warnings", "off"]
    command += ["--request-timeout", "40", "--generation-database", "none", "--suppress-health-check", "all", *more]
    return subprocess.run(command, env=environment, cwd=world.gateway.folder, check=False).returncode


def statuses(world: World) -> str:
    """Count what was answered: cases that are all refused would find nothing."""
    found = Counter(re.findall(r'"message":"[A-Z]+ [^"]* (\d{3}) [\d.]+ms"', world.gateway.log.read_text()))
    return ", ".join(f"{status} {count}" for status, count in sorted(found.items()))


def text_of(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def leaks(world: World, secrets: list[str]) -> list[str]:
    """Tell what is in the log or the metadata that must not be."""
    log = world.gateway.log.read_text(errors="replace")
    seen = [f"log: {line[:2000]}" for line in log.splitlines() if "Traceback" in line]
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = "
    places = {"log": log}
    for [table] in run_sql(world.server, [f"{tables}'{world.metadata}'"]):
        rows = run_sql(world.server, [f"SELECT * FROM {world.metadata}.`{table}`"])
        places[str(table)] = "\n".join(text_of(value) for row in rows for value in row)
    for place, text in places.items():
        seen += [f"{place}: a secret: {secret[:6]}..." for secret in secrets if secret in text]
        seen += [f"{place}: {found}" for found in re.findall(r"altus4_sk_[a-z]+_\w{30,}", text)]
    return seen


if __name__ == "__main__":
    sys.exit(main())
