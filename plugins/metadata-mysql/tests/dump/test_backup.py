"""Backups on real servers: whole, verified, small, private; and everything that can come between."""

import asyncio
import gzip
import os
import re
import secrets
import stat
import struct
from contextlib import suppress
from pathlib import Path

import attrs
import pytest
from altus4_metadata_mysql.plugin import shipped_files
from altus4_mysql import parse_url
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

pytestmark = pytest.mark.mysql
# The schema's own tables with the table of migrations, and `odd`; 300 users, an entry, two odd rows, the migrations.
MADE = sum("CREATE TABLE" in statement.sql for file in shipped_files() for statement in file.up)
HELD = f"{MADE + 2} tables, {303 + len(shipped_files())} rows"


async def test_backup_is_whole_private_and_counted(filled, altus4, backups, counts_of):
    made = (await altus4(filled, "backup", "--to", str(backups), "--json")).json
    assert made["tables"] == await counts_of(filled)
    (path,) = backups.iterdir()
    assert str(path) == made["file"]
    assert path.name.startswith(f"{filled.name}_")
    assert path.name.endswith(".sql.gz")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(backups.stat().st_mode) == 0o700
    script = gzip.decompress(path.read_bytes()).decode()
    assert filled.server.password not in script
    for made_too in ("TRIGGER", "PROCEDURE", "EVENT", "VIEW"):
        assert re.search(rf"\b{made_too} `?[a-z]", script)


async def test_text_and_progress(filled, altus4, backups):
    done = await altus4(filled, "backup", "--to", str(backups))
    assert done.code == 0
    assert done.out.count("\n") == 1
    assert HELD in done.out
    assert done.out.endswith("bytes, verified\n")
    assert "dumping: 100 %" in done.err
    assert "verifying: 100 %" in done.err
    (path,) = backups.iterdir()
    checked = await altus4(filled, "restore", "--check", str(path), url="mysql://nobody@127.0.0.1:1/x")
    assert checked.out == f"{path}: {HELD}, whole\n"


async def test_password_is_on_no_command_line(filled, altus4, backups, client_programs, tmp_path):
    """The program is replaced by one that tells how it was called and what it was given."""
    real = client_programs(filled.server.flavour)
    spies = tmp_path / "spies"
    spies.mkdir()
    for program in real.iterdir():
        if "dump" in program.name:
            spy = spies / program.name
            spy.write_text(
                f'#!/bin/sh\necho "$@" >> {tmp_path}/called; env >> {tmp_path}/called\n'
                f'ls -l /proc/self/fd >> {tmp_path}/called; exec {program} "$@"\n'
            )
            spy.chmod(0o755)
    made = await altus4(
        filled, "backup", "--to", str(backups), ALTUS4_PLUGINS__METADATA_MYSQL__CLIENT_PROGRAMS=str(spies),
    )  # fmt: skip
    assert made.code == 0, made.err
    called = (tmp_path / "called").read_text()
    assert "--defaults-file=/dev/fd/" in called
    assert "PATH=" in called
    assert filled.server.password not in called
    named = [line for line in called.splitlines() if "->" in line and "/tmp" in line]
    assert all("(deleted)" in line or str(tmp_path) in line for line in named)


@pytest.mark.parametrize("password", ["p\"q'r\\s", " #;space ", "\u00fc\u20ac%s", "tab\tand`tick"])
async def test_any_password(filled, altus4, backups, password):
    user = f"odd_{os.urandom(4).hex()}"
    quoted = password.replace("\\", "\\\\").replace("'", "''")
    await filled.query(f"CREATE USER '{user}'@'%' IDENTIFIED BY '{quoted}'", f"GRANT ALL ON *.* TO '{user}'@'%'")
    try:
        server = attrs.evolve(filled.server, user=user, password=password)
        done = await altus4(filled, "backup", "--to", str(backups), url=server.url_of(filled.name))
        assert done.code == 0, done.err
        assert parse_url(server.url_of(filled.name)).password == password
    finally:
        await filled.query(f"DROP USER '{user}'@'%'")


async def test_old_backups_are_removed(filled, altus4, backups):
    backups.mkdir()
    old, young = f"{filled.name}_20200101_000000.sql.gz", f"{filled.name}_20990101_000000.sql.gz"
    others = ["other_20200101_000000.sql.gz", f"{filled.name}_20200101.sql.gz", f"{filled.name}_99999999_999999.sql.gz"]
    cut_off = f"{old}.part"
    for name in (old, cut_off, young, *others):
        (backups / name).touch()
    first = (await altus4(filled, "backup", "--to", str(backups), "--json")).json
    assert (backups / old).exists(), "without --keep-days nothing is removed"
    Path(first["file"]).unlink()  # names have seconds, and the next backup may be of the same one
    made = (await altus4(filled, "backup", "--to", str(backups), "--keep-days", "30", "--json")).json
    assert made["removed"] == [str(backups / old), str(backups / cut_off)]
    assert {path.name for path in backups.iterdir()} >= {young, *others}


