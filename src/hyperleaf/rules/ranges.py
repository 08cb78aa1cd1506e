"""Rules about the ranges of clusters, their data centre and the underlay."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import crossing, in_words, sites, within
from hyperleaf.values.addresses import overlaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.rules.rule import Path
    from hyperleaf.values.addresses import Subnet

ON_PREM: Path = ("spec", "platform", "aws", "onPrem", "cidrs")


def range_path(cluster: Cluster, name: str) -> Path:
    """Return where a range is written, or where it would be: a default stands nowhere."""
    return ("spec", "networks", name) if name in cluster.ranges.stated else ("spec", "networks")


def range_name(cluster: Cluster, name: str) -> str:
    """Return a range's name for a reader, who may not know that he has it."""
    default = "" if name in cluster.ranges.stated else ", the default"
    return f"{name} range of {cluster.name}{default}"


@rule(
    Code(
        "HL0301",
        "A cluster's range overlaps the data centre",
        "Nodes and pods reach what lies in their own cluster's ranges there and nowhere else: the "
        "part of the data centre with the same addresses is cut off. The service range of a hosted "
        "cluster defaults to 172.31.0.0/16, inside 172.16.0.0/12.",
        "State a range under `networks` that nothing else has.",
        "networks: {machine: [10.0.16.0/20]}",
        "networks: {machine: [10.0.16.0/20], service: [10.200.0.0/16]}",
    )
)
def data_centre_is_elsewhere(estate: Estate) -> Iterator[Fault]:
    """Find a range of a cluster that its data centre has too."""
    for cluster in estate.clusters.values():
        own = [(subnet, name) for name, subnet in cluster.ranges.named()]
        theirs = [(subnet, index) for index, subnet in enumerate(cluster.platform.on_prem)]
        for (subnet, name), (other, index) in crossing(own, theirs):
            yield Fault(
                cluster.origin,
                range_path(cluster, name),
                f"{subnet} ({range_name(cluster, name)}) overlaps {other} of the data centre, "
                f"at {cluster.origin.place(*ON_PREM, index)}",
                f"set `networks.{name}` to a range that the data centre does not use",
            )


@rule(
    Code(
        "HL0302",
        "The underlay overlaps a cluster's inner range",
        "A node takes what lies in its pod, service, join or transit range for its own cluster's: "
        "tunnels to leaves, reflectors and borders with such addresses never leave it.",
        "State other ranges under `networks` of the cluster.",
        "networks: {machine: [10.0.16.0/20], pod: [172.16.0.0/14]}",
        "networks: {machine: [10.0.16.0/20], pod: [10.128.0.0/14]}",
    )
)
def underlay_is_elsewhere(estate: Estate) -> Iterator[Fault]:
    """Find a pod, service, join or transit range within the underlay."""
    fabric = estate.fabric
    if fabric is None:
        return
    underlay = [(subnet, index) for index, subnet in enumerate(fabric.underlay)]
    for cluster in sites(estate):
        inner = [(subnet, name) for name, subnet in cluster.ranges.named() if name != "machine"]
        for (subnet, name), (other, index) in crossing(inner, underlay):
            place = fabric.origin.place("spec", "underlay", "cidrs", index)
            yield Fault(
                cluster.origin,
                range_path(cluster, name),
                f"{subnet} ({range_name(cluster, name)}) overlaps {other} of the underlay, "
                f"at {place}",
                f"set `networks.{name}` to a range outside the underlay",
            )


def _gives_way(cluster: Cluster, owned: tuple[Subnet, str]) -> bool:
    """Tell whether a range is the one to change: written, and not where the nodes are."""
    _, name = owned
    return name in cluster.ranges.stated and name != "machine"


@rule(
    Code(
        "HL0303",
        "Two ranges of a cluster overlap",
        "Machine, pod, service, join and transit ranges are told apart by address alone; an "
        "installation with two that overlap fails, or half of the traffic goes astray.",
        "Choose ranges that share no address.",
        "pod: [10.0.0.0/14]",
        "pod: [10.128.0.0/14]",
    )
)
def ranges_of_a_cluster_differ(estate: Estate) -> Iterator[Fault]:
    """Find two ranges of one cluster with common addresses."""
    for cluster in estate.clusters.values():
        own = [(subnet, name) for name, subnet in cluster.ranges.named()]
        for pair in overlaps(own):
            (first, one), (second, other) = sorted(pair, key=partial(_gives_way, cluster))
            place = cluster.origin.place(*range_path(cluster, one))
            yield Fault(
                cluster.origin,
                range_path(cluster, other),
                f"{second} ({range_name(cluster, other)}) overlaps {first} "
                f"({range_name(cluster, one)}), at {place}",
                "choose ranges that share no address",
            )


