"""A cluster's operators, storage and watches told as names and values, as the plan's meaning is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.operators import Operators
    from hyperleaf.model.storage import ClusterStorage, DeviceClass, Remediation

Told = dict[str, str | list[str]]


def installed(cluster: Cluster) -> Told:
    """Return what an estate decides of what is installed in a cluster."""
    told: Told = {}
    if cluster.operators is not None:
        told |= dict(_operators(cluster.operators))
    if cluster.storage is not None:
        told |= dict(_storage(cluster.storage))
    for one in cluster.remediation:
        told[f"watch over nodes {one.name}"] = _watch(one)
    settings = cluster.virtualization
    if settings is not None and settings.multi_architecture:
        told["guests of other architectures"] = "yes"
    for device in settings.host_devices if settings is not None else ():
        told[f"host device {device.device}"] = device.resource
    return told


def _operators(operators: Operators) -> Iterator[tuple[str, str]]:
    for one in operators.installed.values():
        first = f", from {one.starting_csv}" if one.starting_csv is not None else ""
        approved = f"{one.approval.lower()} approval"
        yield f"operator {one.name}", f"{one.channel} of {one.source}, {approved}{first}"
    engine, watch = operators.engine, operators.observability
    if engine is not None and engine.availability is not None:
        yield "multicluster engine availability", engine.availability
    if engine is not None and engine.node_selector:
        yield "multicluster engine nodes", _labels(engine.node_selector)
    if engine is not None and engine.aws is not None:
        yield "hypershift region", engine.aws.region
        bucket = engine.aws.oidc_bucket or "not made yet,"
        yield "oidc bucket", f"{bucket} in {engine.aws.oidc_region}"
    if watch is not None:
        yield "metrics kept by", watch.storage_secret
        yield "metrics storage class", watch.storage_class or "the cluster's default"


def _storage(storage: ClusterStorage) -> Iterator[tuple[str, str | list[str]]]:
    ceph = storage.data_foundation
    if ceph is not None:
        disks = f"{ceph.disks} x {ceph.size} of {ceph.storage_class}"
        yield f"data foundation {ceph.name}", f"{disks}, {ceph.profile}"
    if storage.lvm is not None:
        for one in storage.lvm.classes:
            yield f"device class {one.name} of {storage.lvm.name}", list(_class(one))


def _class(one: DeviceClass) -> Iterator[str]:
    yield f"{one.fstype}{', the default' if one.default else ''}"
    yield f"nodes: {_labels(one.nodes) or 'every worker'}"
    yield from (f"disk {path}" for path in one.paths)
    yield from (f"disk {path}, where it is" for path in one.optional_paths)
    if one.thin_pool is not None:
        pool = one.thin_pool
        yield (
            f"thin pool {pool.name}: {pool.size_percent}%, promised {pool.overprovision_ratio} "
            f"times, chunks by {pool.chunk_size}"
        )


def _watch(one: Remediation) -> list[str]:
    return [
        f"nodes: {_labels(one.nodes) or 'every worker'}",
        f"at least {one.min_healthy} healthy",
        f"unhealthy after {one.unhealthy_after}",
        f"strategy {one.strategy}",
    ]


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
