"""Rules about storage and nodes that fail: what their operators would refuse, or do by surprise."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.storage import LVM_PREFIX
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.findings import Origin
    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.storage import DeviceClass
    from hyperleaf.rules.rule import Path

COPIES = 3
CLASSES = ("spec", "storage", "lvm", "deviceClasses")


def _classes(estate: Estate) -> Iterator[tuple[Cluster, tuple[DeviceClass, ...]]]:
    for cluster in estate.clusters.values():
        if cluster.storage is not None and cluster.storage.lvm is not None:
            yield cluster, cluster.storage.lvm.classes


@rule(
    Code(
        "HL1001",
        "Two device classes are the default",
        "Volumes that name no storage class get the default one's; LVM Storage refuses a second.",
        "Keep `default: true` in one of them.",
        "{name: vg2, default: true, paths: [/dev/sdc]}",
        "{name: vg2, paths: [/dev/sdc]}",
    )
)
def one_class_is_default(estate: Estate) -> Iterator[Fault]:
    """Find a second default device class."""
    for cluster, classes in _classes(estate):
        chosen = [one for one in classes if one.default]
        for one in chosen[1:]:
            yield Fault(
                cluster.origin,
                (*CLASSES, one.index, "default"),
                f"{one.name} and {chosen[0].name} of {cluster.name} are both the default",
                f"keep `default: true` in one, {chosen[0].name} for instance",
            )


@rule(
    Code(
        "HL1002",
        "Two device classes have one name",
        "A device class is a volume group on its nodes, and a storage class of the cluster.",
        "Give each a name of its own.",
        "{name: vg1, nodes: {room: b}, paths: [/dev/sdb]}",
        "{name: vg2, nodes: {room: b}, paths: [/dev/sdb]}",
    )
)
def class_names_differ(estate: Estate) -> Iterator[Fault]:
    """Find a device class with another's name."""
    for cluster, classes in _classes(estate):
        for first, other in combinations(classes, 2):
            if first.name == other.name:
                yield Fault(
                    cluster.origin,
                    (*CLASSES, other.index, "name"),
                    f"{cluster.name} has two device classes {other.name}",
                    "give each a name of its own",
                )


@rule(
    Code(
        "HL1003",
        "A device class among several names no disk",
        "Without paths a device class takes every unused disk; with several of them LVM Storage "
        "refuses that.",
        "State `paths` or `optionalPaths` in each.",
        "{name: vg2, nodes: {room: b}}",
        "{name: vg2, nodes: {room: b}, optionalPaths: [/dev/sdb]}",
    )
)
def classes_name_their_disks(estate: Estate) -> Iterator[Fault]:
    """Find a device class without paths beside others."""
    for cluster, classes in _classes(estate):
        for one in classes:
            if len(classes) > 1 and not one.paths and not one.optional_paths:
                yield Fault(
                    cluster.origin,
                    (*CLASSES, one.index),
                    f"device class {one.name} of {cluster.name} names no disk, and is not alone",
                    "state `paths` or `optionalPaths`",
                )


@rule(
    Code(
        "HL1004",
        "A device class takes every unused disk",
        "Without paths LVM Storage takes each disk of a node that nothing is on, those that are "
        "added later as well.",
        "State the disks in `paths`, or in `optionalPaths` where nodes differ.",
        "{name: vg1}",
        "{name: vg1, optionalPaths: [/dev/nvme0n1, /dev/nvme1n1]}",
    ),
    Severity.WARNING,
)
def classes_take_what_is_meant(estate: Estate) -> Iterator[Fault]:
    """Find the only device class, without paths."""
    for cluster, classes in _classes(estate):
        if len(classes) == 1 and not classes[0].paths and not classes[0].optional_paths:
            yield Fault(
                cluster.origin,
                (*CLASSES, 0),
                f"device class {classes[0].name} takes every unused disk of its nodes in "
                f"{cluster.name}",
                "state `paths` or `optionalPaths`",
            )


@rule(
    Code(
        "HL1005",
        "A disk is in two device classes",
        "A disk belongs to one volume group of its node.",
        "Leave it in one, or let the classes be for other nodes.",
        "{name: vg2, paths: [/dev/sdb]}",
        "{name: vg2, paths: [/dev/sdc]}",
    )
)
def disks_are_in_one_class(estate: Estate) -> Iterator[Fault]:
    """Find a path in two device classes that can be on one node."""
    for cluster, classes in _classes(estate):
        for first, other in combinations(classes, 2):
            taken = {*first.paths, *first.optional_paths}
            both = [one for one in (*other.paths, *other.optional_paths) if one in taken]
            if both and _can_meet(first.nodes, other.nodes):
                yield Fault(
                    cluster.origin,
                    (*CLASSES, other.index),
                    f"{in_words(both)} of {cluster.name} would be in {first.name} and {other.name}",
                    "leave it in one of them",
                )