@rule(
    Code(
        "HL0304",
        "Machine ranges of two clusters overlap",
        "A tunnel ends at a node's address: where two clusters of a fabric have one range, two "
        "nodes can have one address, and reflectors cannot tell them apart.",
        "Give each cluster a machine range of its own.",
        "name: edge}\nspec: {role: standalone, version: 4.16.8, platform: {baremetal: {}}, "
        "networks: {machine: [10.0.16.0/24]}",
        "name: edge}\nspec: {role: standalone, version: 4.16.8, platform: {baremetal: {}}, "
        "networks: {machine: [10.0.32.0/24]}",
    )
)
def machine_ranges_differ(estate: Estate) -> Iterator[Fault]:
    """Find two clusters of the fabric whose nodes can have one address."""
    machines = [(subnet, one) for one in sites(estate) for subnet in one.ranges.machine]
    for pair in overlaps(machines):
        (first, one), (second, other) = sorted(pair, key=lambda owned: owned[1].origin.place())
        if one is other:
            continue  # HL0303
        yield Fault(
            other.origin,
            ("spec", "networks", "machine"),
            f"{second} (machine range of {other.name}) overlaps {first} (machine range of "
            f"{one.name}), at {one.origin.place('spec', 'networks', 'machine')}",
            "give each cluster of a fabric a machine range of its own",
        )


@rule(
    Code(
        "HL0305",
        "A cluster lies outside the underlay",
        "Filters keep guests from every range of the underlay. A node outside of it could be "
        "reached by the guests of other clusters, and is refused by their tunnels.",
        "Add the machine range to `underlay.cidrs`.",
        "cidrs: [10.0.0.0/20, 172.16.0.0/20]",
        "cidrs: [10.0.0.0/16, 172.16.0.0/20]",
    )
)
def underlay_holds_every_node(estate: Estate) -> Iterator[Fault]:
    """Find a machine range of the fabric that `underlay.cidrs` does not name."""
    fabric = estate.fabric
    if fabric is None:
        return
    for cluster in sites(estate):
        for index, subnet in enumerate(cluster.ranges.machine):
            if subnet.version == fabric.underlay[0].version and not within(subnet, fabric.underlay):
                yield Fault(
                    cluster.origin,
                    ("spec", "networks", "machine", index),
                    f"{subnet} (machine range of {cluster.name}) is outside the underlay "
                    f"{in_words(fabric.underlay)}, at "
                    f"{fabric.origin.place('spec', 'underlay', 'cidrs')}",
                    f"add {subnet} to the fabric's `underlay.cidrs`",
                )


@rule(
    Code(
        "HL0306",
        "A network lies in a range of its cluster",
        "Leaves drop what guests send to machine, pod, service, join and transit ranges, so that "
        "no guest reaches a host; nodes with an address in such a range lose their way to it.",
        "Choose another subnet for the network.",
        "subnets: [10.0.16.0/24]",
        "subnets: [172.20.100.0/24]",
    )
)
def guests_are_no_hosts(estate: Estate) -> Iterator[Fault]:
    """Find a network's subnet that its cluster has too."""
    for cluster in estate.clusters.values():
        ranges = [(subnet, name) for name, subnet in cluster.ranges.named()]
        inner = [(subnet, name) for subnet, name in ranges if name != "machine"]
        networks = estate.networks_in(cluster)
        routed = [n for n in networks if n.transport == "evpn" or n.role != "vm"]
        overlay = [n for n in networks if n.transport == "overlay"]
        for some, taken in ((routed, ranges), (overlay, inner)):
            own = [(subnet, network) for network in some for subnet in network.subnets]
            for (subnet, network), (other, name) in crossing(own, taken):
                place = cluster.origin.place(*range_path(cluster, name))
                yield Fault(
                    network.origin,
                    ("spec", "subnets", network.subnets.index(subnet)),
                    f"{subnet} of {network.name} overlaps {other} ({range_name(cluster, name)}), "
                    f"at {place}",
                    "choose another subnet, or other ranges for the cluster",
                )


@rule(
    Code(
        "HL0307",
        "A network lies in the underlay",
        "Leaves drop what guests send to the underlay, so that no guest reaches a leaf, a "
        "reflector or a border: guests with such addresses would not reach each other either.",
        "Choose another subnet, or name the underlay's ranges more narrowly.",
        "subnets: [172.16.8.0/24]",
        "subnets: [172.20.100.0/24]",
    )
)
def guests_are_no_leaves(estate: Estate) -> Iterator[Fault]:
    """Find a segment's subnet within the underlay, but in no range of its own clusters."""
    fabric = estate.fabric
    if fabric is None:
        return
    underlay = [(subnet, index) for index, subnet in enumerate(fabric.underlay)]
    own = [
        (subnet, network)
        for network in estate.networks.values()
        if network.transport == "evpn"
        for subnet in network.subnets
    ]
    for (subnet, network), (other, index) in crossing(own, underlay):
        if _reported(estate, network.clusters, subnet):
            continue
        yield Fault(
            network.origin,
            ("spec", "subnets", network.subnets.index(subnet)),
            f"{subnet} of {network.name} overlaps {other} of the underlay, at "
            f"{fabric.origin.place('spec', 'underlay', 'cidrs', index)}",
            "choose another subnet, or name the underlay's ranges more narrowly",
        )


def _reported(estate: Estate, names: tuple[str, ...], subnet: Subnet) -> bool:
    """Tell whether HL0306 tells of the subnet already."""
    machines = [one for name in names for one in estate.clusters[name].ranges.machine]
    return within(subnet, machines) or any(within(one, [subnet]) for one in machines)
