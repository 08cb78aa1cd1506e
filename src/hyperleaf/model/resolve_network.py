"""A written network, or each VLAN of a set, becomes a resolved one with its numbers derived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.findings import Finding, Origin, at
from hyperleaf.model.fabric import Vrf
from hyperleaf.model.mtu import overlay_mtu, uplink_mtu
from hyperleaf.model.network import Attachment, Dhcp, Network, Sriov
from hyperleaf.model.resolve_fabric import resolve_leaks, resolve_routes
from hyperleaf.spec.network import Network as WrittenNetwork
from hyperleaf.spec.network import NetworkOptions, NetworkSpec
from hyperleaf.values.addresses import IPV6, first_host, interface
from hyperleaf.values.macs import gateway_mac
from hyperleaf.values.names import ObjectName
from hyperleaf.values.numbers import VlanId, Vni

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.fabric import Fabric
    from hyperleaf.model.network import PathMtu
    from hyperleaf.spec.network import NetworkSet
    from hyperleaf.values.addresses import Address, Interface

# Bases of a fabric that states none, so that numbers exist even where the fabric is missing.
L2_BASE, L3_BASE = 10000, 20000


@dataclass(frozen=True, slots=True)
class Segment:
    """One network as written, whether alone or by a set."""

    name: str
    spec: NetworkSpec
    origin: Origin


def segments_of(
    written: WrittenNetwork | NetworkSet, origin: Origin
) -> tuple[tuple[Segment, ...], tuple[Finding, ...]]:
    """Return the networks that a document writes, named `<set>-<vlan>` where it is a set."""
    if isinstance(written, WrittenNetwork):
        return (Segment(written.metadata.name, written.spec, origin),), ()
    vlans, findings = _vlans_of(written, origin)
    common = {
        one.attribute: getattr(written.spec, one.attribute)
        for one in NetworkOptions.members().values()
    }
    made = []
    for vlan in vlans:
        own = written.spec.descriptions.get(str(int(vlan)), written.spec.description)
        spec = NetworkSpec(**common | {"vlan": vlan, "description": own})
        made.append(Segment(f"{written.metadata.name}-{int(vlan)}", spec, origin))
    return tuple(made), findings


def _vlans_of(
    written: NetworkSet, origin: Origin
) -> tuple[tuple[VlanId, ...], tuple[Finding, ...]]:
    """Return the VLAN ids of a set in order, each once."""
    ids: set[int] = set()
    for part in written.spec.vlans.split(","):
        first, _, last = part.strip().partition("-")
        low, high = int(first[:6]), int((last or first)[:6])
        if not VlanId.least <= low <= high <= VlanId.most:
            finding = at(
                origin,
                "spec",
                "vlans",
                code="HL0108",
                message=f"{part.strip()!r} is no range of VLAN ids",
                hint=f"ids go from {VlanId.least} to {VlanId.most}, the lower one first",
            )
            return (), (finding,)
        ids.update(range(low, high + 1))
    return tuple(VlanId(one) for one in sorted(ids)), ()


def own_vrf(segment: Segment, fabric: Fabric | None) -> Vrf | None:
    """Return the VRF of a network that shares none; None where no VLAN id gives its number."""
    spec = segment.spec
    if spec.vlan is None:
        return None
    base = fabric.l3_base if fabric else L3_BASE
    number = min(base + spec.vlan, Vni.most)
    return Vrf(
        name=segment.name,
        shared=False,
        vni=Vni(number),
        table=int(spec.table or number),
        egress=spec.egress or "none",
        leaks=resolve_leaks(spec.leaks),
        routes=resolve_routes(spec.routes),
        origin=segment.origin,
    )


def resolve_network(  # noqa: PLR0913, PLR0917 - all that a network refers to
    segment: Segment,
    vrfs: Mapping[str, Vrf],
    clusters: Mapping[str, Cluster],
    fabric: Fabric | None,
    mtus: Callable[[tuple[str, ...]], PathMtu],
    unread: frozenset[str] = frozenset(),
) -> tuple[Network, tuple[Finding, ...]]:
    """Return the network; references that fail are left out of it, each with a finding.

    What is wrong with `unread` documents (`Cluster/hub`) is told there alone.
    """
    spec, origin = segment.spec, segment.origin
    findings = list(_failing(segment, vrfs, clusters, unread))
    attachments = tuple(
        Attachment(
            cluster=one.cluster,
            namespaces=tuple(one.namespaces),
            name=one.name or _attachment_name(segment.name),
            index=index,
        )
        for index, one in enumerate(spec.attach)
        if one.cluster in clusters
    )
    stretched = spec.transport == "evpn"
    vrf = spec.vrf or segment.name
    vni = _l2vni(spec, fabric) if stretched else None
    gateways, stray = _gateways(spec) if stretched else ((), tuple(spec.gateways))
    path = _path_mtu(spec, tuple(dict.fromkeys(a.cluster for a in attachments)), clusters, mtus)
    six_servers = spec.dhcp is not None and any(s.version == IPV6 for s in spec.dhcp.servers)
    network = Network(
        name=segment.name,
        transport=spec.transport,
        role=spec.role,
        vlan=spec.vlan,
        vni=vni,
        vrf=vrf if stretched and vrf in vrfs else None,
        uplink=spec.uplink,
        subnets=tuple(spec.subnets),
        gateways=gateways,
        stray_gateways=stray,
        gateway_mac=(spec.gateway_mac or gateway_mac(vni)) if vni is not None else None,
        mtu=spec.mtu or path.bytes,
        stated_mtu=spec.mtu,
        path_mtu=path,
        dhcp=_dhcp(spec),
        ra_managed=six_servers if spec.ra.managed is None else spec.ra.managed,
        ra_other=six_servers if spec.ra.other is None else spec.ra.other,
        macspoofchk=spec.macspoofchk,
        description=spec.description,
        sriov=_sriov(spec),
        attachments=attachments,
        host_addresses=spec.addresses,
        pinned=spec.pinned,
        origin=origin,
    )
    return network, tuple(findings)


def _dhcp(spec: NetworkSpec) -> Dhcp | None:
    stated = spec.dhcp
    return Dhcp(stated.servers, stated.range, stated.router, stated.dns) if stated else None


def _sriov(spec: NetworkSpec) -> Sriov | None:
    stated = spec.sriov
    if stated is None:
        return None
    return Sriov(stated.num_vfs, stated.vendor, stated.device_id, stated.device_type)


def _attachment_name(name: str) -> str:
    return ObjectName(name) if len(name) <= 63 else name  # noqa: PLR2004 - RFC 1123


def _failing(
    segment: Segment,
    vrfs: Mapping[str, Vrf],
    clusters: Mapping[str, Cluster],
    unread: frozenset[str],
) -> Iterator[Finding]:
    for index, one in enumerate(segment.spec.attach):
        if one.cluster not in clusters and f"Cluster/{one.cluster}" not in unread:
            yield at(
                segment.origin,
                "spec",
                "attach",
                index,
                "cluster",
                code="HL0104",
                message=f"there is no cluster {one.cluster!r} to attach {segment.name} in",
                hint=f"the estate's clusters are {', '.join(sorted(clusters)) or 'none'}",
            )
    vrf = segment.spec.vrf
    is_there = vrf in vrfs and vrfs[vrf].shared if vrf is not None else True
    if not is_there and f"VRF/{vrf}" not in unread:
        shared = sorted(name for name, one in vrfs.items() if one.shared)
        yield at(
            segment.origin,
            "spec",
            "vrf",
            code="HL0106",
            message=f"there is no VRF {vrf!r} for {segment.name}",
            hint=f"the VRFs are {', '.join(shared) or 'none'}; without `vrf` it gets its own",
        )


def _l2vni(spec: NetworkSpec, fabric: Fabric | None) -> Vni | None:
    if spec.vni is not None:
        return spec.vni
    if spec.vlan is None:
        return None
    return Vni(min((fabric.l2_base if fabric else L2_BASE) + spec.vlan, Vni.most))


def _gateways(spec: NetworkSpec) -> tuple[tuple[Interface, ...], tuple[Address, ...]]:
    """Return a gateway for each subnet, and the stated ones that no subnet takes."""
    left = list(spec.gateways)
    made = []
    for subnet in spec.subnets:
        stated = next((one for one in left if one in subnet), None)
        if stated is not None:
            left.remove(stated)
        made.append(interface(stated or first_host(subnet), subnet))
    return tuple(made), tuple(left)


def _path_mtu(
    spec: NetworkSpec,
    names: tuple[str, ...],
    clusters: Mapping[str, Cluster],
    mtus: Callable[[tuple[str, ...]], PathMtu],
) -> PathMtu:
    match spec.transport:
        case "evpn":
            return mtus(names)
        case "overlay":
            return overlay_mtu(clusters[name] for name in names)
        case _:
            return uplink_mtu(spec.uplink, [clusters[name] for name in names])
