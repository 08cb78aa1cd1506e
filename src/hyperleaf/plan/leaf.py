"""What a leaf must have: its VRFs, segments, neighbours and what its tenants never reach."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TYPE_CHECKING

from hyperleaf.model import labels
from hyperleaf.model.fabric import DEFAULT_VRF
from hyperleaf.model.mtu import path_mtus
from hyperleaf.plan import devices
from hyperleaf.values.addresses import IPV6, link_local
from hyperleaf.values.numbers import route_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from ipaddress import IPv6Address

    from hyperleaf.model.cluster import Cluster, Pool, Uplink
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Bfd, Egress, Fabric, StaticRoute, Vrf
    from hyperleaf.model.network import Network
    from hyperleaf.values.addresses import Address, Interface, Subnet
    from hyperleaf.values.macs import Mac
    from hyperleaf.values.names import DeviceName
    from hyperleaf.values.numbers import Asn, Mtu, Port, Vni
    from hyperleaf.values.units import Duration

ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
# The cloud's credentials and OVN-Kubernetes' own addresses.
LINK_LOCAL = ip_network("169.254.0.0/16")
# OVN-Kubernetes' own masquerade, transit and join addresses, and where AWS gives out credentials:
# on nodes with IPv6 whether or not anybody states them.
OWN_IPV6 = tuple(
    ip_network(text) for text in ("fd00:ec2::254/128", "fd69::/112", "fd97::/64", "fd98::/64")
)
# Administrative distances of what drops packets: hosts' ranges yield to nothing, private ranges to
# whatever BGP learns (20, 200), and the end of every VRF to them too.
DISTANCE_HOSTS, DISTANCE_PRIVATE, DISTANCE_NO_DEFAULT = 1, 250, 254
# What no tenant may reach by a node's way out: RFC 1918, RFC 6598, RFC 4193.
PRIVATE = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)


@dataclass(frozen=True, slots=True)
class Segment:
    """An L2VNI on a leaf: a bridge with the anycast gateway and a tunnel port.

    `link_local` is the gateway's, the same on every leaf, where the segment has IPv6.
    """

    network: str
    source: str
    vni: Vni
    bridge: DeviceName
    vxlan: DeviceName
    mtu: Mtu
    gateways: tuple[Interface, ...]
    gateway_mac: Mac
    link_local: IPv6Address | None
    route_target: str
    ra_managed: bool
    ra_other: bool

    @property
    def subnets(self) -> tuple[Subnet, ...]:
        """The subnets on this segment."""
        return tuple(gateway.network for gateway in self.gateways)


@dataclass(frozen=True, slots=True)
class Import:
    """Routes that a VRF takes from another one, or from the main table (`device` None)."""

    vrf: str
    device: DeviceName | None
    prefixes: tuple[Subnet, ...]


@dataclass(frozen=True, slots=True)
class LeafVrf:
    """A VRF on a leaf: an L3VNI, a routing table and the segments it routes there.

    `subnets` are those of the whole estate's networks in this VRF, whether or not attached to this
    leaf; `imports` what it takes from elsewhere; `exports` what the main table takes from it;
    `private_ranges` what it reaches only by routes that say so; `numbered` the same subnets, each
    with a number that stays its own whatever joins or leaves.
    """

    name: str
    source: str
    vni: Vni
    table: int
    device: DeviceName
    bridge: DeviceName
    vxlan: DeviceName
    mtu: Mtu
    route_target: str
    egress: Egress
    segments: tuple[Segment, ...]
    subnets: tuple[Subnet, ...]
    imports: tuple[Import, ...]
    exports: tuple[Subnet, ...]
    routes: tuple[StaticRoute, ...]
    private_ranges: tuple[Subnet, ...]
    numbered: tuple[tuple[int, Subnet], ...]

    @property
    def has_ipv6(self) -> bool:
        """Whether any of its networks has an IPv6 subnet."""
        return any(subnet.version == IPV6 for subnet in self.subnets)


@dataclass(frozen=True, slots=True)
class NodeClass:
    """Nodes that find their own address in the same way: a policy serves them all, however many.

    `selector` are the node labels that pick them; `device` is known where the pool states it.
    """

    name: str
    kind: str
    device: str | None
    pools: tuple[str, ...]
    selector: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeafPlan:
    """All that the leaves of one cluster must have; `neighbours` are the reflectors.

    `host_ranges` are the nodes' and the cloud's own: no tenant ever reaches them.
    """

    fabric: str
    source: str
    cluster: str
    asn: Asn
    port: Port
    neighbours: tuple[Address, ...]
    bfd: Bfd | None
    hold: Duration
    keepalive: Duration
    pinned_vteps: Mapping[str, Address]
    classes: tuple[NodeClass, ...]
    vrfs: tuple[LeafVrf, ...]
    host_ranges: tuple[Subnet, ...]
    selector: Mapping[str, str]


def plan_segment(network: Network, fabric: Fabric) -> Segment | None:
    """Return the network's segment; None where it has no numbers to be built from."""
    if network.vni is None or network.gateway_mac is None:
        return None
    has_ipv6 = any(subnet.version == IPV6 for subnet in network.subnets)
    return Segment(
        network=network.name,
        source=str(network.origin),
        vni=network.vni,
        bridge=devices.bridge(network.vni),
        vxlan=devices.vxlan(network.vni),
        mtu=network.mtu,
        gateways=network.gateways,
        gateway_mac=network.gateway_mac,
        link_local=link_local(network.gateway_mac) if has_ipv6 else None,
        route_target=route_target(fabric.asn, network.vni),
        ra_managed=network.ra_managed,
        ra_other=network.ra_other,
    )


