"""Rules about what clusters stand on: which platform carries which transport, and hubs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.fabric import BORDERS
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import (
    clusters_of,
    in_words,
    members,
    sites,
    uplink_path,
)
from hyperleaf.values.addresses import IPV6

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Network

PLATFORM = ("spec", "platform")
# Instance types with AWS's own processors: a g right after the generation (c6g, im4gn), and a1.
GRAVITON = re.compile(r"([a-z]+[0-9]+g[a-z]*|a1)\..*")
GENEVE, GENEVE_OF_GUEST_CLUSTERS = 6081, 9880


@rule(
    Code(
        "HL0601",
        "A cluster stands on exactly one platform",
        "What is rendered depends on the platform.",
        "State one of aws, vsphere, baremetal, kubevirt and rosa.",
        "platform: {baremetal: {}, kubevirt: {}}",
        "platform: {baremetal: {}}",
    )
)
def platform_is_one(estate: Estate) -> Iterator[Fault]:
    """Find no platform, or several."""
    for cluster in estate.clusters.values():
        stated = members(cluster.origin, *PLATFORM)
        if len(stated) != 1:
            yield Fault(
                cluster.origin,
                PLATFORM,
                f"{cluster.name} stands on {' and '.join(stated) or 'no platform'}",
                "state one of aws, vsphere, baremetal, kubevirt, rosa",
            )


@rule(
    Code(
        "HL0602",
        "A cluster of IPv6 alone",
        "OpenShift Virtualization does not run on a single-stack IPv6 cluster; its documentation "
        "says so, and guests' default network is IPv4.",
        "Use IPv4, or both.",
        'machine: ["2001:db8:1::/64"]',
        'machine: [10.0.16.0/20, "2001:db8:1::/64"]',
    )
)
def cluster_has_ipv4(estate: Estate) -> Iterator[Fault]:
    """Find a machine, pod or service network without IPv4."""
    for cluster in estate.clusters.values():
        for name in ("machine", "pod", "service"):
            subnets = getattr(cluster.ranges, name)
            if all(subnet.version == IPV6 for subnet in subnets):
                yield Fault(
                    cluster.origin,
                    ("spec", "networks", name),
                    f"the {name} network of {cluster.name} is IPv6 alone ({in_words(subnets)}): "
                    "OpenShift Virtualization does not run on single-stack IPv6",
                    "use IPv4, or both families",
                )
                break


@rule(
    Code(
        "HL0603",
        "An underlay of IPv6",
        "Tunnels are made between the IPv4 sources of the nodes' default routes, which policies "
        "capture on each node; over IPv6 there is nothing to capture.",
        "State the IPv4 ranges of the nodes. Guests may have IPv6.",
        'cidrs: ["2001:db8:1::/48"]',
        "cidrs: [10.0.0.0/16]",
    )
)
def underlay_is_ipv4(estate: Estate) -> Iterator[Fault]:
    """Find an IPv6 range, border, reflector or pinned endpoint in the underlay."""
    fabric = estate.fabric
    if fabric is None:
        return
    found = [
        (("spec", "underlay", "cidrs", index), one, one.version)
        for index, one in enumerate(fabric.underlay)
    ]
    found += [
        (("spec", "borders", one.index, "address"), one.address, one.address.version)  # type: ignore[misc]
        for one in fabric.borders
    ]
    found += [
        (("spec", "reflectors", "addresses", index), one, one.version)  # type: ignore[misc]
        for index, one in enumerate(fabric.reflectors.addresses)
    ]
    for path, value, version in found:
        if version == IPV6:
            yield Fault(
                fabric.origin,
                path,
                f"{value} is IPv6, but tunnels are made between IPv4 addresses",
                "state the IPv4 ranges and addresses; guests may have IPv6 all the same",
            )


def _on(estate: Estate, kind: str) -> Iterator[tuple[Network, int, Cluster]]:
    for network in estate.networks.values():
        for index, cluster in clusters_of(estate, network):
            if cluster.platform.kind == kind:
                yield network, index, cluster


@rule(
    Code(
        "HL0604",
        "ROSA gives no access to the underlay",
        "Nodes of Red Hat OpenShift on AWS belong to the service: no VLAN, NIC or tunnel of one's "
        "own can be put on them. OVN-Kubernetes' own overlay works there.",
        "Use transport overlay.",
        "transport: untagged, uplink: nic2",
        "transport: overlay",
    )
)
def rosa_has_overlays_only(estate: Estate) -> Iterator[Fault]:
    """Find any other transport than overlay on ROSA."""
    for network, index, cluster in _on(estate, "rosa"):
        if network.transport != "overlay":
            yield Fault(
                network.origin,
                ("spec", "attach", index, "cluster"),
                f"{network.origin} (transport {network.transport}) is attached in {cluster.name}, "
                "on ROSA, whose nodes give no access to the underlay",
                "use transport overlay there: OVN-Kubernetes carries the network between nodes",
            )


@rule(
    Code(
        "HL0605",
        "AWS carries no VLAN",
        "The cloud drops tagged frames, and frames from MACs and addresses that it did not assign; "
        "the NIC itself is a port of OVN-Kubernetes' bridge. Only tunnels pass: their outer "
        "packets carry the node's own MAC and address.",
        "Use transport evpn, or overlay within one cluster.",
        "transport: vlan, uplink: trunk, vlan: 40",
        "transport: overlay",
    )
)
def aws_carries_tunnels_only(estate: Estate) -> Iterator[Fault]:
    """Find a VLAN, an untagged network or SR-IOV on AWS."""
    for network, index, cluster in _on(estate, "aws"):
        if network.transport in {"vlan", "untagged", "sriov"}:
            yield Fault(
                network.origin,
                ("spec", "attach", index, "cluster"),
                f"{network.origin} (transport {network.transport}) is attached in {cluster.name}, "
                "on AWS, which drops tagged frames and those of guests' MACs",
                "use transport evpn; or overlay within one cluster",
            )


@rule(
    Code(
        "HL0606",
        "Nodes that are guests are no leaves",
        "The nodes of a cluster on KubeVirt are guests of its hub: their addresses are of the "
        "hub's pod network, which hides them from other sites, so that no tunnel finds its way "
        "back; and guests on them would be nested.",
        "Attach the network in the hub, whose nodes are the hypervisors.",
        "platform: {kubevirt: {}}",
        "platform: {baremetal: {}}",
    )
)
def guest_nodes_are_no_leaves(estate: Estate) -> Iterator[Fault]:
    """Find a pool of leaves, or a segment, on KubeVirt."""
    for cluster in estate.clusters.values():
        if cluster.platform.kind == "kubevirt":
            for pool in cluster.leaf_pools:
                yield Fault(
                    cluster.origin,
                    ("spec", "nodePools", pool.index, "leaf"),
                    f"nodes of {cluster.name} are guests on KubeVirt (at "
                    f"{cluster.origin.place(*PLATFORM)}): no leaves",
                    "make the hub's hypervisors leaves and attach the network there",
                )


@rule(
    Code(
        "HL0607",
        "Nested virtualization is for labs",
        "Guests on hypervisors that are guests themselves are slow and not supported; live "
        "migration and performance differ from what production shows.",
        "Use it to learn; production needs bare metal.",
        "nested: true}",
        "nested: false}",
    ),
    Severity.WARNING,
)
def nested_is_a_lab(estate: Estate) -> Iterator[Fault]:
    """Find hypervisors on vSphere."""
    for cluster in estate.clusters.values():
        if cluster.platform.nested:
            yield Fault(
                cluster.origin,
                (*PLATFORM, "vsphere", "nested"),
                f"guests of {cluster.name} run on guests of vSphere: a lab, not supported for "
                "production",
                "use bare metal for production",
            )


@rule(
    Code(
        "HL0608",
        "A hosted cluster needs a hub",
        "The control plane of a hosted cluster runs as pods on its hub, and its nodes are "
        "configured through it. Other clusters have none.",
        "Name a cluster of role hub in `hub`.",
        "hub: hubb",
        "hub: hub",
    )
)
def hosted_has_a_hub(estate: Estate) -> Iterator[Fault]:
    """Find `hub` missing, naming no hub, or stated where it says nothing."""
    hubs = [one.name for one in estate.clusters.values() if one.role == "hub"]
    for cluster in estate.clusters.values():
        hub = estate.clusters.get(cluster.hub or "")
        if cluster.role != "hosted":
            if cluster.hub is None:
                continue
            wrong = f"{cluster.name} is {cluster.role}: it has no hub"
        elif cluster.hub is None:
            wrong = f"{cluster.name} is hosted, but names no hub"
        elif hub is None and f"Cluster/{cluster.hub}" in estate.unread:
            continue
        elif hub is None:
            wrong = f"there is no cluster {cluster.hub} to host {cluster.name}"
        elif hub.role != "hub":
            wrong = f"{hub.name}, the hub of {cluster.name}, is {hub.role}, at " + str(
                hub.origin.place("spec", "role")
            )
        else:
            continue
        yield Fault(
            cluster.origin,
            ("spec", "hub") if cluster.hub else ("spec", "role"),
            wrong,
            f"write `role: hosted` and `hub:` with one of {in_words(hubs)}, or another role"
            if hubs
            else "write a Cluster of role hub beside it, or another role",
        )


@rule(
    Code(
        "HL0609",
        "This platform hosts no control planes of ours",
        "Hosted control planes have nodes on AWS, on KubeVirt or on bare metal. ROSA's control "
        "planes are the service's own: it has no hub here.",
        "Use role standalone.",
        "role: hosted, hub: hub, version: 4.16.8, platform: {rosa: {}}",
        "role: standalone, version: 4.16.8, platform: {rosa: {}}",
    )
)
def platform_can_be_hosted(estate: Estate) -> Iterator[Fault]:
    """Find a hosted cluster on vSphere or ROSA."""
    for cluster in estate.clusters.values():
        if cluster.role == "hosted" and cluster.platform.kind in {"vsphere", "rosa"}:
            yield Fault(
                cluster.origin,
                ("spec", "role"),
                f"{cluster.name} cannot be hosted on {cluster.platform.kind}, at "
                f"{cluster.origin.place(*PLATFORM)}",
                "write `role: standalone`",
            )


@rule(
    Code(
        "HL0610",
        "The hybrid overlay takes the fabric's port",
        "OVN-Kubernetes' VXLAN to Windows nodes listens on UDP 4789 unless told otherwise; on the "
        "same port the kernel gives it the fabric's packets, or the other way round.",
        "State another port for one of them.",
        "hybridOverlay: {port: 4789}",
        "hybridOverlay: {port: 9898}",
    )
)
def hybrid_overlay_has_its_port(estate: Estate) -> Iterator[Fault]:
    """Find a hybrid overlay on the port of the fabric's tunnels."""
    fabric = estate.fabric
    if fabric is None:
        return
    for cluster in sites(estate):
        if cluster.hybrid_port == fabric.port:
            yield Fault(
                cluster.origin,
                ("spec", "networks", "hybridOverlay", "port"),
                f"the hybrid overlay of {cluster.name} takes UDP {int(fabric.port)}, which is the "
                f"fabric's, at {fabric.origin.place('spec', 'underlay', 'port')}",
                "state another `port` here, or `underlay.port` in the fabric",
            )


