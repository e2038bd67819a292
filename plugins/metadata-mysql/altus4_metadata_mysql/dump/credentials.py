"""How a client program learns the password: from an option file that has no name.

The file is made without a name where the system can do that, else unlinked at once, and inherited as a descriptor: no
command line, no environment and no folder ever shows it, and `kill -9` leaves nothing behind.
"""

import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Final

import attrs
from altus4_mysql import ConnectOptions

ESCAPED: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"}
MYSQL_MODES: Final = {
    "disabled": "DISABLED",
    "required": "REQUIRED",
    "verify-ca": "VERIFY_CA",
    "verify-identity": "VERIFY_IDENTITY",
}


@attrs.frozen
class OptionFile:
    """`argument` comes first on the program's command line; `descriptors` are to be inherited."""

    argument: str
    descriptors: tuple[int, ...]


@contextmanager
def option_file(options: ConnectOptions, product: str) -> Iterator[OptionFile]:
    """Write the option file of a connection; it is gone when the block is left."""
    files: list[IO[bytes]] = []
    try:
        pem = {"ssl-ca": options.tls.ca_pem, "ssl-cert": options.tls.cert_pem, "ssl-key": options.tls.key_pem}
        paths = {name: _hidden(text, files) for name, text in pem.items() if text is not None}
        lines = [f'{name}="{_escaped(value)}"' for name, value in _client(options, product, paths).items()]
        path = _hidden("\n".join(["[client]", *lines, ""]), files)
        yield OptionFile(f"--defaults-file={path}", tuple(file.fileno() for file in files))
    finally:
        for file in files:
            file.close()


def _client(options: ConnectOptions, product: str, paths: Mapping[str, str]) -> Mapping[str, str]:
    values = {
        "host": options.host,
        "port": str(options.port),
        "user": options.user,
        "password": options.password,
        "protocol": "tcp",
        **paths,
    }
    verifies = options.tls.mode.startswith("verify-")
    if verifies and "ssl-ca" not in paths and (system := ssl.get_default_verify_paths().cafile):
        values["ssl-ca"] = system
    if product == "MySQL":
        values["ssl-mode"] = MYSQL_MODES[options.tls.mode]
        if options.loopback_key:
            values["get-server-public-key"] = "1"
    elif options.tls.mode == "disabled":
        values["skip-ssl"] = "1"
    else:
        values["ssl"] = "1"
        values["ssl-verify-server-cert"] = "1" if verifies else "0"
    return values


def _hidden(text: str, files: list[IO[bytes]]) -> str:
    # Beside the descriptors 0 to 2, which the program has for itself.
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by whoever keeps the list
    files.append(file)
    os.fchmod(file.fileno(), 0o600)
    file.write(text.encode())
    file.flush()
    file.seek(0)
    return f"/dev/fd/{file.fileno()}"


def _escaped(value: str) -> str:
    return "".join(ESCAPED.get(character, character) for character in value)