def vrf_subnets(estate: Estate, vrf: Vrf) -> tuple[Subnet, ...]:
    """Return every subnet that the VRF routes, wherever its networks are attached."""
    return tuple(subnet for network in estate.networks_of(vrf) for subnet in network.subnets)


def numbered_subnets(estate: Estate, vrf: Vrf) -> tuple[tuple[int, Subnet], ...]:
    """Return the VRF's subnets, each with a number of its own within the fabric: VNI * 16 + place.

    Lists that many VRFs add to are numbered by it, so that nothing ever renumbers a line.
    """
    return tuple(
        (int(network.vni) * 16 + place, subnet)
        for network in estate.networks_of(vrf)
        if network.vni is not None
        for place, subnet in enumerate(network.subnets)
    )


def vrf_mtu(estate: Estate, vrf: Vrf, *present: str) -> Mtu:
    """Return what routed packets of the VRF may have: the least of all paths between its sites.

    `present` are clusters that have the VRF without any of its networks. An L3VNI that promised
    more would lose packets without a word, or be refused where the uplink carries less.
    """
    sites = {name for network in estate.networks_of(vrf) for name in network.clusters}
    known = tuple(sorted(name for name in sites.union(present) if name in estate.clusters))
    return path_mtus(estate.fabric, estate.clusters)(known).bytes


def imports_of(estate: Estate, vrf: Vrf) -> tuple[Import, ...]:
    """Return what `vrf` takes from the main table and from other VRFs, both ways of leaks seen."""
    taken: dict[str, list[Subnet]] = {}
    if vrf.egress == "nat":
        families = {subnet.version for subnet in vrf_subnets(estate, vrf)} or {4}
        taken[DEFAULT_VRF] = [one for one in ANYWHERE if one.version in families]
    for leak in vrf.leaks:
        taken.setdefault(leak.other, []).extend(leak.imports)
    for other, leak in estate.leaks_with.get(vrf.name, ()):
        given = vrf_subnets(estate, other) if leak.exports is None else leak.exports
        taken.setdefault(other.name, []).extend(given)
    return tuple(
        Import(
            vrf=name,
            device=None if name == DEFAULT_VRF else devices.vrf(estate.vrfs[name].vni),
            prefixes=tuple(dict.fromkeys(prefixes)),
        )
        for name, prefixes in sorted(taken.items())
        if prefixes and (name == DEFAULT_VRF or name in estate.vrfs)
    )


def exports_of(estate: Estate, vrf: Vrf) -> tuple[Subnet, ...]:
    """Return what the main table takes from `vrf`: return traffic needs its subnets there."""
    exports: list[Subnet] = []
    if vrf.egress == "nat":
        exports.extend(vrf_subnets(estate, vrf))
    for leak in vrf.leaks:
        if leak.other == DEFAULT_VRF:
            exports.extend(vrf_subnets(estate, vrf) if leak.exports is None else leak.exports)
    return tuple(dict.fromkeys(exports))


def host_ranges(cluster: Cluster, fabric: Fabric) -> tuple[Subnet, ...]:
    """Return what belongs to hosts and cloud: no tenant reaches it, constant for a cluster."""
    own = [subnet for _, subnet in cluster.ranges.named()]
    return _collapsed([LINK_LOCAL, *own, *fabric.underlay])


def _foreign_ranges(estate: Estate, cluster: Cluster) -> Iterator[Subnet]:
    """Yield the IPv6 ranges of other clusters' nodes: the underlay's, which holds them, is IPv4.

    Only the VRFs' routes keep tenants from these: a node's filter may not follow from who joins.
    """
    for other in estate.clusters.values():
        if other is not cluster:
            yield from (one for one in other.ranges.machine if one.version == IPV6)


