"""IPv4 addresses hidden inside IPv6 addresses. Where a packet really goes is decided by the inner one."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

_LOW_32 = (
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped, RFC 4291
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated, RFC 2765
    IPv6Network("::/96"),  # IPv4-compatible, RFC 4291
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
)
_SIX_TO_FOUR = IPv6Network("2002::/16")  # RFC 3056
_TEREDO = IPv6Network("2001::/32")  # RFC 4380
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214: the upper half of the interface identifier


def embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Give every IPv4 address that is part of this one; none for an ordinary address."""
    value = int(address)
    low = value & 0xFFFF_FFFF
    found: list[IPv4Address] = []
    if any(address in network for network in _LOW_32):
        found.append(IPv4Address(low))
    if address in _SIX_TO_FOUR:
        found.append(IPv4Address(value >> 80 & 0xFFFF_FFFF))
    if address in _TEREDO:
        found.append(IPv4Address(value >> 64 & 0xFFFF_FFFF))  # the relay
        found.append(IPv4Address(low ^ 0xFFFF_FFFF))  # the client, stored inverted
    if value >> 32 & 0xFFFF_FFFF in _ISATAP:
        found.append(IPv4Address(low))
    return tuple(found)
