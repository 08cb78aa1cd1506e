"""What pools' other uplinks must carry: NICs and bonds, VLANs upon them, bridges for guests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.model import labels
from hyperleaf.plan import devices
from hyperleaf.values.addresses import Interface, interface

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.cluster import Bond, Cluster, Compatibility, Pool, Uplink
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import HostAddresses, Network
    from hyperleaf.values.numbers import Mtu, VlanId


@dataclass(frozen=True, slots=True)
class Carried:
    """A network on an uplink: tagged on a device of its own, or untagged on the uplink itself.

    `device` is the VLAN device, or the uplink's; `bridge` is None where only the node itself uses
    the network, and then the node's addresses stand on `device`, else on the bridge.
    """

    network: str
    source: str
    vlan: VlanId | None
    device: str
    bridge: str | None
    mtu: Mtu
    host_addresses: HostAddresses
    pinned: Mapping[str, Interface]
    description: str | None


@dataclass(frozen=True, slots=True)
class UplinkPlan:
    """One uplink of one pool, and all that it carries."""

    name: str
    pool: str
    source: str
    device: str
    bond: Bond | None
    mtu: Mtu | None
    carried: tuple[Carried, ...]
    selector: Mapping[str, str]
    compatibility: Compatibility | None


def plan_uplinks(estate: Estate, cluster: Cluster) -> tuple[UplinkPlan, ...]:
    """Return the uplinks of the cluster's pools that carry any network."""
    return tuple(
        plan
        for pool in cluster.pools
        for uplink in pool.uplinks.values()
        if (plan := _plan(estate, cluster, pool, uplink)) is not None
    )


def _plan(estate: Estate, cluster: Cluster, pool: Pool, uplink: Uplink) -> UplinkPlan | None:
    carried = tuple(_carried(estate, cluster, uplink))
    if not carried or uplink.device is None:
        return None
    return UplinkPlan(
        name=uplink.name,
        pool=pool.name,
        source=str(cluster.origin),
        device=uplink.device,
        bond=uplink.bond,
        mtu=uplink.mtu,
        carried=carried,
        selector=cluster.compatibility.node_selector
        if cluster.compatibility
        else {labels.POOL: pool.name},
        compatibility=cluster.compatibility,
    )


def _carried(estate: Estate, cluster: Cluster, uplink: Uplink) -> Iterator[Carried]:
    for network in estate.networks_in(cluster):
        if network.uplink != uplink.name or network.transport not in {"vlan", "untagged"}:
            continue
        base = uplink.device or ""
        tagged = network.transport == "vlan" and network.vlan is not None
        yield Carried(
            network=network.name,
            source=str(network.origin),
            vlan=network.vlan if tagged else None,
            device=devices.vlan(base, network.vlan) if tagged and network.vlan else base,
            bridge=bridge_of(cluster, network),
            mtu=network.mtu,
            host_addresses=network.host_addresses,
            pinned={
                node: interface(address, subnet)
                for node, address in sorted(network.pinned.items())
                for subnet in network.subnets
                if address in subnet
            },
            description=network.description,
        )


def bridge_of(cluster: Cluster, network: Network) -> str | None:
    """Return the bridge that guests or migration pods plug into; None where only nodes use it.

    The bridge has one name on all pools, whatever their NICs are called, so that one attachment
    serves them all and a guest finds it wherever it migrates (row 3.18).
    """
    used_by_pods = network.role in {"vm", "migration"} or any(
        one.namespaces for one in network.attachments if one.cluster == cluster.name
    )
    if not used_by_pods:
        return None
    if network.transport == "untagged" or network.vlan is None:
        return devices.untagged_bridge(network.uplink or "")
    if cluster.compatibility is not None:
        return f"br-{int(network.vlan)}"
    return devices.vlan_bridge(network.vlan)
