"""Recovery to a point in time, whole: backup, more writes, disaster, restore, replay of the binary log up to a moment.

`pytest -s` prints the row counts of each stage.
"""

import asyncio
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

pytestmark = pytest.mark.mysql


async def second():
    """Wait for a new second of the clock, and give it: binary logs know whole seconds."""
    begun = datetime.now().replace(microsecond=0)
    while (now := datetime.now().replace(microsecond=0)) == begun:
        await asyncio.sleep(0.02)
    return now


def add(first, last):
    rows = ", ".join(f"('u{number}', 'n', 'u{number}@x', 'p')" for number in range(first, last))
    return f"INSERT INTO users (id, name, email, password) VALUES {rows}"


@pytest.mark.parametrize("flavour", ["mysql", "mariadb"])
async def test_point_in_time_recovery(private_server, schema_of, altus4, client_programs, backups, tmp_path, flavour):
    from altus4_sandbox import ServerOptions

    server = await asyncio.to_thread(private_server, flavour, ServerOptions(binlog=True))
    schema = schema_of(server.address, "recovered")
    stages = []

    async def stage(name):
        rows = await schema.query("SELECT COUNT(*) FROM users")
        stages.append((name, rows[0][0]))

    await schema.migrate()
    await schema.query(add(0, 100))
    await stage("at the backup")
    made = (await altus4(schema, "backup", "--to", str(backups), "--json")).json
    assert made["binlog"]["position"] > 0
    await schema.query(add(100, 150))
    await schema.query("UPDATE users SET name = 'changed' WHERE id = 'u7'")
    await stage("written after it")
    await second()
    moment = await second()
    await second()
    await schema.query("DELETE FROM users")
    await stage("after the disaster")

    log = await schema.query("SHOW BINARY LOGS", schema=False)
    # The log must not grow while it is read: what the restore writes comes into the next file.
    await schema.query("FLUSH BINARY LOGS", schema=False)
    restored = (await altus4(schema, "restore", made["file"], "--force", "--json")).json
    assert restored["binlog"] == made["binlog"]
    await stage("after the restore")
    programs = client_programs(flavour)
    names = {path.name: str(path) for path in programs.iterdir()}
    account = f"[client]\nuser={server.address.user}\npassword={server.address.password}\n"
    options = Path(tmp_path / "recovery.cnf")
    options.touch(mode=0o600)
    options.write_text(f"{account}host=127.0.0.1\nport={server.address.port}\nprotocol=tcp\n")
    reader = names.get("mysqlbinlog") or names["mariadb-binlog"]
    client = names.get("mariadb") or names["mysql"]
    # Without this a server with GTIDs takes the transactions for those that it has already, and passes over them.
    skips = ["--skip-gtids"] if flavour == "mysql" else []
    first = [name for name, *_ in log].index(made["binlog"]["file"])
    files = [str(name) for name, *_ in log[first:]]

    def replay():
        read = subprocess.run(
            [
                reader, f"--defaults-file={options}", "--read-from-remote-server", *skips,
                f"--start-position={made['binlog']['position']}", f"--stop-datetime={moment:%Y-%m-%d %H:%M:%S}", *files,
            ],
            capture_output=True, check=True,
        )  # fmt: skip
        subprocess.run([client, f"--defaults-file={options}", "--binary-mode"], input=read.stdout, check=True)

    await asyncio.to_thread(replay)
    await stage("after the replay")
    print(f"\n{flavour}:")
    for name, rows in stages:
        print(f"  {name:<20} {rows:>4} rows")
    assert [rows for _, rows in stages] == [100, 150, 0, 100, 150]
    assert await schema.query("SELECT name FROM users WHERE id = 'u7'") == [("changed",)]
