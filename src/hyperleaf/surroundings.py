"""A plan becomes the least world in which all of it can be tried: nodes, segments, places.

A platform gives real nodes their addresses; a lab has none, so they are taken from the estate's own
machine networks, in the order of pools.
"""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network, IPv6Network, ip_interface, ip_network
from typing import TYPE_CHECKING

from hyperleaf.lab.errors import NoProofError
from hyperleaf.lab.facts import Allowed, BorderPlace, Nic, Node, Segment, Stranger, Surroundings
from hyperleaf.model import labels
from hyperleaf.model.fabric import BORDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hyperleaf.lab.facts import Interface, Network
    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.fabric import Border, Fabric
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.values.addresses import Subnet

# Two show all that more would: what leaves do to each other, and what one alone cannot.
LEAVES = 2
# Below these a platform has its own addresses: routers, resolvers, load balancers.
FIRST_NODE = 20
IPV4 = 4
ETHERNET = 1500
# The end of a machine network, where a lab has no nodes.
STRANGER = -6
SSH = 22
# What OpenShift's own groups let in from a cluster's nodes: VXLAN and Geneve, IPsec, the hosts'
# services, kubelet and its like, node ports.
WITHIN = (
    ("udp", ((4789, 4789), (6081, 6081), (500, 500), (4500, 4500), (9000, 9999), (30000, 32767))),
    ("tcp", ((9000, 9999), (10250, 10259), (22623, 22623), (30000, 32767))),
    ("esp", ()),
)
# The length of a node's own part of the pod range (hostPrefix).
OWN_PODS = 23
# What a node's first NIC is called where nobody said; Amazon's are.
NIC = "ens5"
OUTSIDE = (ip_interface("203.0.113.10/24"), ip_interface("2001:db8:ffff::10/64"))
OUTSIDE_GATEWAYS = (ip_interface("203.0.113.1/24"), ip_interface("2001:db8:ffff::1/64"))


class NoSurroundingsError(NoProofError):
    """An estate whose world cannot be guessed: says what is missing."""


def surroundings(plan: Plan, leaves: int = LEAVES) -> Surroundings:
    """Return the world of an estate, with at most `leaves` leaves a cluster."""
    fabric = plan.estate.fabric
    clusters = [one.cluster for one in plan.clusters]
    nodes = tuple(node for cluster in clusters for node in _nodes(plan, cluster, leaves))
    if not nodes:
        raise NoSurroundingsError("no pool of the estate is a leaf or has an uplink to be tried")
    segments = [
        Segment(one.name, tuple(_gateways(one)), _mtu(fabric, one), _path(fabric, one.name))
        for one in clusters
        if any(node.cluster == one.name for node in nodes)
    ]
    borders = fabric.borders if fabric is not None else ()
    if fabric is not None and borders:
        subnet = _border_subnet(fabric, borders[0])
        gateway = (_interface(subnet, 1),)
        segments.append(Segment(BORDERS, gateway, int(fabric.mtu), _path(fabric, BORDERS)))
    return Surroundings(
        segments=tuple(segments),
        nodes=nodes,
        borders=tuple(BorderPlace(one.name, BORDERS) for one in borders),
        outside=OUTSIDE,
        outside_gateways=OUTSIDE_GATEWAYS,
        strangers=tuple(_strangers(fabric, clusters)),
    )


def allowed(cluster: Cluster) -> tuple[Allowed, ...] | None:
    """Return what a cluster's own security group lets in, as its installer makes it.

    What the fabric needs on top is in the templates that are rendered. None where the platform has
    no such groups.
    """
    if cluster.platform.kind != "aws":
        return None
    machine = _ranges(cluster.ranges.machine)
    return (
        Allowed("icmp", sources=machine),
        Allowed("tcp", ((SSH, SSH),), machine),
        *(Allowed(protocol, ports, members=True) for protocol, ports in WITHIN),
    )


def _leaf_ranges(clusters: Sequence[Cluster]) -> tuple[Network, ...]:
    """Return where leaves get their addresses from: a node that joins has one of these."""
    return tuple(
        one
        for cluster in clusters
        if any(pool.leaf for pool in cluster.pools)
        for one in _ranges(cluster.ranges.machine)
    )


def _strangers(fabric: Fabric | None, clusters: Sequence[Cluster]) -> Iterator[Stranger]:
    """Yield a machine among the leaves' addresses, and one that no leaf could have the address of.

    Both lie in machine networks of the estate, at their ends, where no node of a lab is.
    """
    if fabric is None:
        return
    leaves = _leaf_ranges(clusters)
    done = set()
    for cluster in clusters:
        subnet = next((one for one in _machine(cluster) if one.version == IPV4), None)
        if subnet is None:
            continue
        within = any(_interface(subnet, STRANGER).ip in one for one in leaves)
        if within not in done:
            done.add(within)
            name = "insider" if within else "stranger"
            yield Stranger(name, cluster.name, (_interface(subnet, STRANGER),), within)


def _mtu(fabric: Fabric | None, cluster: Cluster) -> int:
    if cluster.mtu is not None:
        return int(cluster.mtu)
    return int(fabric.mtu) if fabric is not None else ETHERNET


def _path(fabric: Fabric | None, site: str) -> int:
    """Return the least MTU of the paths that end at a site."""
    if fabric is None:
        return ETHERNET
    ending = [int(one.mtu) for one in fabric.paths if site in one.ends]
    return min([int(fabric.mtu), *ending])


