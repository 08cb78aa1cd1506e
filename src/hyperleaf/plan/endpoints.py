"""Ends of a path: guests on a network, nodes, the data centre's hosts, the world outside."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from hyperleaf.model.fabric import BORDERS
from hyperleaf.plan.borders import border_address
from hyperleaf.values.addresses import IPV4, first_host, last_host

if TYPE_CHECKING:
    from hyperleaf.findings import Origin
    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Network
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.values.addresses import Address, Subnet

Kind = Literal["guest", "gateway", "outside", "node", "elsewhere"]
# Addresses that stand for the Internet: no estate holds documentation prefixes' last corners.
OUTSIDE = (ip_address("192.0.2.1"), ip_address("3fff:fff:ffff::1"))
# Guests of segments that have no subnet of their own still need an address each to be tried with.
BARE = int(ip_address("198.18.0.0"))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end. `site` is a cluster's name, or `borders` for the data centre.

    `network` and `site` are set for a guest, `site` for a node; a `guest` at `borders` without a
    network is whoever stands behind a border on the other end's own network. `addresses` has at
    most one a family; `origin` and `path` are the lines that give the end its address.
    """

    kind: Kind
    label: str
    network: str | None = None
    site: str | None = None
    addresses: tuple[Address, ...] = ()
    origin: Origin | None = None
    path: tuple[str | int, ...] = ()

    def address(self, family: int) -> Address | None:
        """Return the end's address of a family."""
        return next((one for one in self.addresses if one.version == family), None)


def guest(plan: Plan, network: Network, site: str) -> Endpoint:
    """Return a guest on a network, in a cluster or behind the borders."""
    at = "borders" if site == BORDERS else site
    return Endpoint(
        kind="guest",
        label=f"{network.name}@{at}",
        network=network.name,
        site=site,
        addresses=guest_addresses(plan.estate, network, site),
        origin=network.origin,
        path=("spec", "subnets"),
    )


def guests(plan: Plan) -> tuple[Endpoint, ...]:
    """Return a guest for each network of guests and cluster that it is attached in."""
    return tuple(
        guest(plan, network, cluster)
        for network in plan.estate.networks.values()
        for cluster in network.clusters
        if network.role == "vm"
    )


def outside() -> Endpoint:
    """Return the Internet."""
    return Endpoint(kind="outside", label="outside", addresses=OUTSIDE)


def node(cluster: Cluster) -> Endpoint:
    """Return a node of a cluster, by the first address of its machine networks."""
    first: dict[int, Address] = {}
    for subnet in cluster.ranges.machine:
        first.setdefault(subnet.version, first_host(subnet))
    return Endpoint(
        kind="node",
        label=f"node:{cluster.name}",
        site=cluster.name,
        addresses=tuple(first.values()),
        origin=cluster.origin,
        path=("spec", "networks", "machine"),
    )


def border() -> Endpoint:
    """Return a host of the data centre on whichever network the other end is on."""
    return Endpoint(kind="guest", label="border", site=BORDERS)


def guest_addresses(estate: Estate, network: Network, site: str) -> tuple[Address, ...]:
    """Return an address for a guest to use, one a family: gateways, borders and leases avoided.

    From the subnet's end, below the borders' own; DHCP leases from its beginning. A border stands
    at its own address. Segments without a subnet get one from 198.18.0.0/15 (RFC 2544), all of
    them in one range, so that what keeps them apart is the segment alone.
    """
    if site == BORDERS:
        return _border_addresses(estate, network)
    place = network.clusters.index(site)
    if not network.subnets:
        return (_bare(estate, network, place),)
    found: dict[int, Address] = {}
    for subnet in network.subnets:
        if subnet.version not in found:
            address = _free(estate, network, subnet, place)
            if address is not None:
                found[subnet.version] = address
    return tuple(found.values())


def _border_addresses(estate: Estate, network: Network) -> tuple[Address, ...]:
    borders = estate.fabric.borders if estate.fabric else ()
    first: dict[int, Address] = {}
    for subnet in network.subnets if borders else ():
        if subnet.num_addresses > len(borders) + 3:
            first.setdefault(subnet.version, border_address(borders[0], subnet))
    return tuple(first.values())


def _free(estate: Estate, network: Network, subnet: Subnet, place: int) -> Address | None:
    """Return the address at `place` among those that nobody has, from the subnet's end."""
    borders = len(estate.fabric.borders) if estate.fabric else 0
    taken = {one.ip for one in network.gateways}
    if network.dhcp is not None and network.dhcp.range is not None:
        taken.add(network.dhcp.range.last)
    back = borders
    while subnet.num_addresses > back + (2 if subnet.version == IPV4 else 0):
        address = last_host(subnet, back)
        if address not in taken:
            if place == 0:
                return address
            place -= 1
        back += 1
    return None


def _bare(estate: Estate, network: Network, place: int) -> Address:
    number = bisect_left(tuple(estate.networks), network.name)
    return ip_address(BARE + 16 + number * 16 + place)
