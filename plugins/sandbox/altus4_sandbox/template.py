"""Initialised data folders, made once per server build and copied for each start."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import attrs

from .cache import Cache
from .errors import StartError
from .filelock import locked
from .flavour import Flavour
from .guarded import GuardedProcess
from .installation import Installation
from .logtail import tail
from .options import base_arguments
from .workspace import Workspace

# Part of the key of every template: count it up when initialisation changes.
_FORMAT = 1
_MARIADB_SQL = (
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "mysql_sys_schema.sql",
)
# Statements of a bootstrap end at the end of a line. The system tables' own data makes accounts for every name of
# this machine; only root@localhost stays, and nobody listens before it has a password.
_MARIADB_BEFORE = "CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
_MARIADB_AFTER = (
    "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';\n"
    "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';\n"
)


@attrs.frozen
class TemplateStore:
    """Templates below the cache; their only open account is `root@localhost`, without a password yet."""

    cache: Cache
    timeout: float = 120.0

    def copy_to(self, installation: Installation, data: Path) -> None:
        """Make `data` a fresh data folder of the server. Raises StartError."""
        template = self._ensure(installation)
        shutil.copytree(template, data)
        data.chmod(0o700)

    def _ensure(self, installation: Installation) -> Path:
        target = self.cache.templates / _key(installation)
        with locked(self.cache.templates / f".{target.name}.lock"):
            if not target.is_dir():
                for leftover in target.parent.glob(f".{target.name}-*"):
                    shutil.rmtree(leftover, ignore_errors=True)
                workspace = Workspace.create()
                try:
                    self._initialise(installation, workspace)
                    self._keep(workspace.folder / "data", target)
                finally:
                    workspace.remove()
        return target

    def _keep(self, data: Path, target: Path) -> None:
        # A UUID names one server: each copy makes its own.
        (data / "auto.cnf").unlink(missing_ok=True)
        # The temporary folder may be on another disk, and only a rename within one is atomic.
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            shutil.copytree(data, staging / "data")
            (staging / "data").rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _initialise(self, installation: Installation, workspace: Workspace) -> None:
        folder = workspace.folder
        data, log = folder / "data", folder / "server.err"
        command = [*installation.argv, *base_arguments(installation, data, log)]
        if installation.flavour is Flavour.MARIADB:
            (data / "mysql").mkdir(parents=True)
            command.append("--bootstrap")
            script = folder / "bootstrap.sql"
            script.write_bytes(_bootstrap_sql(installation))
        else:
            command.append("--initialize-insecure")
            script = Path(os.devnull)
        process = GuardedProcess.start(command, folder=folder, lock=workspace.lock, log=log, script=script)
        ended = process.wait(self.timeout)
        code = process.exit_code
        process.kill()
        if not ended or code != 0:
            state = f"failed with exit code {code}" if ended else f"took longer than {self.timeout:.0f} s"
            message = (
                f"initialising a data folder with {installation.flavour.product} {installation.version} {state}:"
                f" check {installation.binary} and the space below {folder.parent}\n{tail(log)}"
            )
            raise StartError(message)


def _key(installation: Installation) -> str:
    status = installation.binary.stat()
    build = f"{_FORMAT}:{installation.binary}:{status.st_size}:{status.st_mtime_ns}"
    digest = hashlib.sha256(build.encode()).hexdigest()[:12]
    return f"{installation.flavour}-{installation.version}-{digest}"


def _bootstrap_sql(installation: Installation) -> bytes:
    share = installation.share
    if share is None or not (share / _MARIADB_SQL[0]).is_file():
        message = (
            f"MariaDB {installation.version} at {installation.binary} comes without its system tables"
            f" ({_MARIADB_SQL[0]}): install the complete server package"
        )
        raise StartError(message)
    files = (share / name for name in _MARIADB_SQL)
    parts = [path.read_bytes() for path in files if path.is_file()]
    return b"\n".join([_MARIADB_BEFORE.encode(), *parts, _MARIADB_AFTER.encode()])
