"""apt-get in a folder of its own: downloads signed packages without root and without touching the system."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from .errors import FetchError
from .sources import Source

_KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")
_CREDENTIALS = re.compile(r"//[^/@\s]+@")
# Only maintainer scripts and helper scripts need Perl, and nothing here runs them: 60 MB less to fetch and unpack.
_PERL_STANDS_IN = """\
Package: perl
Status: install ok installed
Priority: optional
Section: perl
Installed-Size: 0
Maintainer: Altus 4 <sandbox@localhost>
Architecture: {architecture}
Multi-Arch: allowed
Version: 99
Description: stands in for an interpreter that is never run

"""


@attrs.frozen
class AptFolder:
    """A private apt state below `root`: lists, cache, status and configuration.

    Proxies and credentials configured on the machine stay in force; its hooks, pins and sources do not.
    """

    root: Path

    @property
    def archives(self) -> Path:
        """Where downloaded packages wait to be unpacked."""
        return self.root / "archives"

    def prepare(self, source: Source, suite: str) -> None:
        """Write configuration and the one source line for `suite` of the mirror `source`. Raises FetchError."""
        for path in (self.root / "lists/partial", self.archives / "partial"):
            path.mkdir(parents=True, exist_ok=True)
        architecture = _run(["dpkg", "--print-architecture"]).strip()
        (self.root / "status").write_text(_PERL_STANDS_IN.format(architecture=architecture), encoding="utf-8")
        options = f"arch={architecture} target=Packages lang=none pdiffs=no{self._signed_by(source)}"
        line = f"deb [{options}] {source.uri} {suite} main\n"
        (self.root / "sources.list").write_text(line, encoding="utf-8")
        (self.root / "apt.conf").write_text(self._configuration(), encoding="utf-8")

    def update(self) -> None:
        """Fetch and verify the package lists. Raises FetchError."""
        self._apt_get(["update", "-q"], None)

    def download(self, packages: Sequence[str], advance: Callable[[float], None]) -> list[Path]:
        """Download `packages` with all they depend on; complete files are not fetched twice. Raises FetchError."""
        arguments = ["install", "-q", "-y", "--no-install-recommends", "--download-only", *packages]
        self._apt_get(arguments, advance)
        # Earlier, interrupted runs may have left packages of older versions: take what belongs to this plan only.
        plan = self._apt_get(["install", "-q", "-s", "-y", "--no-install-recommends", *packages], None)
        names = {line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")}
        newest: dict[str, Path] = {}
        for path in sorted(self.archives.glob("*.deb"), key=lambda file: file.stat().st_mtime_ns):
            if (name := path.name.split("_", 1)[0]) in names:
                newest[name] = path
        if missing := sorted(names - set(newest)):
            message = f"apt-get did not deliver {', '.join(missing)}: run it again"
            raise FetchError(message)
        return sorted(newest.values())

    def _signed_by(self, source: Source) -> str:
        if "PGP PUBLIC KEY" in source.signed_by:
            key = self.root / "archive.asc"
            key.write_text(source.signed_by.strip() + "\n", encoding="utf-8")
            return f" signed-by={key}"
        keyrings = [source.signed_by, *(f"/usr/share/keyrings/{name}" for name in _KEYRINGS)]
        found = next((path for path in keyrings if path and Path(path.split(",")[0]).is_file()), None)
        # Without a keyring of its own a source is checked against apt's trusted keys: checked all the same.
        return f" signed-by={found}" if found else ""

    def _configuration(self) -> str:
        root = self.root
        lines = [
            # The machine's hooks would run for our private state, too: some of them empty the system's package cache.
            "#clear APT::Update::Pre-Invoke;",
            "#clear APT::Update::Post-Invoke;",
            "#clear APT::Update::Post-Invoke-Success;",
            f'Dir::State "{root}";',
            f'Dir::State::Lists "{root}/lists";',
            f'Dir::State::status "{root}/status";',
            f'Dir::Cache "{root}";',
            f'Dir::Cache::Archives "{root}/archives";',
            f'Dir::Etc::sourcelist "{root}/sources.list";',
            'Dir::Etc::sourceparts "/dev/null";',
            'Dir::Etc::preferences "/dev/null";',
            'Dir::Etc::preferencesparts "/dev/null";',
            'Acquire::Retries "2";',
            'Acquire::http::Timeout "20";',
            'Acquire::https::Timeout "20";',
            'APT::Get::AllowUnauthenticated "false";',
            'Acquire::AllowInsecureRepositories "false";',
            'Acquire::AllowDowngradeToInsecureRepositories "false";',
        ]
        if os.geteuid() == 0:
            # apt drops to its own user for downloads, who cannot enter a private cache folder.
            lines.append('APT::Sandbox::User "root";')
        return "\n".join(lines) + "\n"

    def _apt_get(self, arguments: list[str], advance: Callable[[float], None] | None) -> str:
        command = ["apt-get", "-c", str(self.root / "apt.conf"), *arguments]
        if advance is None:
            return _run(command)
        read, write = os.pipe()
        try:
            command[1:1] = ["-o", f"APT::Status-Fd={write}"]
            with (self.root / "apt-get.log").open("w+", encoding="utf-8", errors="replace") as log:
                process = _popen(command, log.fileno(), write)
                os.close(write)
                write = -1
                try:
                    _follow(read, advance)
                    code = process.wait()
                except BaseException:
                    process.kill()
                    process.wait()
                    raise
                log.seek(0)
                return _checked(command, code, log.read())
        finally:
            os.close(read)
            if write >= 0:
                os.close(write)


def unpack(package: Path, target: Path) -> None:
    """Unpack one `.deb` below `target`, without the documentation. Raises FetchError."""
    _run(["dpkg-deb", "-x", str(package), str(target)])
    for name in ("doc", "man", "locale", "info", "lintian", "bug"):
        shutil.rmtree(target / "usr/share" / name, ignore_errors=True)


def available() -> bool:
    """Whether this machine has apt and can unpack its packages."""
    return all(shutil.which(name) for name in ("apt-get", "dpkg", "dpkg-deb"))


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _popen(command: list[str], output: int, status: int) -> "subprocess.Popen[bytes]":
    # A fixed program with our own arguments, no shell.
    return subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=_environment(), pass_fds=(status,)
    )


def _follow(descriptor: int, advance: Callable[[float], None]) -> None:
    # Lines "dlstatus:<item>:<percent>:<text>" (apt's README.progress-reporting), until apt closes the pipe.
    with open(descriptor, encoding="utf-8", errors="replace", closefd=False) as lines:
        for line in lines:
            fields = line.split(":", 3)
            if fields[0] == "dlstatus" and len(fields) == 4:
                advance(float(fields[2]) / 100)


def _run(command: list[str]) -> str:
    try:
        # A fixed program with our own arguments, no shell.
        done = subprocess.run(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=_environment(),
            check=False,
        )
    except OSError as error:
        message = f"cannot run {command[0]}: {error.strerror}"
        raise FetchError(message) from error
    return _checked(command, done.returncode, done.stdout)


def _checked(command: list[str], code: int, output: str) -> str:
    if code == 0:
        return output
    lines = [line for line in output.splitlines() if line.startswith("E:")] or output.splitlines()[-1:]
    reason = _CREDENTIALS.sub("//", lines[0].removeprefix("E:").strip()) if lines else f"exit code {code}"
    message = f"{command[0]} failed: {reason}"
    raise FetchError(message)