def _nodes(plan: Plan, cluster: Cluster, leaves: int) -> Iterator[Node]:
    fabric = plan.estate.fabric
    number = 0
    if fabric is not None and fabric.reflectors.cluster == cluster.name:
        for address in fabric.reflectors.addresses:
            number += 1
            length = next(one.prefixlen for one in cluster.ranges.machine if address in one)
            yield Node(
                name=f"{cluster.name}-rr{number}",
                cluster=cluster.name,
                segment=cluster.name,
                addresses=(ip_interface(f"{address}/{length}"),),
                labels={labels.REFLECTOR: fabric.name},
                pod=_pod(cluster, number),
                pods=_ranges(cluster.ranges.pod),
                services=_ranges(cluster.ranges.service),
                allowed=allowed(cluster),
            )
    overlaid = any(
        one.transport == "overlay" and cluster.name in one.clusters
        for one in plan.estate.networks.values()
    )
    of_interest = [pool for pool in cluster.pools if pool.leaf or pool.uplinks or overlaid]
    wanted = [pool for pool in of_interest for _ in range(max(1, pool.replicas))]
    for place, pool in enumerate(_spread(wanted)[:leaves], start=1):
        number += 1
        marks = {**pool.labels, labels.POOL: pool.name}
        if pool.leaf and fabric is not None:
            marks |= {labels.LEAF: fabric.name, labels.UPLINK: _uplink(pool)}
        yield Node(
            name=f"{cluster.name}-{place}",
            cluster=cluster.name,
            segment=cluster.name,
            addresses=tuple(_interface(one, FIRST_NODE + place) for one in _machine(cluster)),
            labels=marks,
            uplink=_device(pool),
            pod=_pod(cluster, number) if pool.primary.kind == "br-ex" else None,
            nics=tuple(_nics(pool)),
            kind=pool.primary.kind,
            below=_below(pool),
            pods=_ranges(cluster.ranges.pod),
            services=_ranges(cluster.ranges.service),
            allowed=allowed(cluster),
        )


def _ranges(subnets: Iterable[Subnet]) -> tuple[Network, ...]:
    return tuple(ip_network(str(one)) for one in subnets)


def _device(pool: Pool) -> str:
    """Return the device that carries a pool's default route; nobody need have named it."""
    unnamed = {"br-ex": "br-ex", "nic": NIC, "bond": "bond0", "vlan": f"{NIC}.10"}
    return pool.primary.device or unnamed[pool.primary.kind]


def _below(pool: Pool) -> tuple[str, ...]:
    """Return the NICs that a pool's default route leaves by in the end."""
    primary, device = pool.primary, _device(pool)
    if primary.bond is not None:
        return primary.bond.nics
    if primary.kind in {"nic", "vlan"}:
        return (device.partition(".")[0],)
    return (NIC, f"{NIC}b") if primary.kind == "bond" else (NIC,)


def _nics(pool: Pool) -> Iterator[Nic]:
    """Yield the NICs of a pool's uplinks; NICs of one name are cabled to one switch."""
    devices: dict[str, tuple[str, str]] = {}
    for uplink in pool.uplinks.values():
        own = uplink.bond.nics if uplink.bond is not None else (uplink.device,)
        for device in own:
            if device is not None and uplink.kind in {"nic", "bond"}:
                devices.setdefault(device, (uplink.name, uplink.port_group or ""))
    primary = pool.primary.bond.nics if pool.primary.bond is not None else (pool.primary.device,)
    yield from (Nic(one, *where) for one, where in devices.items() if one not in primary)


def _spread(pools: list[Pool]) -> list[Pool]:
    """Return each pool once first, then the rest: few nodes shall show every kind."""
    first = list({pool.name: pool for pool in pools}.values())
    rest = list(pools)
    for pool in first:
        rest.remove(pool)
    return [*first, *rest]


def _uplink(pool: Pool) -> str:
    kind, device = pool.primary.kind, pool.primary.device
    return f"{kind}-{device}" if device and kind != "br-ex" else kind


def _machine(cluster: Cluster) -> list[IPv4Network | IPv6Network]:
    """Return the first machine network of each family."""
    first: dict[int, IPv4Network | IPv6Network] = {}
    for one in cluster.ranges.machine:
        first.setdefault(one.version, ip_network(str(one)))
    return list(first.values())


def _gateways(cluster: Cluster) -> Iterator[Interface]:
    yield from (_interface(one, 1) for one in _machine(cluster))


def _interface(subnet: IPv4Network | IPv6Network, number: int) -> Interface:
    return ip_interface(f"{subnet[number]}/{subnet.prefixlen}")


def _pod(cluster: Cluster, number: int) -> IPv4Interface | None:
    """Return a node's first address of the pod range: two clusters with one range repeat it."""
    ranges = [IPv4Network(str(one)) for one in cluster.ranges.pod if one.version == IPV4]
    if not ranges:
        return None
    length = max(OWN_PODS, ranges[0].prefixlen)
    own = 2 ** (ranges[0].max_prefixlen - length)
    return IPv4Interface((int(ranges[0].network_address) + (number - 1) * own + 2, length))


def _border_subnet(fabric: Fabric, border: Border) -> IPv4Network | IPv6Network:
    around = [one for one in fabric.underlay if border.address in one]
    if not around:
        raise NoSurroundingsError(f"border {border.name} lies in none of the underlay's ranges")
    return ip_network(str(max(around, key=lambda one: one.prefixlen)))
