"""Rules about transports: what each needs, and what says nothing to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import clusters_of, in_words, is_written, stretched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Network

_SEGMENT = "only a segment of the fabric (transport evpn) has it"
_OF_SEGMENTS = dict.fromkeys(
    ("vni", "vrf", "table", "gateways", "gatewayMac", "ra", "egress", "leaks", "routes"), _SEGMENT
)
_VIRTUAL_FUNCTIONS = "only transport sriov cuts virtual functions"
# Per transport, the fields that say nothing to it, and why; `dhcp` and `addresses` have own rules.
INERT: Final[Mapping[str, Mapping[str, str]]] = {
    "evpn": {
        "uplink": "tunnels leave by each pool's `primary`",
        "sriov": _VIRTUAL_FUNCTIONS,
    },
    "vlan": {**_OF_SEGMENTS, "sriov": _VIRTUAL_FUNCTIONS},
    "untagged": {
        **_OF_SEGMENTS,
        "vlan": "its frames have no tag",
        "vlans": "its frames have no tag: there can be only one such network",
        "sriov": _VIRTUAL_FUNCTIONS,
    },
    "overlay": {
        **_OF_SEGMENTS,
        "vlan": "OVN-Kubernetes carries it in Geneve",
        "vlans": "OVN-Kubernetes carries it in Geneve",
        "uplink": "OVN-Kubernetes carries it over the cluster's own network",
        "sriov": _VIRTUAL_FUNCTIONS,
    },
    "sriov": _OF_SEGMENTS,
}
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "vlan": ("vlan", "uplink"),
    "untagged": ("uplink",),
    "sriov": ("uplink", "sriov"),
}


@rule(
    Code(
        "HL0701",
        "A stretched network without a fabric",
        "A segment is carried in VXLAN between leaves that know each other by BGP: the fabric says "
        "in which AS, over which underlay and by which reflectors.",
        "Write a Fabric, or choose transport vlan, untagged or overlay.",
        "spec: {vlan: 100, ",
        "spec: {transport: vlan, uplink: trunk, vlan: 100, ",
    )
)
def segments_need_a_fabric(estate: Estate) -> Iterator[Fault]:
    """Find transport evpn in an estate without a Fabric, right or wrong."""
    if estate.fabric is not None or any(one.startswith("Fabric/") for one in estate.unread):
        return
    for network in stretched(estate):
        yield Fault(
            network.origin,
            ("spec", "transport"),
            f"{network.origin} is stretched (transport evpn), but the estate has no Fabric",
            "write a Fabric, or choose transport vlan, untagged or overlay",
        )


@rule(
    Code(
        "HL0702",
        "A stretched network in a cluster without leaves",
        "Only nodes of pools with `leaf: true` carry segments of the fabric.",
        "Mark the pool of hypervisors with `leaf: true`.",
        "{name: metal}",
        "{name: metal, leaf: true}",
    )
)
def segments_need_leaves(estate: Estate) -> Iterator[Fault]:
    """Find a segment attached where no pool is a leaf."""
    for network in stretched(estate):
        for index, cluster in clusters_of(estate, network):
            if not cluster.leaf_pools:
                yield Fault(
                    network.origin,
                    ("spec", "attach", index, "cluster"),
                    f"{network.origin} is attached in {cluster.name}, where no node pool is a "
                    f"leaf, at {cluster.origin.place('spec', 'nodePools')}",
                    "write `leaf: true` in the pool of hypervisors",
                )


@rule(
    Code(
        "HL0703",
        "A field says nothing to the transport",
        "Each transport has its own fields; one that it ignores would promise what never comes.",
        "Remove the field, or choose the transport that it belongs to.",
        "uplink: trunk, egress: nat",
        "uplink: trunk",
    )
)
def fields_fit_the_transport(estate: Estate) -> Iterator[Fault]:
    """Find a field that the network's transport ignores."""
    for network in estate.networks.values():
        for field, why in INERT[network.transport].items():
            if is_written(network.origin, "spec", field):
                yield Fault(
                    network.origin,
                    ("spec", field),
                    f"`{field}` says nothing to a network of transport {network.transport}: {why}",
                    f"remove `{field}`, or choose another transport",
                )


