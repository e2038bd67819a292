"""The demo's settings, as environment variables of the gateway: nothing is read from the user's own files."""

import base64
import secrets
import socket
from pathlib import Path

from altus4_sandbox.address import ServerAddress

METADATA = "altus4_metadata"
HOST = "127.0.0.1"
TRIES = 100


def demo_environment(server: ServerAddress, port: int, folder: Path) -> dict[str, str]:
    """Give the variables of a gateway on this server. Secrets are new each time.

    Loopback is opened for customers' databases, because the demo's are there; a real deployment leaves it closed.
    """
    settings = folder / "altus4.toml"
    settings.write_text("# The demo keeps its settings in the environment.\n", encoding="utf-8")
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "ALTUS4_CONFIG": str(settings),
        "ALTUS4_ENVIRONMENT": "development",
        "ALTUS4_METADATA_URL": server.url_of(METADATA, tls=False),
        "ALTUS4_SESSION_SECRET": secrets.token_urlsafe(48),
        "ALTUS4_ENCRYPTION_KEYS": f"demo:{key}",
        "ALTUS4_HOST": HOST,
        "ALTUS4_PORT": str(port),
        "ALTUS4_PLUGINS__DATABASES_MYSQL__ALLOWED_NETWORKS": f"{HOST}/32",
        "ALTUS4_PLUGINS__DATABASES_MYSQL__ALLOWED_PORTS": str(server.port),
    }


def free_port(wanted: int) -> int:
    """Give the wanted port, or the next one that is free."""
    for port in range(wanted, min(wanted + TRIES, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    message = f"no free port between {wanted} and {wanted + TRIES}"
    raise OSError(message)
