"""Rules about the nodes of hosted clusters: what HyperShift can make, and what it would refuse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.hosted import disk_of
from hyperleaf.model.hosted_names import config_of, node_pool_name
from hyperleaf.rules.hosted import made
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words, is_written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.estate import Estate
    from hyperleaf.rules.rule import Path

LEAST_DISK = 16 * 1024**3
MOST_CONFIGS = 10
# Volumes of the LVM Storage operator are on one node's own disks.
LOCAL_CLASSES = ("lvms-",)
MANY = "ReadWriteMany"
_ATTACHMENT = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?/[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_ONLY_ON_KUBEVIRT = (
    *("storageClass", "accessModes", "volumeMode", "imageCache", "placement", "guaranteed"),
    *("multiqueue", "hostDevices", "additionalNetworks", "defaultNetwork", "cpus", "memory"),
)
_ONLY_HOSTED = ("autoscaling", "autoRepair", "upgrade", "drainTimeout", "nodeConfig")


def _path(pool: Pool, *field: str | int) -> Path:
    return ("spec", "nodePools", pool.index, *field)


def _pools(estate: Estate, platform: str | None = None) -> Iterator[tuple[Cluster, Pool]]:
    for cluster, _ in made(estate):
        if platform in {None, cluster.platform.kind}:
            for pool in cluster.pools:
                yield cluster, pool


@rule(
    Code(
        "HL1320",
        "Nodes of arm64 on KubeVirt",
        "Virtual machines have their hosts' architecture, and HyperShift makes nodes of arm64 on "
        "AWS, not on KubeVirt: the API server refuses such a NodePool.",
        "Use amd64.",
        "arch: arm64",
        "arch: amd64",
    )
)
def kubevirt_is_amd64(estate: Estate) -> Iterator[Fault]:
    """Find a pool of arm64 in a hosted cluster on KubeVirt."""
    for cluster, pool in _pools(estate, "kubevirt"):
        if pool.arch != "amd64":
            yield Fault(
                cluster.origin,
                _path(pool, "arch"),
                f"pool {pool.name} is {pool.arch}: on KubeVirt HyperShift makes nodes of amd64",
                "leave `arch` out",
            )


@rule(
    Code(
        "HL1321",
        "A root volume is too small",
        "A node's operating system and images need 16 GiB; HyperShift's own command line refuses "
        "less.",
        "State 16Gi or more; 32Gi is the default on KubeVirt.",
        "disk: 12Gi",
        "disk: 120Gi",
    )
)
def root_volume_is_large_enough(estate: Estate) -> Iterator[Fault]:
    """Find a root volume below 16 GiB."""
    for cluster, pool in _pools(estate):
        size = pool.disk or disk_of(cluster.platform.kind)
        if size.bytes < LEAST_DISK:
            yield Fault(
                cluster.origin,
                _path(pool, "disk"),
                f"root volumes of pool {pool.name} have {size}: a node needs 16Gi",
                "state 16Gi or more, or leave `disk` out",
            )


@rule(
    Code(
        "HL1322",
        "Nodes without any network",
        "Without the hub's pod network a node has the additional networks alone; with none of "
        "either it reaches nothing, its own control plane included.",
        "State `additionalNetworks`, or leave `defaultNetwork` out.",
        "defaultNetwork: false}",
        "defaultNetwork: false, additionalNetworks: [infra/vlan100]}",
    )
)
def nodes_have_a_network(estate: Estate) -> Iterator[Fault]:
    """Find `defaultNetwork: false` without additional networks."""
    for cluster, pool in _pools(estate, "kubevirt"):
        if not pool.hosted.default_network and not pool.hosted.additional_networks:
            yield Fault(
                cluster.origin,
                _path(pool, "defaultNetwork"),
                f"nodes of pool {pool.name} have no network at all",
                "state `additionalNetworks: [NAMESPACE/NAME]`, or leave `defaultNetwork` out",
            )


@rule(
    Code(
        "HL1323",
        "An additional network is no attachment",
        "A NodePool names attachments of the hub with their namespaces.",
        "Write NAMESPACE/NAME.",
        "additionalNetworks: [vlan100]",
        "additionalNetworks: [infra/vlan100]",
    )
)
def additional_networks_are_named(estate: Estate) -> Iterator[Fault]:
    """Find an additional network that is not NAMESPACE/NAME."""
    for cluster, pool in _pools(estate):
        for index, name in enumerate(pool.hosted.additional_networks):
            if not _ATTACHMENT.fullmatch(name):
                yield Fault(
                    cluster.origin,
                    _path(pool, "additionalNetworks", index),
                    f"{name!r} does not name an attachment of the hub",
                    "write NAMESPACE/NAME",
                )


@rule(
    Code(
        "HL1324",
        "Too many node files",
        "A NodePool names at most ten ConfigMaps with files for its nodes; on leaves one of them "
        "is ours.",
        "Put several MachineConfigs into one ConfigMap, as YAML documents.",
        "nodeConfig: [c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11]",
        "nodeConfig: [c1, c2, c3, c4, c5, c6, c7, c8, c9, c10]",
    )
)
def node_files_are_few(estate: Estate) -> Iterator[Fault]:
    """Find a pool with more than ten ConfigMaps."""
    for cluster, pool in _pools(estate):
        named = config_of(cluster, pool, estate.fabric)
        if len(named) > MOST_CONFIGS:
            ours = len(named) - len(pool.hosted.config)
            beside = " and the leaves' own" if ours else ""
            yield Fault(
                cluster.origin,
                _path(pool, "nodeConfig"),
                f"pool {pool.name} names {len(pool.hosted.config)} ConfigMaps{beside}: a NodePool "
                f"takes {MOST_CONFIGS}",
                "put several MachineConfigs into one ConfigMap, as YAML documents",
            )


@rule(
    Code(
        "HL1325",
        "Root volumes that one node alone reaches",
        "A virtual machine migrates while it runs only where both nodes reach its volumes. Nodes "
        "with root volumes of one host's own disks stop when that host is drained, and are lost "
        "with it.",
        "Use a class that many nodes reach (as of CephFS), with accessModes: [ReadWriteMany].",
        "storageClass: lvms-vg1",
        "storageClass: ocs-storagecluster-cephfs",
    ),
    Severity.WARNING,
)
def root_volumes_migrate(estate: Estate) -> Iterator[Fault]:
    """Find root volumes that are stated to be, or known to be, one node's alone."""
    for cluster, pool in _pools(estate, "kubevirt"):
        nodes = pool.hosted
        local = (nodes.storage_class or "").startswith(LOCAL_CLASSES)
        single = bool(nodes.access_modes) and MANY not in nodes.access_modes
        if local or single:
            why = f"are of {nodes.storage_class}" if local else "lack ReadWriteMany"
            yield Fault(
                cluster.origin,
                _path(pool, "storageClass" if local else "accessModes"),
                f"root volumes of pool {pool.name} {why}: its nodes cannot migrate while they run",
                "use a class that many nodes reach, with `accessModes: [ReadWriteMany]`",
            )


