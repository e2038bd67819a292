"""The server's settings that matter: binary log, encryption, slow log, tokens of FULLTEXT, durability."""

from collections.abc import Mapping, Sequence
from typing import Final

from altus4_mysql import DriverConnection

from altus4_core.records import Finding, Severity
from altus4_metadata_mysql.checks.asking import Server

WANTED: Final = (
    "log_bin", "binlog_format", "binlog_expire_logs_seconds", "expire_logs_days", "sync_binlog", "slow_query_log",
    "long_query_time", "innodb_ft_min_token_size", "innodb_ft_max_token_size", "innodb_flush_log_at_trx_commit",
    "default_table_encryption", "innodb_encrypt_tables",
)  # fmt: skip
ON: Final = frozenset({"ON", "1", "YES", "FORCE"})
DAY: Final = 86_400


class Variables:
    """One finding for each."""

    name = "server"

    def __init__(self, server: Server) -> None:
        self._server = server

    async def run(self) -> Sequence[Finding]:
        """Look and tell."""
        return await self._server.look(self.name, self._look)

    async def _look(self, connection: DriverConnection) -> Sequence[Finding]:
        names = ", ".join(f"'{name}'" for name in WANTED)
        rows = await connection.query(f"SHOW GLOBAL VARIABLES WHERE variable_name IN ({names})")
        cipher = await connection.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        encrypted = any(str(row[1]) for row in cipher)
        return judge({str(name).lower(): str(value) for name, value in rows}, encrypted=encrypted)


def judge(known: Mapping[str, str], *, encrypted: bool) -> Sequence[Finding]:
    """Say what the values mean."""

    def on(name: str) -> bool:
        return known.get(name, "").upper() in ON

    tokens = f"{known.get('innodb_ft_min_token_size', '?')} to {known.get('innodb_ft_max_token_size', '?')}"
    return [
        _binary_log(known, on=on("log_bin")),
        _one(
            "encryption at rest",
            good=on("default_table_encryption") or on("innodb_encrypt_tables"),
            text="on by default for new tables",
            bad="off: what people search for and their e-mail addresses lie in clear on the disk",
            hint="encrypt the disk, or set up a keyring, and default_table_encryption (MariaDB: innodb_encrypt_tables)",
            severity=Severity.INFO,
        ),
        _one(
            "tls",
            good=encrypted,
            text="this connection is encrypted",
            bad="this connection is not encrypted",
            hint="give the server a certificate and end the metadata URL with ?tls=required, or stay on one machine",
        ),
        _one(
            "slow log",
            good=on("slow_query_log"),
            text=f"on, from {known.get('long_query_time', '?')} s",
            bad="off: what makes the server slow leaves no trace",
            hint="SET GLOBAL slow_query_log = ON, long_query_time = 1, and in the option file",
            severity=Severity.INFO,
        ),
        Finding("server: fulltext tokens", Severity.INFO, f"words of {tokens} characters are indexed"),
        _one(
            "durability",
            good=known.get("innodb_flush_log_at_trx_commit") == "1",
            text="each commit is on disk",
            bad=f"innodb_flush_log_at_trx_commit = {known.get('innodb_flush_log_at_trx_commit', '?')}:"
            " a crash of the machine loses the last second",
            hint="set it to 1",
        ),
    ]


def _binary_log(known: Mapping[str, str], *, on: bool) -> Finding:
    name = "server: binary log"
    if not on:
        hint = "start the server with log_bin; see docs/operating.md"
        return Finding(name, Severity.WARNING, "off: a backup can be restored, but nothing that came after it", hint)
    seconds = float(known.get("binlog_expire_logs_seconds") or 0) or float(known.get("expire_logs_days") or 0) * DAY
    kept = f"kept {seconds / DAY:g} days" if seconds else "kept until somebody removes it"
    text = f"on, {kept}, format {known.get('binlog_format', 'ROW')}"
    if known.get("binlog_format", "").upper() == "STATEMENT":
        return Finding(name, Severity.WARNING, f"{text}: replayed, it may write other rows", "set binlog_format = ROW")
    if known.get("sync_binlog") != "1":
        what = f"sync_binlog = {known.get('sync_binlog', '?')}: a crash of the machine loses the end of it"
        return Finding(name, Severity.INFO, f"{text}; {what}", "set sync_binlog = 1")
    return Finding(name, Severity.OK, text)


def _one(what: str, *, good: bool, text: str, bad: str, hint: str, severity: Severity = Severity.WARNING) -> Finding:
    name = f"server: {what}"
    return Finding(name, Severity.OK, text) if good else Finding(name, severity, bad, hint)
