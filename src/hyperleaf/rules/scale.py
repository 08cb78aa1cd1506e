"""Rules about size: beyond what was measured to work, with the numbers that say so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.rule import Fault, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate

# One NetworkManager with 40 networks of two tunnels, two bridges and a VRF each took 66 s.
MEASURED_NETWORKS, MEASURED_SECONDS = 40, 66
MOST_ENACTMENTS = 100_000
# A segment's tunnel and bridge as JSON; the API server takes 1.5 MiB in one request.
BYTES_PER_SEGMENT, MOST_BYTES = 900, 1_500_000


def _segments(estate: Estate, cluster: Cluster) -> int:
    return sum(1 for one in estate.networks_in(cluster) if one.transport == "evpn")


@rule(
    Code(
        "HL0950",
        "A leaf has more networks than were measured",
        "NetworkManager makes devices one after the other: 40 networks took a small node 66 "
        "seconds, and each adds as much again. More were not measured, and a node that restarts "
        "is not ready before it has them all.",
        "Attach fewer networks to the cluster, or spread them over clusters.",
        "vlans: 100-180",
        "vlans: 100-120",
    ),
    Severity.WARNING,
)
def leaf_has_measured_networks(estate: Estate) -> Iterator[Fault]:
    """Find a cluster whose leaves carry more segments than were tried."""
    for cluster in estate.clusters.values():
        count = _segments(estate, cluster) if cluster.leaf_pools else 0
        if count > MEASURED_NETWORKS:
            seconds = count * MEASURED_SECONDS // MEASURED_NETWORKS
            yield Fault(
                cluster.origin,
                ("metadata", "name"),
                f"each leaf of {cluster.name} carries {count} networks; {MEASURED_NETWORKS} were "
                f"measured ({MEASURED_SECONDS} s on a small node), these would take about "
                f"{seconds} s",
                "attach fewer networks, or try a node of yours before",
            )


@rule(
    Code(
        "HL0951",
        "There are too many enactments",
        "The nmstate operator keeps an object per policy and node. Beyond a hundred thousand the "
        "API server's memory and every listing suffer.",
        "Share VRFs between networks, or spread nodes or networks over clusters.",
        "replicas: 5000",
        "replicas: 50",
    ),
    Severity.WARNING,
)
def enactments_are_bounded(estate: Estate) -> Iterator[Fault]:
    """Find a cluster whose policies times nodes are more than an API server likes."""
    for cluster in estate.clusters.values():
        networks = estate.networks_in(cluster)
        vrfs = len({one.vrf for one in networks if one.vrf is not None})
        used = {one.uplink for one in networks}
        leaves = sum(pool.replicas for pool in cluster.leaf_pools)
        others = sum(
            pool.replicas * sum(uplink.name in used for uplink in pool.uplinks.values())
            for pool in cluster.pools
        )
        count = leaves * (vrfs + 1) + others if vrfs else others
        if count > MOST_ENACTMENTS:
            yield Fault(
                cluster.origin,
                ("metadata", "name"),
                f"{leaves} leaves with {vrfs + 1} policies each make {count} enactments in "
                f"{cluster.name}; {MOST_ENACTMENTS} are many already",
                "let networks share VRFs (a policy is per VRF), or use more clusters",
            )


@rule(
    Code(
        "HL0952",
        "A VRF's policy grows too large",
        "All segments of a VRF are in one policy, because a VRF device must list its bridges. The "
        "API server takes objects up to 1.5 MiB.",
        "Split the networks over several VRFs.",
        "vlans: 100-2100",
        "vlans: 100-1100",
    ),
    Severity.WARNING,
)
def policy_is_not_too_large(estate: Estate) -> Iterator[Fault]:
    """Find a VRF with more segments in a cluster than one policy can hold."""
    counts = Counter(
        (network.vrf, name)
        for network in estate.networks.values()
        if network.vrf is not None
        for name in network.clusters
    )
    for (vrf, name), count in sorted(counts.items()):
        size = count * BYTES_PER_SEGMENT
        if size > MOST_BYTES:
            yield Fault(
                estate.vrfs[vrf].origin,
                ("metadata", "name"),
                f"VRF {vrf} has {count} networks in {name}: its policy would have about "
                f"{size / 1e6:.1f} MB, an object has at most {MOST_BYTES / 1e6:.1f}",
                "split the networks over several VRFs",
            )
