"""A cluster's storage becomes Ceph and volume groups on local disks; watches over nodes follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.model.operators import HEALTH_NAMESPACE, STORAGE_NAMESPACE
from hyperleaf.render.manifest import Manifest, Step, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.storage import DataFoundation, DeviceClass, Lvm, Remediation
    from hyperleaf.plan.clusters import ClusterPlan

# Ceph keeps three copies, each in a zone or on a node of its own.
COPIES = 3
WORKER = "node-role.kubernetes.io/worker"


def storage_manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield Ceph's cluster, the system that stands for it in the console, and volume groups."""
    storage, source = plan.cluster.storage, str(plan.cluster.origin)
    if storage is None:
        return
    if storage.data_foundation is not None:
        yield Manifest(Step.STORAGE, _ceph(storage.data_foundation, source), 20)
        yield Manifest(Step.STORAGE, _system(storage.data_foundation, source), 30)
    if storage.lvm is not None:
        yield Manifest(Step.STORAGE, _lvm(storage.lvm, source), 10)


def remediation_manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield each watch over nodes, after the template of what it does to one that failed."""
    source = str(plan.cluster.origin)
    for one in plan.cluster.remediation:
        yield Manifest(Step.REMEDIATION, _template(one, source), 10)
        yield Manifest(Step.REMEDIATION, _watch(one, source), 20)


def _ceph(ceph: DataFoundation, source: str) -> dict[str, Any]:
    """Return what the console makes with its defaults; nodes are those with the label of storage.

    Disks are volumes of a class that the platform has; those of a cloud move between nodes.
    """
    is_local = ceph.storage_class == "localblock"
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": str(ceph.size)}},
        "storageClassName": ceph.storage_class,
        "volumeMode": "Block",
    }
    disks = {
        "name": f"ocs-deviceset-{ceph.storage_class}",
        "count": ceph.disks,
        "replica": COPIES,
        "portable": not is_local,
        "dataPVCTemplate": {"spec": claim},
    }
    spec: dict[str, Any] = {"resourceProfile": ceph.profile, "storageDeviceSets": [disks]}
    if is_local:
        spec["monDataDirHostPath"] = "/var/lib/rook"
    return {
        "apiVersion": "ocs.openshift.io/v1",
        "kind": "StorageCluster",
        "metadata": metadata(ceph.name, source, namespace=STORAGE_NAMESPACE),
        "spec": spec,
    }


def _system(ceph: DataFoundation, source: str) -> dict[str, Any]:
    return {
        "apiVersion": "odf.openshift.io/v1alpha1",
        "kind": "StorageSystem",
        "metadata": metadata(f"{ceph.name}-storagesystem", source, namespace=STORAGE_NAMESPACE),
        "spec": {
            "kind": "storagecluster.ocs.openshift.io/v1",
            "name": ceph.name,
            "namespace": STORAGE_NAMESPACE,
        },
    }


def _lvm(lvm: Lvm, source: str) -> dict[str, Any]:
    return {
        "apiVersion": "lvm.topolvm.io/v1alpha1",
        "kind": "LVMCluster",
        "metadata": metadata(lvm.name, source, namespace=STORAGE_NAMESPACE),
        "spec": {"storage": {"deviceClasses": [_device_class(one) for one in lvm.classes]}},
    }


def _device_class(one: DeviceClass) -> dict[str, Any]:
    made: dict[str, Any] = {"name": one.name, "fstype": one.fstype}
    if one.default:
        made["default"] = True
    disks = {"paths": list(one.paths), "optionalPaths": list(one.optional_paths)}
    if any(disks.values()):
        made["deviceSelector"] = {name: paths for name, paths in disks.items() if paths}
    if one.nodes:
        terms = [_expression(key, value) for key, value in sorted(one.nodes.items())]
        made["nodeSelector"] = {"nodeSelectorTerms": [{"matchExpressions": terms}]}
    if one.thin_pool is not None:
        made["thinPoolConfig"] = {
            "name": one.thin_pool.name,
            "sizePercent": one.thin_pool.size_percent,
            "overprovisionRatio": one.thin_pool.overprovision_ratio,
            "chunkSizeCalculationPolicy": one.thin_pool.chunk_size,
        }
    return made


def _expression(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": [value]}


def _selector(nodes: Mapping[str, str]) -> dict[str, Any]:
    if nodes:
        return {"matchLabels": dict(nodes)}
    return {"matchExpressions": [{"key": WORKER, "operator": "Exists"}]}


def _template(one: Remediation, source: str) -> dict[str, Any]:
    return {
        "apiVersion": "self-node-remediation.medik8s.io/v1alpha1",
        "kind": "SelfNodeRemediationTemplate",
        "metadata": metadata(f"hyperleaf-{one.name}", source, namespace=HEALTH_NAMESPACE),
        "spec": {"template": {"spec": {"remediationStrategy": one.strategy}}},
    }


def _watch(one: Remediation, source: str) -> dict[str, Any]:
    """Return the watch: a node that says nothing is as unhealthy as one that says it is not."""
    after = str(one.unhealthy_after)
    return {
        "apiVersion": "remediation.medik8s.io/v1alpha1",
        "kind": "NodeHealthCheck",
        "metadata": metadata(one.name, source),
        "spec": {
            "selector": _selector(one.nodes),
            "minHealthy": one.min_healthy,
            "unhealthyConditions": [
                {"type": "Ready", "status": status, "duration": after}
                for status in ("False", "Unknown")
            ],
            "remediationTemplate": {
                "apiVersion": "self-node-remediation.medik8s.io/v1alpha1",
                "kind": "SelfNodeRemediationTemplate",
                "name": f"hyperleaf-{one.name}",
                "namespace": HEALTH_NAMESPACE,
            },
        },
    }
