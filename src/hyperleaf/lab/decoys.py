"""Forbidden ranges become addresses that answer: who must not get there would be heard if he did.

Nobody is at most of the addresses that a tenant may not reach, and silence would say nothing. The
underlay's router has one of each range, as it has the cloud's credentials: to it goes whatever
leaves a node.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.world import IPV6, ROUTER, batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Address, IPv6Address

    from hyperleaf.lab.facts import Surroundings
    from hyperleaf.lab.kernel import Kernel


def addresses(
    stated: Mapping[str, Any], around: Surroundings
) -> Iterator[IPv4Address | IPv6Address]:
    """Yield an address of each forbidden range of any cluster, the last that nothing else has."""
    taken = {one.ip for segment in around.segments for one in segment.gateways}
    taken |= {one.ip for node in around.nodes for one in node.addresses}
    ranges = {text for some in stated["forbidden"]["ranges"].values() for text in some}
    for text in sorted(ranges):
        subnet = ip_network(text)
        last = int(subnet.broadcast_address)
        last -= subnet.num_addresses > 1
        while (found := ip_address(last)) in taken or found.version != subnet.version:
            last -= 1
        yield type(subnet.network_address)(last)


def place(kernel: Kernel, stated: Mapping[str, Any], around: Surroundings) -> None:
    """Give the router those addresses."""
    lines = [
        f"addr replace {one}/{one.max_prefixlen} dev lo{' nodad' * (one.version == IPV6)}"
        for one in addresses(stated, around)
    ]
    batch(kernel, ROUTER, lines)
