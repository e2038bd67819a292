import logging
import socket
from ipaddress import ip_address

import pytest
from altus4_databases_mysql.addresses import AddressRules, parse_networks
from altus4_databases_mysql.embedded import embedded
from altus4_databases_mysql.gatekeeper import Gatekeeper, OwnEndpoint, SystemLookup, is_local
from altus4_mysql import ConnectFailed

LOGGER = logging.getLogger("test")

FORBIDDEN = [
    # loopback and unspecified
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "::1",
    "::",
    # private, shared, link-local
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.1.1",
    "fe80::1",
    "fe80::1%1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fec0::1",
    # multicast, broadcast, reserved, documentation
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "2001:2::1",
    "4000::1",
    "64:ff9b:1::1",
    # cloud metadata
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "192.0.0.192",
    "100.100.100.200",
    "fd00:ec2::254",
    "fd20:ce::254",
    # IPv4-mapped
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:168.63.129.16",
    "0:0:0:0:0:ffff:c0a8:0001",
    # IPv4-compatible, IPv4-translated
    "::127.0.0.1",
    "::10.0.0.1",
    "::ffff:0:127.0.0.1",
    "::ffff:0:10.1.2.3",
    # NAT64
    "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::168.63.129.16",
    "64:ff9b::c0a8:101",
    # 6to4
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:101::",
    "2002:a83f:8110::1",
    # Teredo: the client is stored inverted, the relay plainly
    "2001:0:808:808:0:0:80ff:fffe",
    "2001:0:7f00:1:0:0:f7f7:f7f7",
    "2001:0:808:808:0:0:5601:5601",
    # ISATAP
    "2607:f8b0::5efe:127.0.0.1",
    "2607:f8b0::200:5efe:10.0.0.1",
    "fe80::5efe:8.8.8.8",
    # no addresses
    "",
    "localhost",
    "127.1",
    "2130706433",
]

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "172.15.255.255",
    "172.32.0.0",
    "168.63.129.15",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]

# What the system's resolver makes of these is loopback or another forbidden address, whatever they look like.
SPELLINGS = [
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "0177.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "0X7F.1",
    "2130706433",
    "017700000001",
    "127.0.0.01",
    "127.000.000.001",
    "0",
    "0.0",
    "0x0",
    "10.1",
    "0xa.0.0.1",
    "012.0.0.1",
    "167772161",
    "192.168.257",
    "0xc0a80001",
    "3232235521",
    "172.16.1",
    "169.254.43518",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "①②⑦.⓪.⓪.①",
    "１２７.０.０.１",
    "127。0。0。1",
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "[::1]",
    "::1",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "::ffff:127.0.0.1",
    "::FFFF:7F00:0001",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::",
    "0.0.0.0",
    "255.255.255.255",
    "",
    " ",
    " 127.0.0.1",
    "127.0.0.1 ",
    "127.0.0.1\n",
    "127.0.0.1\0.example.com",
    "/var/run/mysqld/mysqld.sock",
    "./mysqld.sock",
    "\\\\.\\pipe\\MySQL",
    "user@127.0.0.1",
    "127.0.0.1/8",
    "127.0.0.1:3306",
    "127.0.0.1%00",
    "127.0.0.1#example.com",
    "localhost.",
    "a" * 300,
    "fe80::1%lo",
    "169.254.169.254",
    "0xA9.0xFE.0xA9.0xFE",
    "168.63.33040",
    "192.0.192",
]


def gatekeeper(rules=None, own=(), lookup=None):
    return Gatekeeper(rules or AddressRules(), own, lookup or answering("8.8.8.8"), LOGGER)


def answering(*answers):
    async def lookup(host, port):
        return list(answers)

    return lookup


@pytest.mark.parametrize("address", FORBIDDEN)
def test_refuses(address):
    assert AddressRules().refusal(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_accepts_public(address):
    assert AddressRules().refusal(address) is None


def test_there_are_sixty_spellings():
    assert len(set(SPELLINGS)) >= 60
    assert len(set(FORBIDDEN)) >= 60


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_gets_through(host):
    lookup = SystemLookup()
    try:
        with pytest.raises(ConnectFailed) as caught:
            await gatekeeper(lookup=lookup).admit(host, 3306, "shop")
        assert caught.value.reason in ("not_allowed", "unreachable")
    finally:
        lookup.close()


@pytest.mark.parametrize("host", ["127.1", "0177.0.0.1", "2130706433", "0x7f.0.0.1", "①②⑦.⓪.⓪.①", "localhost"])
async def test_odd_spellings_are_judged_by_what_they_resolve_to(host):
    """They do reach loopback, so that the refusal above is the judge's work and not the resolver's."""
    lookup = SystemLookup()
    try:
        rules = AddressRules(parse_networks(["127.0.0.0/8", "::1/128"]))
        addresses = await gatekeeper(rules, lookup=lookup).admit(host, 3306, "shop")
        assert all(ip_address(address).is_loopback for address in addresses)
    finally:
        lookup.close()


async def test_every_answer_must_pass():
    with pytest.raises(ConnectFailed) as caught:
        await gatekeeper(lookup=answering("8.8.8.8", "10.0.0.1")).admit("db.example", 3306, "shop")
    assert caught.value.reason == "not_allowed"


async def test_a_resolver_that_changes_its_answer_is_judged_each_time():
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["8.8.4.4"]])

    async def rebinding(host, port):
        return next(answers)

    judge = gatekeeper(lookup=rebinding)
    resolve = judge.resolver("shop")
    assert await resolve("db.example", 3306) == ["8.8.8.8"]
    with pytest.raises(ConnectFailed):
        await resolve("db.example", 3306)
    assert await resolve("db.example", 3306) == ["8.8.4.4"]


