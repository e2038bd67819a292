"""Command lines of a private server: complete, so that no option file of the machine counts."""

import os
from pathlib import Path

import attrs

from .flavour import Flavour
from .installation import Installation


@attrs.frozen
class TlsFiles:
    """PEM files for a server that has no certificates of its own (MariaDB before 11.4 makes none)."""

    ca: Path
    certificate: Path
    key: Path


@attrs.frozen
class ServerOptions:
    """What a caller may change.

    `binlog` writes a binary log into the data folder; `extra_args` are appended as they are and win over ours.
    """

    binlog: bool = False
    tls: TlsFiles | None = None
    extra_args: tuple[str, ...] = ()


def base_arguments(installation: Installation, data: Path, log: Path) -> list[str]:
    """What initialisation and service have in common. `log` must end in `.err`, else MySQL appends that."""
    arguments = ["--no-defaults", f"--datadir={data}", f"--log-error={log}"]
    if os.geteuid() == 0:
        # Both servers refuse to run as root unless told so.
        arguments.append("--user=root")
    if share := installation.share:
        arguments += [f"--lc-messages-dir={share}", f"--character-sets-dir={share / 'charsets'}"]
    if folder := installation.plugin_folder:
        arguments.append(f"--plugin-dir={folder}")
    # Native asynchronous I/O is limited machine-wide and forbidden in many containers.
    arguments += ["--innodb-use-native-aio=OFF", "--innodb-flush-method=fsync", "--performance-schema=OFF"]
    if installation.flavour is Flavour.MARIADB:
        # MySQL's default, and that of the MariaDB packages' own option files.
        arguments += ["--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"]
        arguments += ["--innodb-log-file-size=32M"]
    else:
        arguments += ["--innodb-redo-log-capacity=64M"]
    return arguments


def service_arguments(
    installation: Installation, folder: Path, *, port: int, options: ServerOptions, init_file: Path | None
) -> list[str]:
    """Serve `folder`/data on 127.0.0.1:`port`, nowhere else: no socket file, no X protocol."""
    arguments = [
        *base_arguments(installation, folder / "data", folder / "server.err"),
        "--bind-address=127.0.0.1",
        f"--port={port}",
        "--socket=",
        f"--pid-file={folder / 'server.pid'}",
        f"--tmpdir={folder / 'tmp'}",
        f"--secure-file-priv={folder / 'files'}",
        "--max-connections=300",
        "--innodb-flush-log-at-trx-commit=2",
        "--innodb-buffer-pool-dump-at-shutdown=OFF",
        "--innodb-buffer-pool-load-at-startup=OFF",
    ]
    if installation.flavour is Flavour.MYSQL:
        arguments.append("--mysqlx=OFF")
    if init_file is not None:
        arguments.append(f"--init-file={init_file}")
    arguments += ["--log-bin=binlog", "--server-id=1"] if options.binlog else ["--skip-log-bin"]
    if tls := options.tls:
        arguments += [f"--ssl-ca={tls.ca}", f"--ssl-cert={tls.certificate}", f"--ssl-key={tls.key}"]
    return [*arguments, *options.extra_args]
