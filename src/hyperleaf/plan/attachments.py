"""Where guests, and migration itself, plug in: an attachment per network and namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hyperleaf.plan import devices
from hyperleaf.plan.uplinks import bridge_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Attachment, Network, Sriov
    from hyperleaf.values.addresses import Address, Subnet
    from hyperleaf.values.numbers import Mtu, VlanId

# Where OpenShift Virtualization looks for the migration network's attachment.
VIRTUALIZATION_NAMESPACE = "openshift-cnv"
SRIOV_NAMESPACE = "openshift-sriov-network-operator"
Kind = Literal["bridge", "overlay", "sriov"]


@dataclass(frozen=True, slots=True)
class AttachmentPlan:
    """One attachment: `namespace/name`, of a kind, on a bridge or a virtual function.

    `vlan` is a tag that the attachment itself must set (sriov); `subnets` are those whose addresses
    are given to pods by whereabouts (migration), less the `reserved` ones, or, of an overlay, its
    own. `nics` are the pools' NICs that virtual functions of `uplink` are cut from, by pool.
    `documented_vlan` is the inert tag of the compatibility mode.
    """

    network: str
    source: str
    namespace: str
    name: str
    kind: Kind
    bridge: str | None
    vlan: VlanId | None
    documented_vlan: VlanId | None
    mtu: Mtu
    macspoofchk: bool
    subnets: tuple[Subnet, ...]
    gives_addresses: bool
    reserved: tuple[Address, ...]
    description: str | None
    sriov: Sriov | None
    uplink: str | None
    nics: tuple[tuple[str, str], ...]


def plan_attachments(estate: Estate, cluster: Cluster) -> tuple[AttachmentPlan, ...]:
    """Return the cluster's attachments in the order of namespace and name."""
    made = [
        plan
        for network in estate.networks_in(cluster)
        for attachment in network.attachments
        if attachment.cluster == cluster.name
        for plan in _plans(cluster, network, attachment)
    ]
    return tuple(sorted(made, key=lambda one: (one.namespace, one.name)))


def _plans(cluster: Cluster, network: Network, attachment: Attachment) -> Iterator[AttachmentPlan]:
    namespaces = attachment.namespaces
    if network.role == "migration" and not namespaces:
        namespaces = (VIRTUALIZATION_NAMESPACE,)
    kind: Kind = (
        "overlay"
        if network.transport == "overlay"
        else "sriov"
        if network.transport == "sriov"
        else "bridge"
    )
    for namespace in namespaces:
        yield AttachmentPlan(
            network=network.name,
            source=str(network.origin),
            namespace=namespace,
            name=attachment.name,
            kind=kind,
            bridge=_bridge(cluster, network) if kind == "bridge" else None,
            vlan=network.vlan if kind == "sriov" else None,
            documented_vlan=network.vlan if cluster.compatibility else None,
            mtu=network.mtu,
            macspoofchk=network.macspoofchk,
            subnets=network.subnets,
            gives_addresses=network.role == "migration",
            reserved=_reserved(network),
            description=network.description,
            sriov=network.sriov,
            uplink=network.uplink,
            nics=_nics(cluster, network) if kind == "sriov" else (),
        )


def _reserved(network: Network) -> tuple[Address, ...]:
    """Return the addresses that somebody has: gateways, and nodes where they are pinned."""
    gateways = (*(one.ip for one in network.gateways), *network.stray_gateways)
    pinned = (address for _, address in sorted(network.pinned.items()))
    return tuple(dict.fromkeys((*gateways, *pinned)))


def _bridge(cluster: Cluster, network: Network) -> str | None:
    if network.transport == "evpn":
        return devices.bridge(network.vni) if network.vni is not None else None
    return bridge_of(cluster, network)


def _nics(cluster: Cluster, network: Network) -> tuple[tuple[str, str], ...]:
    return tuple(
        (pool.name, uplink.device)
        for pool in cluster.pools
        for uplink in pool.uplinks.values()
        if uplink.name == network.uplink and uplink.device is not None
    )