@rule(
    Code(
        "HL0611",
        "The tunnels' port is Geneve's",
        "OVN-Kubernetes' own tunnels between nodes use UDP 6081, in clusters on KubeVirt 9880.",
        "Use 4789.",
        "port: 6081",
        "port: 4789",
    )
)
def tunnels_have_their_port(estate: Estate) -> Iterator[Fault]:
    """Find a fabric on a port of OVN-Kubernetes' tunnels."""
    fabric = estate.fabric
    if fabric is not None and fabric.port in {GENEVE, GENEVE_OF_GUEST_CLUSTERS}:
        yield Fault(
            fabric.origin,
            ("spec", "underlay", "port"),
            f"UDP {int(fabric.port)} is that of OVN-Kubernetes' own tunnels (Geneve)",
            "leave `port` out: 4789 is VXLAN's",
        )


@rule(
    Code(
        "HL0612",
        "No way to the data centre is stated",
        "The MTU of stretched networks depends on how the VPC reaches the borders: a transit "
        "gateway carries 8500 bytes, a VPN 1446.",
        "State `onPrem.via`, or the path in the fabric.",
        "aws: {region: us-east-1}",
        "aws: {region: us-east-1, onPrem: {via: directConnect}}",
    ),
    Severity.WARNING,
)
def way_to_the_borders_is_known(estate: Estate) -> Iterator[Fault]:
    """Find leaves on AWS, and borders, but no path between them."""
    fabric = estate.fabric
    if fabric is None or not fabric.borders:
        return
    stated = {frozenset(path.ends) for path in fabric.paths}
    for cluster in estate.clusters.values():
        if (
            cluster.platform.kind == "aws"
            and cluster.leaf_pools
            and frozenset((cluster.name, BORDERS)) not in stated
        ):
            yield Fault(
                cluster.origin,
                (*PLATFORM, "aws"),
                f"nothing says how {cluster.name} reaches the borders (at "
                f"{fabric.origin.place('spec', 'borders')}): {int(fabric.mtu)} bytes are assumed",
                "state `onPrem: {via: transitGateway}`, directConnect or vpn",
            )


