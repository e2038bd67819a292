"""docs/operating.md, typed from top to bottom, on a server with a binary log; and the SQL that no server runs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from altus4_mysql import QueryFailed
from altus4_sandbox import PrivateServer, ServerOptions
from house import ROOT
from world import run_sql

PAGE = ROOT / "docs" / "operating.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "---8<---"
NOWHERE = [
    "CREATE INDEX CONCURRENTLY i ON t (id)",
    "SET GLOBAL innodb_ft_min_token_size = 2",
    "SET GLOBAL ft_min_word_len = 2",
    "GRANT SELECT ON information_schema.* TO CURRENT_USER",
    "SELECT pages FROM information_schema.statistics",
    "CREATE TABLE databases (id INT)",
]


@pytest.fixture(params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest, private_server) -> PrivateServer:
    return private_server(request.param, ServerOptions(binlog=True))


@pytest.mark.skipif(not (shutil.which("jq") and shutil.which("openssl")), reason="needs jq and openssl")
def test_the_page(server: PrivateServer, client_programs, tmp_path: Path) -> None:
    flavour = server.address.flavour.value
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) > 8
    admin = tmp_path / "admin.cnf"
    admin.touch(mode=0o600)
    address = server.address
    admin.write_text(
        f"[client]\nuser={address.user}\npassword={address.password}\nhost={address.host}\nport={address.port}\n"
        "protocol=tcp\n"
    )
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for program, words in (("altus4", " -m altus4_core"), ("python", "")):
        (bin_folder / program).write_text(f'#!/bin/sh\nexec {sys.executable}{words} "$@"\n')
        (bin_folder / program).chmod(0o755)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ALTUS4_", "DB_"))}
    environment = {
        **clean,
        "PATH": f"{bin_folder}:{client_programs(flavour)}:{clean['PATH']}",
        "SERVER": flavour,
        "CLIENT": "mysql" if flavour == "mysql" else "mariadb",
        "BINLOG": "mysqlbinlog" if flavour == "mysql" else "mariadb-binlog",
        "HOST": address.host,
        "PORT": str(address.port),
        "QUERY": "?tls=disabled&loopback-key=yes",
        "NOTLS": "--no-tls",
        "DOCS": str(ROOT / "docs"),
    }
    # One shell for all: what a block sets, the next ones use. A mark between them tells their output apart.
    script = "set -euo pipefail\n" + f"\necho '{MARK}'\n".join(blocks)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    said = done.stdout.split(f"{MARK}\n")
    assert len(said) == len(blocks)
    assert any("Ann" in output.splitlines() for output in said), "the row that was written after the backup is back"
    assert any("103_add_performance_indexes" in output for output in said), "the files of one's own are planned"
    assert any("may do what the plugins need, and no more" in output for output in said)
    print(done.stdout)


@pytest.mark.parametrize("statement", NOWHERE)
def test_what_the_page_says_does_not_run(any_server, statement: str) -> None:
    with pytest.raises(QueryFailed):
        run_sql(any_server, ["CREATE DATABASE IF NOT EXISTS nowhere", "DROP DATABASE nowhere", statement])