async def test_full_disk_is_one_line_and_nothing_is_left(filled, altus4, backups):
    await filled.query(
        "INSERT INTO users (id, name, email, password) SELECT CONCAT('v', id), SHA2(RAND(), 512), CONCAT('v', email),"
        " CONCAT(SHA2(RAND(), 256), SHA2(RAND(), 256)) FROM users"
    )
    done = await altus4(filled, "backup", "--to", str(backups), shell="ulimit -f 8")
    assert done.code == 1
    told = [line for line in done.err.splitlines() if line.startswith("altus4:")]
    assert len(told) == 1
    assert "File too large" in told[0]
    assert "free space" in told[0]
    assert list(backups.iterdir()) == []


async def test_folder_that_cannot_be_written(filled, altus4, tmp_path):
    (tmp_path / "file").touch()
    done = await altus4(filled, "backup", "--to", str(tmp_path / "file" / "below"))
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "cannot make the folder" in done.err


async def test_no_dump_program(filled, altus4, backups, client_programs, tmp_path):
    (tmp_path / "empty").mkdir()
    folder = str(tmp_path / "empty")
    done = await altus4(filled, "backup", "--to", str(backups), ALTUS4_PLUGINS__METADATA_MYSQL__CLIENT_PROGRAMS=folder)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "install m" in done.err
    assert "client_programs" in done.err
    wrong = "mariadb" if filled.server.flavour.value == "mysql" else "mysql"
    other = tmp_path / "other"
    other.mkdir()
    program = next(path for path in client_programs(wrong).iterdir() if "dump" in path.name)
    (other / "mysqldump").symlink_to(program)
    done = await altus4(
        filled, "backup", "--to", str(backups), ALTUS4_PLUGINS__METADATA_MYSQL__CLIENT_PROGRAMS=str(other)
    )
    assert done.code == 1
    assert f"{other}/mysqldump is {'MariaDB' if wrong == 'mariadb' else 'MySQL'}" in done.err


async def test_no_privileges(filled, altus4, backups):
    user = f"poor_{os.urandom(4).hex()}"
    await filled.query(
        f"CREATE USER '{user}'@'%' IDENTIFIED BY 'x'", f"GRANT SELECT ON `{filled.name}`.users TO '{user}'@'%'",
        f"GRANT SELECT ON `{filled.name}`.migrations TO '{user}'@'%'",
    )  # fmt: skip
    try:
        server = attrs.evolve(filled.server, user=user, password="x")
        done = await altus4(filled, "backup", "--to", str(backups), url=server.url_of(filled.name))
        assert done.code == 1
        assert len([line for line in done.err.splitlines() if line.startswith("altus4:")]) == 1
        assert not list(backups.glob("*"))
    finally:
        await filled.query(f"DROP USER '{user}'@'%'")


async def test_server_goes_away_in_the_middle(large, altus4, backups):
    server, schema = large
    running = asyncio.ensure_future(altus4(schema, "backup", "--to", str(backups)))
    for _ in range(1000):
        with suppress(FileNotFoundError):
            if any(path.stat().st_size > 100_000 for path in Path(backups).glob("*.part")):
                break
        await asyncio.sleep(0.01)
    server.kill()
    done = await running
    assert done.code == 1
    told = [line for line in done.err.splitlines() if line.startswith("altus4:")]
    assert len(told) == 1, done.err
    assert list(backups.iterdir()) == []


async def test_backup_while_others_write(filled, altus4, backups, counts_of):
    async def write():
        number = 0
        while True:
            number += 1
            await filled.query(
                f"INSERT INTO users (id, name, email, password) VALUES ('w{number}', 'w', 'w{number}', 'p')"
            )

    writer = asyncio.ensure_future(write())
    try:
        made = (await altus4(filled, "backup", "--to", str(backups), "--json")).json
    finally:
        writer.cancel()
        with suppress(asyncio.CancelledError):
            await writer
    assert 300 <= made["tables"]["users"] <= (await counts_of(filled))["users"]


async def test_nothing_to_back_up(schema, altus4, backups):
    done = await altus4(schema, "backup", "--to", str(backups))
    assert (done.code, done.err.count("\n")) == (1, 1)


async def test_login_path_of_whoever_runs_it(filled, altus4, backups, tmp_path):
    """MySQL's programs read `~/.mylogin.cnf` last of all: without care they would go to another server."""
    write_login_file(tmp_path / ".mylogin.cnf", "[client]", "port = 1", "user = somebody-else")
    made = await altus4(filled, "backup", "--to", str(backups), "--json", HOME=str(tmp_path))
    restored = await altus4(filled, "restore", "--force", made.json["file"], HOME=str(tmp_path))
    assert restored.code == 0, restored.err


def write_login_file(path, *lines):
    """Write it as mysql_config_editor does: AES-128-ECB with the key before it, folded."""
    key, folded = secrets.token_bytes(20), bytearray(16)
    for place, byte in enumerate(key):
        folded[place % 16] ^= byte
    data = bytes(4) + key
    for line in lines:
        text = f"{line}\n".encode()
        padding = 16 - len(text) % 16
        lock = Cipher(algorithms.AES(bytes(folded)), modes.ECB()).encryptor()
        sealed = lock.update(text + bytes([padding]) * padding) + lock.finalize()
        data += struct.pack("<i", len(sealed)) + sealed
    path.write_bytes(data)
    path.chmod(0o600)