@rule(
    Code(
        "HL0613",
        "An instance type has another processor",
        "Types with a g after the generation (c6g, m7g) have AWS's arm64 processors, others amd64; "
        "a pool's architecture cannot be changed later.",
        "State the `arch` of the instance type.",
        "instanceType: c6g.metal",
        "instanceType: c6i.metal",
    )
)
def arch_fits_the_instance(estate: Estate) -> Iterator[Fault]:
    """Find `arch` unlike that of the instance type."""
    for cluster in estate.clusters.values():
        for pool in cluster.pools:
            if pool.instance_type is None:
                continue
            arch = "arm64" if GRAVITON.fullmatch(pool.instance_type) else "amd64"
            if arch != pool.arch:
                yield Fault(
                    cluster.origin,
                    ("spec", "nodePools", pool.index, "instanceType"),
                    f"{pool.instance_type} of pool {pool.name} is {arch}, but the pool says "
                    f"{pool.arch}",
                    f"write `arch: {arch}`, or choose another type",
                )


@rule(
    Code(
        "HL0614",
        "A leaf on AWS is no metal",
        "Guests need a processor that gives virtualization to its operating system: on AWS that "
        "is a metal instance.",
        "Choose a type that ends with .metal.",
        "instanceType: m5.4xlarge",
        "instanceType: m5.metal",
    ),
    Severity.WARNING,
)
def leaves_are_metal(estate: Estate) -> Iterator[Fault]:
    """Find a pool of leaves whose instances are guests themselves."""
    for cluster in estate.clusters.values():
        for pool in cluster.leaf_pools:
            if pool.instance_type and ".metal" not in pool.instance_type:
                yield Fault(
                    cluster.origin,
                    ("spec", "nodePools", pool.index, "instanceType"),
                    f"{pool.instance_type} of pool {pool.name} is no metal: hypervisors need one",
                    "choose a type that ends with .metal",
                )


@rule(
    Code(
        "HL0615",
        "On vSphere a NIC plugs into no port group",
        "A second NIC of a virtual hypervisor must plug into a trunk, a port group of VLAN 4095 or "
        "0-4094, or no guest's frame passes.",
        "State `portGroup`.",
        "trunk: {nic: ens224}",
        "trunk: {nic: ens224, portGroup: Trunk}",
    ),
    Severity.WARNING,
)
def nic_plugs_in(estate: Estate) -> Iterator[Fault]:
    """Find an uplink on vSphere without a port group."""
    for cluster in estate.clusters.values():
        if cluster.platform.kind != "vsphere":
            continue
        for pool in cluster.pools:
            for uplink in pool.uplinks.values():
                if uplink.port_group is None:
                    yield Fault(
                        cluster.origin,
                        uplink_path(pool, uplink),
                        f"uplink {uplink.name} of pool {pool.name} plugs into no port group",
                        "state `portGroup`, one that passes every VLAN and the guests' MACs",
                    )