@rule(
    Code(
        "HL0704",
        "The transport needs a field",
        "A VLAN needs its id and the uplink it lies on, an untagged network its uplink, SR-IOV the "
        "uplink and how many virtual functions to cut from it.",
        "State the field.",
        "transport: vlan, vlan: 40, attach",
        "transport: vlan, vlan: 40, uplink: trunk, attach",
    )
)
def transport_has_its_fields(estate: Estate) -> Iterator[Fault]:
    """Find a network without what its transport needs."""
    for network in estate.networks.values():
        missing = [
            field for field in NEEDED.get(network.transport, ()) if _value(network, field) is None
        ]
        if missing:
            yield Fault(
                network.origin,
                ("spec", "transport"),
                f"transport {network.transport} of {network.origin} needs `{missing[0]}`"
                + "".join(f" and `{field}`" for field in missing[1:]),
                f"state {in_words(missing)} under `spec`",
            )


def _value(network: Network, field: str) -> object:
    return {"vlan": network.vlan, "uplink": network.uplink, "sriov": network.sriov}[field]


@rule(
    Code(
        "HL0705",
        "A network decides for a VRF that it shares",
        "Egress, leaks, routes and the table are a routing domain's: a network states them only "
        "for the VRF of its own.",
        "State the field in the VRF.",
        "vrf: blue, egress: nat",
        "vrf: blue",
    )
)
def shared_vrf_decides_itself(estate: Estate) -> Iterator[Fault]:
    """Find egress, leaks, routes or a table beside `vrf`."""
    for network in stretched(estate):
        if not is_written(network.origin, "spec", "vrf"):
            continue
        shared = estate.vrfs.get(network.vrf or "")
        place = f", at {shared.origin.place('spec')}" if shared else ""
        for field in ("egress", "leaks", "routes", "table"):
            if is_written(network.origin, "spec", field):
                yield Fault(
                    network.origin,
                    ("spec", field),
                    f"`{field}` belongs to the VRF that {network.origin} shares{place}",
                    f"state `{field}` there, or remove `vrf`",
                )


@rule(
    Code(
        "HL0706",
        "A fabric has no leaf",
        "Without a pool that says `leaf: true` nothing ends a tunnel: no node gets a segment.",
        "Mark the pools of hypervisors with `leaf: true`.",
        "{name: metal}",
        "{name: metal, leaf: true}",
    ),
    Severity.WARNING,
)
def fabric_has_a_leaf(estate: Estate) -> Iterator[Fault]:
    """Find a fabric in an estate where no pool is a leaf."""
    fabric = estate.fabric
    if fabric is not None and not any(one.leaf_pools for one in estate.clusters.values()):
        yield Fault(
            fabric.origin,
            ("metadata", "name"),
            f"fabric {fabric.name} has no leaf: no node pool of {in_words(estate.clusters)} says "
            "`leaf: true`",
            "write `leaf: true` in the pools of hypervisors",
        )


@rule(
    Code(
        "HL0707",
        "An overlay in two clusters is two networks",
        "OVN-Kubernetes carries an overlay between the nodes of one cluster: guests in another "
        "have a network of the same name, but do not reach these.",
        "Use transport evpn to stretch a network, or write a network for each cluster.",
        "attach: [{cluster: room, namespaces: [red]}, {cluster: lab, namespaces: [red]}]",
        "attach: [{cluster: room, namespaces: [red]}]",
    ),
    Severity.WARNING,
)
def overlay_stays_in_its_cluster(estate: Estate) -> Iterator[Fault]:
    """Find an overlay attached in more than one cluster."""
    for network in estate.networks.values():
        names = network.clusters
        if network.transport == "overlay" and len(names) > 1:
            yield Fault(
                network.origin,
                ("spec", "attach"),
                f"{network.origin} is an overlay in {in_words(names)}: guests of one do not reach "
                "those of another",
                "use transport evpn to stretch it, or write a network for each cluster",
            )