@pytest.mark.parametrize("port", [0, 22, 25, 80, 3000, 3305, 3308, 6379, 11211, 65535])
async def test_other_ports_are_refused_without_asking_the_resolver(port):
    asked = []

    async def lookup(host, port):
        asked.append(host)
        return ["8.8.8.8"]

    with pytest.raises(ConnectFailed) as caught:
        await gatekeeper(lookup=lookup).admit("db.example", port, "shop")
    assert caught.value.reason == "not_allowed"
    assert not asked


@pytest.mark.parametrize("port", [3306, 3307, 33060])
async def test_usual_ports_pass(port):
    assert await gatekeeper().admit("db.example", port, "shop") == ["8.8.8.8"]


async def test_operator_opens_ranges_and_ports():
    rules = AddressRules(parse_networks(["10.0.0.0/8", "fd00::/8"]), frozenset({13306}))
    judge = gatekeeper(rules, lookup=answering("10.2.3.4", "fd00::5"))
    assert await judge.admit("db.internal", 13306, "shop") == ["10.2.3.4", "fd00::5"]
    assert rules.refusal("::ffff:10.2.3.4") is None
    assert rules.refusal("192.168.0.1")
    assert rules.refusal("127.0.0.1")


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "100.100.100.200"]
)
def test_a_wide_range_does_not_open_cloud_metadata(address):
    assert AddressRules(parse_networks(["0.0.0.0/0", "::/0"])).refusal(address) == "cloud metadata"
    named = AddressRules(parse_networks([address]))
    assert named.refusal(address) is None


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "example.com", "", "10.0.0.0/-1"])
def test_a_wrong_range_is_named(text):
    with pytest.raises(ValueError, match="CIDR"):
        parse_networks([text])


async def test_the_metadata_schema_is_closed_whatever_the_rules_open():
    rules = AddressRules(parse_networks(["127.0.0.0/8"]), frozenset({3306, 3000}))
    own = (OwnEndpoint("127.0.0.1", 3306, "altus4_metadata"), OwnEndpoint("0.0.0.0", 3000))

    async def numeric(host, port):
        return [host]

    judge = gatekeeper(rules, own, numeric)
    for host, port, schema in (
        ("127.0.0.1", 3306, "altus4_metadata"),
        ("127.0.0.1", 3306, "ALTUS4_Metadata"),
        ("127.9.9.9", 3306, "altus4_metadata"),
        ("127.0.0.1", 3000, "shop"),
    ):
        with pytest.raises(ConnectFailed) as caught:
            await judge.admit(host, port, schema)
        assert caught.value.reason == "not_allowed"
    assert await judge.admit("127.0.0.1", 3306, "shop") == ["127.0.0.1"]


async def test_refusals_are_logged_with_their_reason_and_the_host_escaped(caplog):
    with caplog.at_level("INFO"), pytest.raises(ConnectFailed) as caught:
        await gatekeeper(lookup=answering("10.0.0.1")).admit("db.examplé", 3306, "shop")
    assert "private" in caplog.text
    assert "db.exampl\\xe9" in caplog.text
    assert "10.0.0.1" not in str(caught.value)


async def test_names_without_an_address_are_unreachable():
    async def failing(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    for lookup in (failing, answering()):
        with pytest.raises(ConnectFailed) as caught:
            await gatekeeper(lookup=lookup).admit("nowhere.example", 3306, "shop")
        assert caught.value.reason == "unreachable"


def test_own_addresses_are_known_without_traffic():
    assert is_local("127.0.0.1")
    assert is_local("0.0.0.0")
    assert is_local("::1")
    assert not is_local("8.8.8.8")


def test_embedded_addresses():
    def inner(text):
        return [str(address) for address in embedded(ip_address(text))]

    assert inner("2606:4700::1111") == []
    assert inner("::ffff:1.2.3.4") == ["1.2.3.4"]
    assert inner("2002:102:304::") == ["1.2.3.4"]
    assert inner("2001:0:102:304::fefd:fcfb") == ["1.2.3.4", "1.2.3.4"]