def _can_meet(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Tell whether a node can bear the labels of both."""
    return all(other.get(key, value) == value for key, value in one.items())


def _asked(estate: Estate, hub: Cluster) -> Iterator[tuple[Origin, Path, str, frozenset[str]]]:
    """Yield each storage class of a cluster that an estate names, where, and how it is opened."""
    settings = hub.virtualization
    if settings is not None and settings.storage_class is not None:
        modes = frozenset({settings.access_mode} if settings.access_mode else ())
        path: Path = ("spec", "virtualization", "storage", "storageClass")
        yield hub.origin, path, settings.storage_class, modes
    for cluster in estate.clusters.values():
        if cluster.hub != hub.name or cluster.platform.kind != "kubevirt":
            continue
        for pool in cluster.pools:
            if pool.hosted.storage_class is not None:
                path = ("spec", "nodePools", pool.index, "storageClass")
                modes = frozenset(pool.hosted.access_modes)
                yield cluster.origin, path, pool.hosted.storage_class, modes
        control = cluster.control_plane
        if control is not None:
            for index, one in enumerate(control.storage_classes):
                path = ("spec", "controlPlane", "storageClassMapping", index, "infra")
                yield cluster.origin, path, one.infra, frozenset()


@rule(
    Code(
        "HL1006",
        "Volumes of local disks are not shared",
        "A volume of LVM Storage is a part of one node's disks: it opens on that node alone; what "
        "is on it does not migrate.",
        "Use a class that every node reaches (cephfs or rbd of Data Foundation), or ReadWriteOnce.",
        "storageClass: lvms-vg1, accessMode: ReadWriteMany",
        "storageClass: ocs-storagecluster-ceph-rbd-virtualization, accessMode: ReadWriteMany",
    )
)
def local_volumes_stay(estate: Estate) -> Iterator[Fault]:
    """Find a class of local disks with an access mode of several nodes."""
    for hub in estate.clusters.values():
        for origin, path, name, modes in _asked(estate, hub):
            if name.startswith(LVM_PREFIX) and "ReadWriteMany" in modes:
                yield Fault(
                    origin,
                    path,
                    f"{name} is on the disks of one node; ReadWriteMany needs one that all reach",
                    "use another class, or ReadWriteOnce",
                )


@rule(
    Code(
        "HL1007",
        "No device class makes this storage class",
        "LVM Storage names a storage class `lvms-` and the name of its device class.",
        "Name one of the device classes, or add one.",
        "storage: {storageClass: lvms-vg2, accessMode: ReadWriteOnce}",
        "storage: {storageClass: lvms-vg1, accessMode: ReadWriteOnce}",
    )
)
def local_classes_exist(estate: Estate) -> Iterator[Fault]:
    """Find a class `lvms-...` that the cluster's device classes do not make."""
    for hub, classes in _classes(estate):
        made = sorted({one.storage_class for one in classes})
        for origin, path, name, _ in _asked(estate, hub):
            if name.startswith(LVM_PREFIX) and name not in made:
                yield Fault(
                    origin,
                    path,
                    f"{hub.name} has no storage class {name}; its device classes make "
                    f"{in_words(made)}",
                    f"use {made[0]}, or add device class {name.removeprefix(LVM_PREFIX)}",
                )


@rule(
    Code(
        "HL1008",
        "Two watches over nodes have one name",
        "Each is an object of its own in the cluster.",
        "Give each a name of its own.",
        "{name: workers, nodes: {room: b}}",
        "{name: workers-b, nodes: {room: b}}",
    )
)
def watches_have_names(estate: Estate) -> Iterator[Fault]:
    """Find a watch with another's name."""
    for cluster in estate.clusters.values():
        for first, other in combinations(cluster.remediation, 2):
            if first.name == other.name:
                yield Fault(
                    cluster.origin,
                    ("spec", "remediation", other.index, "name"),
                    f"{cluster.name} has two watches {other.name}",
                    "give each a name of its own",
                )


@rule(
    Code(
        "HL1009",
        "Data Foundation has too few nodes",
        "Ceph keeps three copies of everything, each on a node (or in a zone) of its own, on nodes "
        "with the label of storage.",
        "Give three nodes or more the role `storage`.",
        "{name: storage, replicas: 2, roles: [storage]}",
        "{name: storage, replicas: 3, roles: [storage]}",
    )
)
def copies_have_nodes(estate: Estate) -> Iterator[Fault]:
    """Find Data Foundation on one or two nodes with the role of storage; none may be labelled."""
    for cluster in estate.clusters.values():
        if cluster.storage is None or cluster.storage.data_foundation is None:
            continue
        nodes = sum(pool.replicas for pool in cluster.pools if "storage" in pool.roles)
        if cluster.install is not None and "storage" in cluster.install.roles:
            nodes += cluster.install.workers.replicas
        if 0 < nodes < COPIES:
            yield Fault(
                cluster.origin,
                ("spec", "storage", "dataFoundation"),
                f"{nodes} of {cluster.name}'s nodes have the role storage; Ceph needs {COPIES}",
                "give more nodes the role, or replicas to their pool",
            )
