"""Everything that is run on this project. `nox` runs lint, typing, tests, contracts and e2e; `nox -s demo` the demo."""

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "typing", "tests", "contracts", "e2e"]
nox.options.reuse_existing_virtualenvs = True

ROOT = Path(__file__).parent
BUILD = ("hatchling>=1.27", "editables")
# uv: tests install plugins of their own, and nox's environments need not have pip.
PYTEST = ("pytest>=8", "pytest-asyncio>=0.25", "pytest-xdist>=3.6", "hypothesis>=6.100", "uv>=0.5")
# Much of the time tests wait for servers and locks: two at once take two thirds of it. A file stays in one process.
AT_ONCE = ("-n", "2", "--dist", "loadfile")


def distributions() -> list[Path]:
    """List the folders of all distributions of the workspace, the core first."""
    return [ROOT, ROOT / "migrations", *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]


def packages() -> list[str]:
    """List the source folders of all distributions."""
    return sorted(str(path.parent.relative_to(ROOT)) for path in ROOT.glob("plugins/*/altus4_*/__init__.py"))


def install_workspace(session: nox.Session, *more: str) -> None:
    """Install all our distributions, with what is optional, in one command: none is looked for in a public index."""
    session.install(*BUILD)
    extras = {ROOT: "[speed]", ROOT / "plugins" / "mysql": "[asyncmy]"}
    ours = [argument for path in distributions() for argument in ("-e", f"{path}{extras.get(path, '')}")]
    session.install("--no-build-isolation", *ours, *more)


def with_servers(session: nox.Session, *command: str, flavours: str = "mysql,mariadb") -> None:
    """Run a command with private servers, whose addresses it finds in its environment."""
    session.run("python", "-m", "altus4_sandbox", "exec", "--flavours", flavours, "--", *command)


@nox.session
def demo(session: nox.Session) -> None:
    """Serve two real databases on a private MySQL: nox -s demo [-- --json | --check | --plugin ./mine.py:Mine]."""
    install_workspace(session)
    # nox gives a child a third of a second after Ctrl-C by default; the demo needs longer to write its last log rows.
    # It also folds standard error into standard output by default, which is for the demo's one JSON line alone.
    session.run("altus4", "demo", *session.posargs, stderr=sys.stderr, interrupt_timeout=15, terminate_timeout=10)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style."""
    session.install("ruff>=0.17,<0.18")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types, strictly."""
    install_workspace(session, "mypy>=2.4,<3", *PYTEST)
    session.run("mypy", "altus4_core", *packages())


@nox.session
def tests(session: nox.Session) -> None:
    """Test the core and each plugin, on MySQL and MariaDB."""
    install_workspace(session, *PYTEST, "openapi-spec-validator>=0.7")
    plugins = sorted(str(path) for path in Path("plugins").glob("*/tests"))
    folders = ["tests/core", "tests/faults", "tests/house", "tests/outside_plugin", *plugins]
    with_servers(session, "pytest", *(session.posargs or [*AT_ONCE, *folders]))


@nox.session
def contracts(session: nox.Session) -> None:
    """Test each plugin alone with the core, and what new-plugin and build make, from wheels in fresh environments."""
    session.install("uv>=0.5", *BUILD)
    wheels = Path(session.create_tmp()).resolve() / "wheels"
    for path in distributions():
        with session.chdir(path):
            session.run("python", "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels), silent=True)
    session.run("python", str(ROOT / "tests" / "contracts.py"), str(wheels), *session.posargs)
    if not session.posargs:
        servers = [ROOT, ROOT / "plugins" / "mysql", ROOT / "plugins" / "sandbox"]  # all by path: see install_workspace
        session.install("--no-build-isolation", *(argument for path in servers for argument in ("-e", str(path))))
        with_servers(session, "python", str(ROOT / "tests" / "scaffolds.py"), str(wheels))
        with_servers(session, "python", str(ROOT / "tests" / "builds.py"), str(wheels), flavours="mysql")


@nox.session
def e2e(session: nox.Session) -> None:
    """Test the whole over HTTP, on MySQL; `thorough` does so on MariaDB, too."""
    install_workspace(session, *PYTEST)
    with_servers(session, "pytest", *(session.posargs or [*AT_ONCE, "tests/e2e"]))


@nox.session
def thorough(session: nox.Session) -> None:
    """Test what takes long: migrations cut off at every statement, the whole on both servers, a minute's outage."""
    install_workspace(session, *PYTEST)
    session.env.update(
        ALTUS4_TEST_EVERY_STATEMENT="1",
        ALTUS4_TEST_EVERY_SERVER="1",
        ALTUS4_TEST_SEARCHES="10000",
        ALTUS4_TEST_OUTAGE_SECONDS="60",
    )
    files = ["plugins/metadata-mysql/tests/test_migrations.py", "tests/e2e"]
    with_servers(session, "pytest", *(session.posargs or files))


@nox.session
def nodes(session: nox.Session) -> None:
    """Restart two nodes with Redis one after the other, under load, and print the figures."""
    install_workspace(session, *PYTEST)
    with_servers(session, "pytest", "-s", *(session.posargs or ["tests/nodes"]), flavours="mysql")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Call the whole document with made-up requests: nox -s fuzz [-- --cases 200 --as key,session,nobody --seed N]."""
    install_workspace(session, "schemathesis>=4.32,<5")
    with_servers(session, "python", "tests/fuzz/run.py", *session.posargs, flavours="mysql")


@nox.session
def docs(session: nox.Session) -> None:
    """Write the pages of docs/ that are made from the code."""
    session.install(*BUILD)
    session.install("--no-build-isolation", "-e", str(ROOT))
    session.run("python", "docs/generate.py")


@nox.session
def build(session: nox.Session) -> None:
    """Build wheels of all distributions into dist/."""
    session.install(*BUILD)
    for path in distributions():
        with session.chdir(path):
            session.run("python", "-m", "hatchling", "build", "-t", "wheel", "-d", str(ROOT / "dist"))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure: nox -s bench -- throughput."""
    install_workspace(session)
    program = session.posargs[0] if session.posargs else "throughput"
    session.run("python", f"bench/{program}.py", *session.posargs[1:])
