"""The plan told as names and values, one flat list a thing: what two estates are compared by.

Everything a person decides or would notice is here, numbers that follow included; devices, files
and objects are not: they follow from these. Values are text or lists of text, so that a difference
is told in the estate's own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.plan.meaning_hosted import hosted
from hyperleaf.plan.meaning_installed import installed
from hyperleaf.plan.meaning_machines import machines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hyperleaf.model.cluster import Cluster, MigrationPolicy, Pool, Uplink
    from hyperleaf.model.fabric import Border, Fabric, Leak, Vrf
    from hyperleaf.model.network import Network
    from hyperleaf.plan.borders import BorderPlan
    from hyperleaf.plan.clusters import Plan

Said = str | list[str]
Facts = dict[str, Said]
Meaning = dict[str, dict[str, Facts]]


def meaning(plan: Plan) -> Meaning:
    """Return what the plan says of each fabric, border, VRF, network and cluster, by name."""
    estate = plan.estate
    fabric = estate.fabric
    return {
        "fabrics": {fabric.name: _fabric(fabric)} if fabric else {},
        "borders": {one.border.name: _border(one.border, one) for one in plan.borders},
        "vrfs": {
            vrf.name: _vrf(vrf, [network.name for network in estate.networks_of(vrf)])
            for vrf in estate.vrfs.values()
        },
        "networks": {one.name: _network(one) for one in estate.networks.values()},
        "clusters": {
            one.name: {**_cluster(one), **hosted(estate, one)} for one in estate.clusters.values()
        },
    }


def _said(**values: object) -> Facts:
    """Return the values as text under their names; what is None or empty is not said."""
    made: Facts = {}
    for name, value in values.items():
        words = name.replace("_", " ")
        if isinstance(value, tuple | list):
            if value:
                made[words] = [str(one) for one in value]
        elif value is not None:
            made[words] = _text(value)
    return made


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _pairs(prefix: str, values: Mapping[str, object]) -> Facts:
    return {f"{prefix} {name}": _text(value) for name, value in sorted(values.items())}


def _fabric(fabric: Fabric) -> Facts:
    return {
        **_said(
            asn=int(fabric.asn),
            underlay=fabric.underlay,
            mtu=int(fabric.mtu),
            port=int(fabric.port),
            bfd=f"{fabric.bfd.interval} x {fabric.bfd.multiplier}" if fabric.bfd else "off",
            hold=fabric.hold,
            keepalive=fabric.keepalive,
            reflectors=fabric.reflectors.addresses,
            reflectors_cluster=fabric.reflectors.cluster,
            reflectors_pool=fabric.reflectors.pool,
            l2_base=fabric.l2_base,
            l3_base=fabric.l3_base,
        ),
        **_pairs("path", {" to ".join(sorted(one.ends)): int(one.mtu) for one in fabric.paths}),
        **_pairs("tunnel endpoint", fabric.pinned_vteps),
    }


def _border(border: Border, plan: BorderPlan) -> Facts:
    return {
        **_said(
            address=border.address,
            asn=int(border.asn),
            mtu=int(border.mtu),
            multihop=border.multihop,
            password_secret=border.secret,
            reflectors=plan.reflectors,
        ),
        **{
            f"own address in {segment.segment.network}": [str(one) for one in segment.own]
            for vrf in plan.vrfs
            for segment in vrf.segments
        },
    }


def _vrf(vrf: Vrf, networks: Iterable[str]) -> Facts:
    return {
        **_said(
            vni=int(vrf.vni),
            table=vrf.table,
            egress=vrf.egress,
            networks=sorted(networks),
            routes=sorted(f"{route.to} via {route.via}" for route in vrf.routes),
        ),
        **{
            f"leak with {leak.other} {way}": said for leak in vrf.leaks for way, said in _ways(leak)
        },
    }


def _ways(leak: Leak) -> Iterable[tuple[str, Said]]:
    yield "import", [str(one) for one in leak.imports]
    yield "export", "subnets" if leak.exports is None else [str(one) for one in leak.exports]


def _network(network: Network) -> Facts:
    dhcp, sriov = network.dhcp, network.sriov
    return {
        **_said(
            transport=network.transport,
            role=network.role,
            vlan=network.vlan,
            vni=network.vni,
            vrf=network.vrf,
            uplink=network.uplink,
            subnets=network.subnets,
            gateways=network.gateways,
            gateway_mac=network.gateway_mac,
            mtu=int(network.mtu),
            dhcp_servers=dhcp.servers if dhcp else None,
            dhcp_range=dhcp.range if dhcp else None,
            dhcp_router=dhcp.router if dhcp else None,
            dns=dhcp.dns if dhcp else None,
            ra_managed=network.ra_managed or None,
            ra_other=network.ra_other or None,
            macspoofchk=network.macspoofchk,
            description=network.description,
            sriov=f"{sriov.num_vfs} x {sriov.device_type}" if sriov else None,
            sriov_vendor=sriov.vendor if sriov else None,
            sriov_device=sriov.device_id if sriov else None,
            host_addresses=network.host_addresses,
        ),
        **{f"attached in {name}": _attached(network, name) for name in network.clusters},
        **_pairs("address of node", network.pinned),
    }


def _attached(network: Network, cluster: str) -> Said:
    places = [
        f"{namespace}/{attachment.name}"
        for attachment in network.attachments
        if attachment.cluster == cluster
        for namespace in attachment.namespaces
    ]
    return sorted(places) or "the node only"


def _cluster(cluster: Cluster) -> Facts:
    platform, ranges = cluster.platform, cluster.ranges
    known = cluster.compatibility
    return {
        **_said(
            role=cluster.role,
            hub=cluster.hub,
            version=cluster.version,
            platform=platform.kind,
            region=platform.region,
            nested=platform.nested or None,
            to_the_data_centre_by=platform.via,
            on_premises=platform.on_prem,
            machine_networks=ranges.machine,
            pod_networks=ranges.pod,
            service_networks=ranges.service,
            join_networks=ranges.join,
            transit_networks=ranges.transit,
            mtu=cluster.mtu,
            hybrid_overlay_port=cluster.hybrid_port,
            taken_over_policy=known.policy if known else None,
        ),
        **_pairs("taken over selector", known.node_selector if known else {}),
        **{name: said for pool in cluster.pools for name, said in _pool(pool).items()},
        **_virtualization(cluster),
        **installed(cluster),
        **machines(cluster),
    }


def _pool(pool: Pool) -> Facts:
    prefix = f"pool {pool.name}"
    return {
        f"{prefix} replicas": str(pool.replicas),
        f"{prefix} architecture": pool.arch,
        f"{prefix} leaf": _text(pool.leaf),
        **({f"{prefix} instance type": pool.instance_type} if pool.instance_type else {}),
        **_pairs(f"{prefix} label", pool.labels),
        **{
            f"{prefix} uplink {uplink.name}": _uplink(uplink)
            for uplink in (pool.primary, *pool.uplinks.values())
        },
    }


def _uplink(uplink: Uplink) -> str:
    words: list[str] = [uplink.kind]
    if uplink.device is not None:
        words.append(uplink.device)
    if uplink.bond is not None:
        words.append(f"({uplink.bond.mode} of {', '.join(uplink.bond.nics)})")
    if uplink.mtu is not None:
        words.append(f"mtu {int(uplink.mtu)}")
    if uplink.port_group is not None:
        words.append(f"port group {uplink.port_group}")
    return " ".join(words)


def _virtualization(cluster: Cluster) -> Facts:
    settings = cluster.virtualization
    if settings is None:
        return {}
    limits = settings.migration
    return {
        **_said(
            mac_pool=settings.mac_pool,
            storage_class=settings.storage_class,
            access_mode=settings.access_mode,
            migrations_per_cluster=limits.parallel_per_cluster if limits else None,
            migrations_per_node=limits.parallel_per_node if limits else None,
            migration_bandwidth=limits.bandwidth if limits else None,
            migration_timeout_per_gib=limits.completion_timeout_per_gib if limits else None,
            migration_progress_timeout=limits.progress_timeout if limits else None,
        ),
        **{f"migration policy {one.name}": _migration(one) for one in settings.policies},
    }


def _migration(policy: MigrationPolicy) -> list[str]:
    matches = {**_pairs("vm", policy.vm_labels), **_pairs("namespace", policy.namespace_labels)}
    limits = _said(
        bandwidth=policy.bandwidth,
        timeout_per_gib=policy.completion_timeout_per_gib,
        auto_converge=policy.allow_auto_converge,
        post_copy=policy.allow_post_copy,
    )
    return [f"{name}: {said}" for name, said in (matches | limits).items()]