@rule(
    Code(
        "HL1326",
        "A pool of several zones",
        "HyperShift's pools on AWS have one subnet each, hence one zone.",
        "Write a pool for each zone.",
        "zones: [us-east-1a, us-east-1b]",
        "zones: [us-east-1a]",
    )
)
def pool_has_one_zone(estate: Estate) -> Iterator[Fault]:
    """Find a hosted pool with several zones."""
    for cluster, pool in _pools(estate, "aws"):
        if len(pool.zones) > 1:
            yield Fault(
                cluster.origin,
                _path(pool, "zones"),
                f"pool {pool.name} lies in {in_words(pool.zones)}: a hosted cluster's pool has "
                "one subnet",
                "write a pool for each zone",
            )


@rule(
    Code(
        "HL1327",
        "Bounds of a pool's size cross",
        "The least number of nodes is above the most.",
        "Swap them.",
        "min: 5, max: 2",
        "min: 2, max: 5",
    )
)
def bounds_are_in_order(estate: Estate) -> Iterator[Fault]:
    """Find `min` above `max`."""
    for cluster, pool in _pools(estate):
        least, most = pool.hosted.autoscaling or (0, 0)
        if least > most:
            yield Fault(
                cluster.origin,
                _path(pool, "autoscaling"),
                f"pool {pool.name} has at least {least} and at most {most} nodes",
                f"write `{{min: {most}, max: {least}}}`",
            )


