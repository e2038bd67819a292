"""Networks from which a key may be used, and whether an address or a network lies within them."""

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAPPED_BITS = 96


def read_network(text: str) -> Network:
    """Read an address or CIDR range; bits beyond the prefix are dropped.

    `::ffff:a.b.c.d` is the IPv4 address it stands for: callers are judged so, too.

    Raises:
        ValueError: it is none, or has a zone (`fe80::1%eth0`), which means something on one machine only.
    """
    network = ipaddress.ip_network(text.strip(), strict=False)
    if isinstance(network, ipaddress.IPv4Network):
        return network
    if network.network_address.scope_id is not None:
        message = "a zone"
        raise ValueError(message)
    mapped = network.network_address.ipv4_mapped
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))


def holds(networks: Iterable[Network], remote: str) -> bool:
    """Say whether a peer's address lies within one of the networks; what is no address never does."""
    try:
        address = ipaddress.ip_address(remote.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def is_within(inner: Network, outer: Network) -> bool:
    """Say whether a network is part of another."""
    if isinstance(inner, ipaddress.IPv4Network):
        return isinstance(outer, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, ipaddress.IPv6Network) and inner.subnet_of(outer)
