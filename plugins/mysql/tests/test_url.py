"""URLs and options."""

import pytest
from altus4_mysql import (
    ConnectOptions,
    InvalidOptions,
    Limits,
    PoolSettings,
    SessionOptions,
    TLSOptions,
    make_driver,
    parse_url,
)
from attrs import evolve


def test_everything(tmp_path) -> None:
    pem = tmp_path / "ca.pem"
    pem.write_text("PEM")
    options = parse_url(
        f"mysql://us%40er:p%2Fa%23s%3As%C3%A4@db.example:3307/my%2Ddb?tls=verify-identity&tls-ca={pem}"
        "&loopback-key=yes&connect-timeout=2.5"
    )
    assert (options.host, options.port, options.user, options.password, options.database) == (
        "db.example",
        3307,
        "us@er",
        "p/a#s:sä",
        "my-db",
    )
    assert options.tls == TLSOptions(mode="verify-identity", ca_pem="PEM")
    assert options.loopback_key
    assert options.connect_timeout == 2.5
    assert "p/a" not in repr(options)


def test_defaults() -> None:
    options = parse_url("mysql://[::1]")
    assert (options.host, options.port, options.user, options.password, options.database) == ("::1", 3306, "", "", None)
    assert options.tls.mode == "required", "without a word TLS is on"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgres://h/x", "mysql://"),
        ("", "mysql://"),
        ("mysql:///x", "host"),
        ("mysql://u:sec/ret@h/x", "host"),
        ("mysql://u:sec#ret@h/x", "host"),
        ("mysql://u:secret@h:port/x", "host or port"),
        ("mysql://u:secret@h:99999/x", "host or port"),
        ("mysql://u:secret@h:0/x", "port"),
        ("mysql://u:secret@h/x/y", "segment"),
        ("mysql://u:secret@h/x#frag", "%23"),
        ("mysql://u:secret@h/x?tls=yes", "disabled, required, verify-ca, verify-identity"),
        ("mysql://u:secret@h/x?tsl=required", "nearest known: tls"),
        ("mysql://u:secret@h/x?tls=required&tls=disabled", "twice"),
        ("mysql://u:secret@h/x?tls", "name=value"),
        ("mysql://u:secret@h/x?tls-ca=/nowhere.pem", "tls-ca"),
        ("mysql://u:secret@h/x?connect-timeout=soon", "connect-timeout"),
        ("mysql://u:secret@h/x?connect-timeout=nan", "connect-timeout"),
        ("mysql://u:secret@h/x?loopback-key=1", "loopback-key"),
        ("mysql://u:sec%FFret@h/x", "password"),
        ("mysql://u:sec%00ret@h/x", "password"),
        ("mysql://u%0a:secret@h/x", "user"),
        ("mysql://u:secret@h/x%00", "database"),
    ],
)
def test_one_clear_line(url: str, says: str) -> None:
    with pytest.raises(InvalidOptions) as caught:
        parse_url(url)
    message = str(caught.value)
    assert says in message
    assert "\n" not in message
    assert "sec" not in message.replace("seconds", "")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: ConnectOptions(host=""),
        lambda: ConnectOptions(host="/var/run/mysqld.sock"),
        lambda: ConnectOptions(host="h", port=0),
        lambda: ConnectOptions(host="h", password="a\0b"),
        lambda: ConnectOptions(host="h", password="\ud800"),
        lambda: ConnectOptions(host="h", connect_timeout=0),
        lambda: ConnectOptions(host="h", connect_timeout=float("nan")),
        lambda: TLSOptions(mode="preferred"),
        lambda: TLSOptions(cert_pem="x"),
        lambda: Limits(max_packet_bytes=1 << 24),
        lambda: Limits(max_rows=0),
        lambda: SessionOptions(sql_mode="x'; DROP"),
        lambda: SessionOptions(time_zone="'"),
        lambda: make_driver("pymysql"),
        lambda: PoolSettings(size=0),
        lambda: PoolSettings(reap_timeout=0),
    ],
)
def test_options_are_judged(make) -> None:
    with pytest.raises((InvalidOptions, ValueError)):
        make()


async def test_bad_pem_is_one_clear_line(driver) -> None:
    for tls in (
        TLSOptions(mode="verify-ca", ca_pem="nonsense"),
        TLSOptions(cert_pem="nonsense", key_pem="nonsense secret"),
    ):
        with pytest.raises(InvalidOptions) as caught:
            await driver.connect(evolve(ConnectOptions(host="127.0.0.1", port=1), tls=tls))
        assert "secret" not in str(caught.value)


def test_options_are_frozen() -> None:
    with pytest.raises(AttributeError):
        parse_url("mysql://h").host = "other"