@rule(
    Code(
        "HL1328",
        "Two NodePools would have one name",
        "A NodePool is named after its cluster and its pool; one namespace has one of a name.",
        "Rename a pool, or keep the clusters in namespaces of their own.",
        "nodePools: [{name: b}, {name: a-b}]",
        "nodePools: [{name: b}, {name: a-c}]",
    )
)
def node_pools_have_names(estate: Estate) -> Iterator[Fault]:
    """Find two pools whose NodePools have the same name and namespace."""
    owners: dict[tuple[str, str], tuple[Cluster, Pool]] = {}
    for cluster, control in made(estate):
        for pool in cluster.pools:
            name = node_pool_name(cluster.name, pool.name)
            first, other = owners.setdefault((control.namespace, name), (cluster, pool))
            if other is not pool and (first is not cluster or other.name != pool.name):
                yield Fault(
                    cluster.origin,
                    _path(pool, "name"),
                    f"pool {pool.name} of {cluster.name} and pool {other.name} of {first.name} "
                    f"both become NodePool {name}; the other is at "
                    f"{first.origin.place(*_path(other, 'name'))}",
                    "give one of them another name",
                )


@rule(
    Code(
        "HL1329",
        "A pool's field of which nothing is made",
        "Some fields are of pools that HyperShift makes, some of these on KubeVirt alone: their "
        "nodes are virtual machines. Elsewhere they change nothing.",
        "Leave the field out.",
        "upgrade: InPlace",
        "arch: amd64",
    ),
    Severity.WARNING,
)
def fields_mean_something(estate: Estate) -> Iterator[Fault]:
    """Find hosted pools' fields where no NodePool is made, and KubeVirt's on AWS."""
    for cluster in estate.clusters.values():
        is_made = cluster.control_plane is not None and cluster.role == "hosted"
        for pool in cluster.pools:
            idle: tuple[str, ...] = () if is_made else _ONLY_HOSTED
            if is_made and cluster.platform.kind == "aws":
                idle = _ONLY_ON_KUBEVIRT
            for field in idle:
                if is_written(cluster.origin, *_path(pool, field)):
                    why = "stands on AWS" if is_made else "states no `controlPlane`"
                    yield Fault(
                        cluster.origin,
                        _path(pool, field),
                        f"nothing is made of `{field}` of pool {pool.name}: {cluster.name} {why}",
                        "leave it out",
                    )


@rule(
    Code(
        "HL1331",
        "A hosted cluster without a node",
        "Its control plane runs on the hub, but its ingress, its console and most of its operators "
        "run on its own nodes: without one it never becomes available.",
        "State at least one replica (two bear a failure), or `autoscaling`.",
        "replicas: 0",
        "replicas: 2",
    ),
    Severity.WARNING,
)
def hosted_has_nodes(estate: Estate) -> Iterator[Fault]:
    """Find a hosted cluster all of whose pools have `replicas: 0` and no `autoscaling`."""
    for cluster, _ in made(estate):
        if cluster.pools and not any(
            one.replicas or one.hosted.autoscaling for one in cluster.pools
        ):
            yield Fault(
                cluster.origin,
                _path(cluster.pools[0], "replicas"),
                f"{cluster.name} has no node: "
                f"{in_words([one.name for one in cluster.pools])} of 0 replicas",
                "state `replicas: 2`, or `autoscaling: {min: 2, max: 5}` in its place",
            )
