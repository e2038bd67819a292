import pytest
from altus4_sandbox import Flavour, SandboxError, ServerAddress, new_schema_name


def test_a_url_goes_there_and_back() -> None:
    address = ServerAddress("127.0.0.1", 3307, "ro ot", "p@ss/w:rd%", Flavour.MYSQL, "9.7.4")
    assert ServerAddress.from_url(address.url, Flavour.MYSQL, "9.7.4") == address
    assert address.url_of("a b").endswith("@127.0.0.1:3307/a%20b")


def test_a_server_without_tls_says_so_in_its_url() -> None:
    address = ServerAddress("127.0.0.1", 3307, "root", "p", Flavour.MARIADB, "10.11.18", tls=False)
    assert address.url == "mysql://root:p@127.0.0.1:3307/?tls=disabled&loopback-key=yes"
    assert ServerAddress.from_url(address.url, Flavour.MARIADB, "10.11.18", tls=False) == address


def test_tls_can_be_left_out_where_it_is_offered() -> None:
    address = ServerAddress("127.0.0.1", 3307, "root", "p", Flavour.MYSQL, "9.7.4")
    assert address.url_of("a", tls=False) == "mysql://root:p@127.0.0.1:3307/a?tls=disabled&loopback-key=yes"


def test_the_password_is_not_shown() -> None:
    address = ServerAddress("127.0.0.1", 3307, "root", "hush-hush", Flavour.MYSQL, "9.7.4")
    assert "hush-hush" not in repr(address)


@pytest.mark.parametrize("url", ["http://u:secret@h/", "mysql://h:3306/", "mysql://u:secret@h:port/", "secret"])
def test_a_bad_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SandboxError, match="mysql://user:password@host:port/") as caught:
        ServerAddress.from_url(url, Flavour.MYSQL, "")
    assert "secret" not in str(caught.value)


def test_schema_names_do_not_repeat() -> None:
    assert len({new_schema_name("x") for _ in range(100)}) == 100
