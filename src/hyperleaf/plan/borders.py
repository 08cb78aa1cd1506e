"""What the fabric's other ends must have: reflectors, borders and the DHCP servers behind them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses
from typing import TYPE_CHECKING

from hyperleaf.model import labels
from hyperleaf.plan import devices
from hyperleaf.plan.leaf import (
    Import,
    NodeClass,
    Segment,
    class_name,
    imports_of,
    plan_segment,
    vrf_mtu,
    vrf_subnets,
    way,
)
from hyperleaf.values.addresses import IPV4, Interface, interface, last_host
from hyperleaf.values.numbers import route_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Bfd, Border, Egress, Fabric, StaticRoute, Vrf
    from hyperleaf.model.network import Network
    from hyperleaf.values.addresses import Address, AddressRange, Subnet
    from hyperleaf.values.names import DeviceName
    from hyperleaf.values.numbers import Asn, Mtu, Port, Vni
    from hyperleaf.values.units import Duration


@dataclass(frozen=True, slots=True)
class ReflectorPlan:
    """The route reflectors: sessions accepted from `ranges`, opened to `borders`.

    `nodes` is how they find their own address: a hub's control plane always has br-ex.
    `cluster_id` is the same on all of them (RFC 4456), written as an address.
    """

    fabric: str
    source: str
    cluster: str
    asn: Asn
    cluster_id: str
    addresses: tuple[Address, ...]
    ranges: tuple[Subnet, ...]
    borders: tuple[Border, ...]
    bfd: Bfd | None
    hold: Duration
    keepalive: Duration
    selector: Mapping[str, str]
    nodes: NodeClass


@dataclass(frozen=True, slots=True)
class BorderSegment:
    """A stretched network on a border: beside the anycast gateway an address of its own.

    `own` are unique per border and network, one a subnet: what relays and probes are sent from.
    """

    segment: Segment
    vlan: int | None
    vrf: str
    own: tuple[Interface, ...]
    dhcp_servers: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class BorderVrf:
    """A VRF on a border; `originates_default` where guests leave by the data centre."""

    name: str
    vni: Vni
    table: int
    device: DeviceName
    bridge: DeviceName
    vxlan: DeviceName
    mtu: Mtu
    route_target: str
    egress: Egress
    originates_default: bool
    segments: tuple[BorderSegment, ...]
    subnets: tuple[Subnet, ...]
    imports: tuple[Import, ...]
    routes: tuple[StaticRoute, ...]


@dataclass(frozen=True, slots=True)
class BorderPlan:
    """All that one border must have, whoever makes the switch."""

    border: Border
    fabric: str
    asn: Asn
    fabric_asn: Asn
    port: Port
    reflectors: tuple[Address, ...]
    bfd: Bfd | None
    hold: Duration
    keepalive: Duration
    vrfs: tuple[BorderVrf, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Addresses that DHCP leases on one subnet, by `pools`.

    `number` stays the subnet's whatever joins or leaves: servers keep leases by it. `router` is the
    anycast gateway; None for IPv6, where only router advertisements give one.
    """

    network: str
    source: str
    number: int
    subnet: Subnet
    pools: tuple[tuple[Address, Address], ...]
    router: Address | None
    dns: tuple[Address, ...]
    mtu: Mtu
    servers: tuple[Address, ...]
    relays: tuple[Address, ...]


def plan_reflectors(estate: Estate) -> ReflectorPlan | None:
    """Return what the route reflectors must have; None without a fabric.

    The ranges are the machine networks of clusters with leaves: no node of another kind is heard.
    """
    fabric = estate.fabric
    if fabric is None:
        return None
    machines = [
        subnet
        for cluster in estate.clusters.values()
        if cluster.leaf_pools
        for subnet in cluster.ranges.machine
        if isinstance(subnet, IPv4Network)
    ]
    number = int(fabric.asn)
    home = estate.clusters.get(fabric.reflectors.cluster)
    return ReflectorPlan(
        fabric=fabric.name,
        source=str(fabric.origin),
        cluster=fabric.reflectors.cluster,
        asn=fabric.asn,
        cluster_id=".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8, 0)),
        addresses=fabric.reflectors.addresses,
        ranges=tuple(collapse_addresses(machines)),
        borders=fabric.borders,
        bfd=fabric.bfd,
        hold=fabric.hold,
        keepalive=fabric.keepalive,
        selector={labels.REFLECTOR: fabric.name},
        nodes=_reflector_nodes(fabric, home),
    )


