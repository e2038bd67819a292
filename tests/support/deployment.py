"""A gateway as its users meet it: a process of its own, set up with its own commands, called over HTTP."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from altus4_sandbox import ServerAddress

SECONDS = 60


@attrs.frozen
class Answer:
    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def data(self) -> Any:
        assert self.status < 300, self.raw
        return self.json["data"]


def settings_for(server: ServerAddress, schema: str, folder: Path) -> dict[str, str]:
    """The environment of a deployer who has a MySQL URL and two secrets, on loopback."""
    return {
        "ALTUS4_METADATA_URL": server.url_of(schema, tls=False),
        "ALTUS4_SESSION_SECRET": secrets.token_urlsafe(48),
        "ALTUS4_ENCRYPTION_KEYS": f"k1:{b64encode(secrets.token_bytes(32)).decode()}",
        "ALTUS4_PORT": str(free_port()),
        "ALTUS4_PLUGINS__DATABASES_MYSQL__ALLOWED_NETWORKS": "127.0.0.0/8",
        "ALTUS4_PLUGINS__DATABASES_MYSQL__ALLOWED_PORTS": str(server.port),
        "HOME": str(folder),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Deployment:
    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
        self.environment = {**clean, **environment}
        self.folder = folder
        self.port = int(environment.get("ALTUS4_PORT", "0"))
        self.log = folder / f"serve-{self.port}.log"
        self.options: Sequence[str] = ()  # of `serve`
        self._process: subprocess.Popen[bytes] | None = None

    def command(
        self, *arguments: str, stdin: str = "", more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "altus4_core", *arguments],
            input=stdin,
            env={**self.environment, **(more or {})},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def must(self, *arguments: str, stdin: str = "") -> str:
        done = self.command(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "altus4_core", "serve", *self.options]
            self._process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stderr=log)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log.read_text()
            try:
                if self.get("/health/ready").status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Stop and give the seconds it took."""
        if self._process is None:
            return 0.0
        begun = time.monotonic()
        self._process.send_signal(number)
        code = self._process.wait(30)
        self._process = None
        assert code == (0 if number in {signal.SIGTERM, signal.SIGINT} else -number), self.log.read_text()
        return time.monotonic() - begun

    def request(
        self, method: str, path: str, body: Any = None, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Content-Type": "application/json", **(headers or {})}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            connection.request(method, path, raw, sent)
            response = connection.getresponse()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def get(self, path: str, key: str | None = None) -> Answer:
        return self.request("GET", path, key=key)

    def search(self, key: str, query: str, **more: Any) -> Answer:
        return self.request("POST", "/api/v1/search", {"query": query, **more}, key)

    def user(self, email: str) -> str:
        self.must("accounts", "create", "--email", email, "--name", "Somebody", "--json")
        return email

    def key(self, email: str, permissions: str = "search,analytics") -> str:
        arguments = ["api-keys", "create", "--user", email, "--permissions", permissions, "--json"]
        limits = ["--requests-per-hour", "1000000", "--burst", "10000"]
        return str(json.loads(self.must(*arguments, *limits))["secretKey"])

    def connect(self, email: str, server: ServerAddress, schema: str, account: Sequence[str]) -> str:
        user, password = account
        added = self.must(
            "databases", "add", "--user", email, "--name", schema, "--host", server.host, "--port", str(server.port),
            "--database", schema, "--username", user, "--password-stdin", "--tls-mode", "disabled", "--json",
            stdin=password,
        )  # fmt: skip
        return str(json.loads(added)["id"])
