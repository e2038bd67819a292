"""Which addresses a customer's database may have. Judges what a name resolved to, never the name.

`ipaddress.is_global` is not enough: it passes NAT64, 6to4, IPv4-compatible, multicast and two cloud metadata addresses.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import attrs

from altus4_databases_mysql.embedded import embedded

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DEFAULT_PORTS = (3306, 3307, 33060)

# The IANA special-purpose registries (RFC 6890 and its successors), with the kind of each range.
_DENIED: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "carrier-grade NAT"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "reserved"),
    ("192.88.99.0/24", "reserved"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "reserved"),
    ("198.51.100.0/24", "reserved"),
    ("203.0.113.0/24", "reserved"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("64:ff9b:1::/48", "private"),
    ("100::/64", "reserved"),
    ("2001:db8::/32", "reserved"),
    ("3fff::/20", "reserved"),
    ("fc00::/7", "unique local"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private"),
    ("ff00::/8", "multicast"),
)

# Reached from inside a cloud only, and they hand out credentials. A wide range in the allow list does not open them.
_CLOUD = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Azure, Google, Oracle, DigitalOcean, OpenStack
        "169.254.169.253",  # AWS resolver
        "169.254.169.123",  # AWS time
        "169.254.170.2",  # AWS container credentials
        "169.254.170.23",  # AWS pod identity
        "168.63.129.16",  # Azure platform
        "192.0.0.192",  # Oracle
        "100.100.100.200",  # Alibaba
        "169.254.0.23",  # Tencent
        "169.254.42.42",  # Scaleway
        "fd00:ec2::254",  # AWS
        "fd00:ec2::23",  # AWS pod identity
        "fd20:ce::254",  # Google
        "fd00:42::42",  # Scaleway
        "fd00:c1::a9fe:a9fe",  # Oracle
    )
)

_GLOBAL_V6 = IPv6Network("2000::/3")  # all that is handed out for global unicast; the rest is reserved
_PROTOCOL_V6 = IPv6Network("2001::/23")  # protocol assignments; Teredo lies in it
_TEREDO = IPv6Network("2001::/32")
_TRANSLATED = (IPv6Network("::ffff:0:0/96"), IPv6Network("::ffff:0:0:0/96"), IPv6Network("64:ff9b::/96"))


@attrs.frozen
class AddressRules:
    """What the operator opens besides public addresses: CIDR ranges, and the TCP ports a database may have."""

    allowed: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset(DEFAULT_PORTS)

    def refusal(self, text: str) -> str | None:
        """Say why this numeric address is refused; None when it may be used.

        A scope (`%eth0`) counts as part of a link-local address. Text that is no address is refused.
        """
        try:
            address = ip_address(text)
        except ValueError:
            return "no address"
        return self._judge(address)

    def _judge(self, address: Address) -> str | None:
        inner = embedded(address) if isinstance(address, IPv6Address) else ()
        for part in inner:
            refused = self._judge(part)
            if refused:
                return refused
        if address in _CLOUD:
            return None if self._names(address) else "cloud metadata"
        if self._opens(address):
            return None
        if inner and isinstance(address, IPv6Address) and any(address in network for network in _TRANSLATED):
            return None  # another spelling of the inner address, which has been judged
        return _kind(address)

    def _opens(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self.allowed)

    def _names(self, address: Address) -> bool:
        """Tell whether the allow list has exactly this address."""
        return any(network.num_addresses == 1 and network.network_address == address for network in self.allowed)


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read CIDR ranges; raises `ValueError` naming the one that is none (host bits set count as wrong)."""
    networks: list[Network] = []
    for text in texts:
        try:
            networks.append(ip_network(text))
        except ValueError as error:
            message = f"{text!r} is not a CIDR range such as 10.0.0.0/8 or fd00::/8"
            raise ValueError(message) from error
    return tuple(networks)


def _kind(address: Address) -> str | None:
    """Name the denied range the address lies in."""
    for network, kind in _NETWORKS:
        if address.version == network.version and address in network:
            return kind
    if isinstance(address, IPv6Address):
        if address not in _GLOBAL_V6:
            return "reserved"
        if address in _PROTOCOL_V6 and address not in _TEREDO:
            return "reserved"
    return None


_NETWORKS: tuple[tuple[Network, str], ...] = tuple((ip_network(text), kind) for text, kind in _DENIED)