def _reflector_nodes(fabric: Fabric, home: Cluster | None) -> NodeClass:
    """Return the class of the reflectors' nodes: of their pool, or a control plane's."""
    pools = [pool for pool in home.pools if pool.name == fabric.reflectors.pool] if home else []
    kind, device = way(pools[0].primary) if pools else ("br-ex", None)
    return NodeClass(
        name=f"reflector-{class_name(kind, device)}",
        kind=kind,
        device=device,
        pools=tuple(pool.name for pool in pools),
        selector={labels.REFLECTOR: fabric.name},
    )


def border_address(border: Border, subnet: Subnet) -> Address:
    """Return a border's own address on a subnet: the last usable one, the next border's before.

    Appending a border to the list moves nobody else's.
    """
    return last_host(subnet, border.index)


def _plan_segment(network: Network, fabric: Fabric, border: Border) -> BorderSegment | None:
    segment = plan_segment(network, fabric)
    if segment is None or network.vrf is None:
        return None
    return BorderSegment(
        segment=segment,
        vlan=int(network.vlan) if network.vlan is not None else None,
        vrf=network.vrf,
        own=tuple(
            interface(border_address(border, subnet), subnet)
            for subnet in network.subnets
            if subnet.num_addresses > len(fabric.borders) + 3
        ),
        dhcp_servers=network.dhcp.servers if network.dhcp else (),
    )


def _plan_vrf(estate: Estate, vrf: Vrf, fabric: Fabric, border: Border) -> BorderVrf:
    networks = estate.networks_of(vrf)
    segments = (_plan_segment(network, fabric, border) for network in networks)
    return BorderVrf(
        name=vrf.name,
        vni=vrf.vni,
        table=vrf.table,
        device=devices.vrf(vrf.vni),
        bridge=devices.bridge(vrf.vni),
        vxlan=devices.vxlan(vrf.vni),
        mtu=vrf_mtu(estate, vrf),
        route_target=route_target(fabric.asn, vrf.vni),
        egress=vrf.egress,
        originates_default=vrf.egress == "border",
        segments=tuple(segment for segment in segments if segment is not None),
        subnets=vrf_subnets(estate, vrf),
        imports=tuple(one for one in imports_of(estate, vrf) if one.device is not None),
        routes=vrf.routes,
    )


def plan_border(estate: Estate, fabric: Fabric, border: Border) -> BorderPlan:
    """Return what a border must have: every VRF and every stretched network of the fabric."""
    return BorderPlan(
        border=border,
        fabric=fabric.name,
        asn=border.asn,
        fabric_asn=fabric.asn,
        port=fabric.port,
        reflectors=fabric.reflectors.addresses,
        bfd=fabric.bfd,
        hold=fabric.hold,
        keepalive=fabric.keepalive,
        vrfs=tuple(_plan_vrf(estate, vrf, fabric, border) for vrf in estate.vrfs.values()),
    )


def plan_scopes(estate: Estate) -> tuple[Scope, ...]:
    """Return what DHCP leases, a scope per subnet of a network that names a server."""
    fabric = estate.fabric
    borders = fabric.borders if fabric else ()
    scopes = []
    for network in estate.networks.values():
        dhcp = network.dhcp
        if dhcp is None or network.vni is None:
            continue
        for place, gateway in enumerate(network.gateways):
            subnet = gateway.network
            servers = tuple(one for one in dhcp.servers if one.version == subnet.version)
            if not servers:
                continue
            relays = tuple(border_address(border, subnet) for border in borders)
            scopes.append(
                Scope(
                    network=network.name,
                    source=str(network.origin),
                    number=int(network.vni) * 16 + place,
                    subnet=subnet,
                    pools=_pools(subnet, dhcp.range, {gateway.ip, *relays}),
                    router=gateway.ip if subnet.version == IPV4 else None,
                    dns=tuple(one for one in dhcp.dns if one.version == subnet.version),
                    mtu=network.mtu,
                    servers=servers,
                    relays=relays,
                )
            )
    return tuple(scopes)


def _pools(
    subnet: Subnet, stated: AddressRange | None, taken: set[Address]
) -> tuple[tuple[Address, Address], ...]:
    """Return the runs of addresses to lease: the stated range or the subnet, less what is taken."""
    if stated is not None and stated.first.version == subnet.version:
        return ((stated.first, stated.last),)
    low, base = 1, int(subnet.network_address)
    high = int(last_host(subnet)) - base
    runs: list[tuple[Address, Address]] = []
    for one in sorted(int(address) - base for address in taken):
        if low <= one <= high:
            if low < one:
                runs.append((subnet[low], subnet[one - 1]))
            low = one + 1
    if low <= high:
        runs.append((subnet[low], subnet[high]))
    return tuple(runs)