def private_ranges(vrf: Vrf, imports: Iterable[Import]) -> tuple[Subnet, ...]:
    """Return the private ranges that `vrf` reaches only where a more specific route says so.

    By a node's own way out none is meant unless leaked; by the border's default route the data
    centre's own are.
    """
    if vrf.egress != "nat":
        return ()
    leaked = {prefix for one in imports for prefix in one.prefixes}
    return tuple(one for one in PRIVATE if one not in leaked)


def _collapsed(subnets: Iterable[Subnet]) -> tuple[Subnet, ...]:
    both = list(subnets)
    four = collapse_addresses(one for one in both if isinstance(one, IPv4Network))
    six = collapse_addresses(one for one in both if isinstance(one, IPv6Network))
    return (*four, *six)


def _present(estate: Estate, cluster: Cluster) -> Iterator[Vrf]:
    """Yield the VRFs that the cluster's leaves need: their networks', and those these take from."""
    names = {network.vrf for network in estate.networks_in(cluster) if network.vrf is not None}
    needed = set(names)
    for name in names:
        needed |= {one.vrf for one in imports_of(estate, estate.vrfs[name])}
    for name in sorted(needed - {DEFAULT_VRF}):
        yield estate.vrfs[name]


def _plan_vrf(estate: Estate, cluster: Cluster, vrf: Vrf, fabric: Fabric) -> LeafVrf:
    imports = imports_of(estate, vrf)
    segments = tuple(
        segment
        for network in estate.networks_of(vrf)
        if cluster.name in network.clusters
        and (segment := plan_segment(network, fabric)) is not None
    )
    return LeafVrf(
        name=vrf.name,
        source=str(vrf.origin),
        vni=vrf.vni,
        table=vrf.table,
        device=devices.vrf(vrf.vni),
        bridge=devices.bridge(vrf.vni),
        vxlan=devices.vxlan(vrf.vni),
        mtu=vrf_mtu(estate, vrf, cluster.name),
        route_target=route_target(fabric.asn, vrf.vni),
        egress=vrf.egress,
        segments=segments,
        subnets=vrf_subnets(estate, vrf),
        imports=imports,
        exports=exports_of(estate, vrf),
        routes=vrf.routes,
        private_ranges=private_ranges(vrf, imports),
        numbered=numbered_subnets(estate, vrf),
    )


def _classes(fabric: Fabric, pools: Iterable[Pool]) -> tuple[NodeClass, ...]:
    groups: dict[tuple[str, str | None], list[str]] = {}
    for pool in pools:
        groups.setdefault(way(pool.primary), []).append(pool.name)
    return tuple(
        NodeClass(
            name=class_name(kind, device),
            kind=kind,
            device=device,
            pools=tuple(names),
            selector={labels.LEAF: fabric.name, labels.UPLINK: uplink_label(kind, device)},
        )
        for (kind, device), names in sorted(groups.items(), key=lambda one: str(one[0]))
    )


def way(primary: Uplink) -> tuple[str, str | None]:
    """Return how a pool's nodes find their default route: the kind of device, its name if known."""
    return primary.kind, None if primary.kind == "br-ex" else primary.device


def class_name(kind: str, device: str | None) -> str:
    """Return the name of nodes whose default route leaves in one way, fit for an object's name."""
    return kind if device is None else f"{kind}-{device}".replace(".", "-").lower()


def uplink_label(kind: str, device: str | None) -> str:
    """Return the value of the uplink label for a pool whose primary is of `kind` on `device`."""
    return kind if device is None else f"{kind}-{device}"


def plan_leaves(estate: Estate, cluster: Cluster) -> LeafPlan | None:
    """Return what the cluster's leaves must have; None where the cluster has none."""
    fabric = estate.fabric
    if fabric is None or not cluster.leaf_pools:
        return None
    return LeafPlan(
        fabric=fabric.name,
        source=str(fabric.origin),
        cluster=cluster.name,
        asn=fabric.asn,
        port=fabric.port,
        neighbours=fabric.reflectors.addresses,
        bfd=fabric.bfd,
        hold=fabric.hold,
        keepalive=fabric.keepalive,
        pinned_vteps=fabric.pinned_vteps,
        classes=_classes(fabric, cluster.leaf_pools),
        vrfs=tuple(_plan_vrf(estate, cluster, vrf, fabric) for vrf in _present(estate, cluster)),
        host_ranges=_collapsed(
            [*host_ranges(cluster, fabric), *OWN_IPV6, *_foreign_ranges(estate, cluster)]
        ),
        selector={labels.LEAF: fabric.name},
    )
