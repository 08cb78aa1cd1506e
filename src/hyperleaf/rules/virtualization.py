"""Rules about OpenShift Virtualization's settings: MAC pools, storage, migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import stretched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Network
    from hyperleaf.values.macs import MacRange

VIRTUALIZATION = ("spec", "virtualization")
MAC_POOL = (*VIRTUALIZATION, "macPool")
LOCAL_BIT, GROUP_BIT = 1 << 41, 1 << 40


def _pools(estate: Estate) -> Iterator[tuple[Cluster, MacRange]]:
    for cluster in estate.clusters.values():
        if cluster.virtualization is not None and cluster.virtualization.mac_pool is not None:
            yield cluster, cluster.virtualization.mac_pool


def _shared_segments(estate: Estate) -> dict[frozenset[str], Network]:
    """Return pairs of clusters, each with a segment that both have."""
    shared: dict[frozenset[str], Network] = {}
    for network in stretched(estate):
        names = network.clusters
        for place, name in enumerate(names):
            for other in names[place + 1 :]:
                shared.setdefault(frozenset((name, other)), network)
    return shared


@rule(
    Code(
        "HL0820",
        "MAC pools of clusters on one segment overlap",
        "Each cluster's KubeMacPool knows its own guests only: two clusters can give one MAC to "
        "two guests of a segment that they share, and frames go to either.",
        "Give each cluster a range of its own.",
        "macPool: 02:10:00:00:00:00-02:10:00:00:ff:ff",
        "macPool: 02:11:00:00:00:00-02:11:00:00:ff:ff",
    )
)
def mac_pools_differ(estate: Estate) -> Iterator[Fault]:
    """Find overlapping ranges of two clusters with a common segment."""
    shared = _shared_segments(estate)
    pools = sorted(_pools(estate), key=lambda one: one[0].origin.place())
    for place, (cluster, pool) in enumerate(pools):
        for other, range_ in pools[place + 1 :]:
            network = shared.get(frozenset((cluster.name, other.name)))
            if network is not None and pool.overlaps(range_):
                yield Fault(
                    other.origin,
                    MAC_POOL,
                    f"MACs {range_} of {other.name} overlap {pool} of {cluster.name}, at "
                    f"{cluster.origin.place(*MAC_POOL)}: both have segment {network.name}",
                    "give each cluster a range of its own",
                )


@rule(
    Code(
        "HL0821",
        "A MAC pool holds a gateway's MAC",
        "A guest with the MAC of its gateway takes every frame that leaves the segment. Gateways "
        "have 02:68:6c and their VNI unless `gatewayMac` says otherwise.",
        "Choose a range without it.",
        "macPool: 02:68:6c:00:00:00-02:68:6c:ff:ff:ff",
        "macPool: 02:10:00:00:00:00-02:10:00:ff:ff:ff",
    )
)
def mac_pool_holds_no_gateway(estate: Estate) -> Iterator[Fault]:
    """Find a range with the gateway MAC of a segment in that cluster."""
    for cluster, pool in _pools(estate):
        network = next(
            (
                one
                for one in estate.networks_in(cluster)
                if one.gateway_mac is not None and pool.first <= one.gateway_mac <= pool.last
            ),
            None,
        )
        if network is not None:
            yield Fault(
                cluster.origin,
                MAC_POOL,
                f"{pool} holds {network.gateway_mac}, the gateway's MAC of {network.name}, at "
                f"{network.origin.place('spec', 'gatewayMac')}",
                "choose a range without it",
            )


@rule(
    Code(
        "HL0822",
        "A MAC pool holds multicast addresses",
        "A MAC whose first byte is odd stands for a group; no interface can have it.",
        "Choose a range whose first byte is even, such as 02.",
        "macPool: 03:10:00:00:00:00-03:10:00:00:ff:ff",
        "macPool: 02:10:00:00:00:00-02:10:00:00:ff:ff",
    )
)
def mac_pool_is_unicast(estate: Estate) -> Iterator[Fault]:
    """Find a range with group addresses in it."""
    for cluster, pool in _pools(estate):
        spans = pool.first >> 40 != pool.last >> 40
        if spans or pool.first.is_group:
            yield Fault(
                cluster.origin,
                MAC_POOL,
                f"{pool} of {cluster.name} holds multicast addresses, which no guest can have",
                "choose a range within one even first byte, such as 02",
            )


@rule(
    Code(
        "HL0823",
        "A MAC pool holds makers' addresses",
        "The second bit of the first byte says that an address was made locally (02, 06, 0a, 0e "
        "and so on). Others belong to makers of hardware, and may be on the segment already.",
        "Choose a range that starts with 02.",
        "macPool: 00:50:56:00:00:00-00:50:56:00:ff:ff",
        "macPool: 02:50:56:00:00:00-02:50:56:00:ff:ff",
    ),
    Severity.WARNING,
)
def mac_pool_is_local(estate: Estate) -> Iterator[Fault]:
    """Find a range of globally unique addresses."""
    for cluster, pool in _pools(estate):
        if not pool.first & LOCAL_BIT and not pool.first & GROUP_BIT:
            yield Fault(
                cluster.origin,
                MAC_POOL,
                f"{pool} of {cluster.name} belongs to a maker of hardware",
                "choose a range of local addresses, such as those that start with 02",
            )


@rule(
    Code(
        "HL0824",
        "Migration is asked for, but volumes allow one node",
        "During a live migration both nodes have the guest's volumes open: that needs access mode "
        "ReadWriteMany.",
        "Use storage with ReadWriteMany.",
        "accessMode: ReadWriteOnce",
        "accessMode: ReadWriteMany",
    )
)
def migration_has_shared_volumes(estate: Estate) -> Iterator[Fault]:
    """Find volumes of one node in a cluster with migration settings or a migration network."""
    for cluster in estate.clusters.values():
        settings = cluster.virtualization
        if settings is None or settings.access_mode != "ReadWriteOnce":
            continue
        network = next(
            (one for one in estate.networks_in(cluster) if one.role == "migration"), None
        )
        if network is not None:
            what = f"network {network.name} is for it, at {network.origin.place('spec', 'role')}"
        elif settings.migration is not None:
            what = f"limits of it are at {cluster.origin.place(*VIRTUALIZATION, 'migration')}"
        elif settings.policies:
            what = f"policies of it are at {cluster.origin.place(*VIRTUALIZATION, 'policies')}"
        else:
            continue
        yield Fault(
            cluster.origin,
            (*VIRTUALIZATION, "storage", "accessMode"),
            f"ReadWriteOnce keeps guests of {cluster.name} from migrating, but {what}",
            "use storage with ReadWriteMany",
        )


@rule(
    Code(
        "HL0825",
        "More migrations from a node than in the cluster",
        "The limit of the cluster holds for all nodes together.",
        "State a limit for the cluster that is not below that of a node.",
        "parallelPerCluster: 2, parallelPerNode: 5",
        "parallelPerCluster: 5, parallelPerNode: 2",
    ),
    Severity.WARNING,
)
def migration_limits_agree(estate: Estate) -> Iterator[Fault]:
    """Find a limit per node above that of the cluster."""
    for cluster in estate.clusters.values():
        limits = cluster.virtualization.migration if cluster.virtualization else None
        if limits is None or not limits.parallel_per_cluster or not limits.parallel_per_node:
            continue
        if limits.parallel_per_node > limits.parallel_per_cluster:
            yield Fault(
                cluster.origin,
                (*VIRTUALIZATION, "migration", "parallelPerNode"),
                f"{limits.parallel_per_node} migrations from a node, but "
                f"{limits.parallel_per_cluster} in all of {cluster.name}",
                "raise `parallelPerCluster`, or lower `parallelPerNode`",
            )


@rule(
    Code(
        "HL0826",
        "A migration policy is for every guest",
        "A policy whose `match` is empty selects all guests: it takes the place of the cluster's "
        "own limits.",
        "State the labels of the guests, or the cluster's limits under `migration`.",
        "match: {}",
        "match: {vm: {tier: db}}",
    ),
    Severity.WARNING,
)
def policy_matches_some(estate: Estate) -> Iterator[Fault]:
    """Find a migration policy without labels."""
    for cluster in estate.clusters.values():
        policies = cluster.virtualization.policies if cluster.virtualization else ()
        for policy in policies:
            if not policy.vm_labels and not policy.namespace_labels:
                yield Fault(
                    cluster.origin,
                    (*VIRTUALIZATION, "policies", policy.index, "match"),
                    f"migration policy {policy.name} is for every guest of {cluster.name}",
                    "state labels of guests or namespaces; or the limits under `migration`",
                )
