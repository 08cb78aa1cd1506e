"""A cluster's worker MachineSet becomes those of other pools: names, zone, size, disks, labels.

Each change has its place in the object; whatever has none stays as the cluster handed it out.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from hyperleaf.model.machines import SET_LABEL
from hyperleaf.render.manifest import Manifest, Step, listed, metadata
from hyperleaf.values.rendered import NODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hyperleaf.model.hosted import Taint
    from hyperleaf.model.machines import DataDisk
    from hyperleaf.plan.clusters import ClusterPlan, Plan
    from hyperleaf.plan.machines import MachineSetPlan, NodeMarks
    from hyperleaf.render.manifest import TextFile
    from hyperleaf.values.units import Quantity

NAMESPACE = "openshift-machine-api"
MEMORY, CPUS, GPUS = (f"machine.openshift.io/{one}" for one in ("memoryMb", "vCPU", "GPU"))
# What says how large the base's machines are, for scaling from nothing.
_OF_ITS_SIZE = frozenset({MEMORY, CPUS, GPUS, "capacity.cluster-autoscaler.kubernetes.io/labels"})
# What somebody else wrote about the base alone: its autoscaler's bounds, and who applied it.
_OF_ITSELF = ("machine.openshift.io/cluster-api-autoscaler-", "kubectl.kubernetes.io/", "argocd.")
_MI, _GI = 1 << 20, 1 << 30


def machine_manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield the MachineSets of the cluster's pools."""
    for one in plan.machine_sets:
        yield Manifest(Step.MACHINES, machine_set(one))


def mark_files(plan: Plan) -> Iterator[TextFile]:
    """Yield for each cluster what its nodes must bear, for whoever sets it on those that are there.

    Pools set labels and taints on new nodes alone.
    """
    for one in plan.clusters:
        if one.marks:
            yield listed(f"{NODES}/{one.cluster.name}.json", map(_marks, one.marks))


def _marks(marks: NodeMarks) -> dict[str, Any]:
    return {
        "pool": marks.pool,
        "selector": dict(marks.selector),
        "names": list(marks.names),
        "machineSets": list(marks.machine_sets),
        "otherThan": list(marks.other_than),
        "labels": dict(marks.labels),
        "taints": [_taint(one) for one in marks.taints],
        "from": marks.source,
    }


def machine_set(plan: MachineSetPlan) -> dict[str, Any]:
    """Return the MachineSet; of the base's metadata only labels and annotations stay."""
    base = plan.base.value
    spec = deepcopy(base["spec"])
    template = spec["template"]
    inner = template["spec"]
    spec["replicas"] = plan.replicas
    spec["selector"]["matchLabels"] = _renamed(plan, spec["selector"].get("matchLabels"))
    template["metadata"]["labels"] = _renamed(plan, template["metadata"].get("labels"))
    of_nodes = inner.get("metadata") or {}
    labels = {**_renamed(plan, of_nodes.get("labels")), **plan.labels}
    if labels:
        inner["metadata"] = {**of_nodes, "labels": labels}
    if plan.pool.taints:
        inner["taints"] = [*(inner.get("taints") or ()), *map(_taint, plan.pool.taints)]
    value = inner["providerSpec"]["value"]
    annotations = _annotations(plan, base["metadata"].get("annotations") or {})
    if plan.base.provider is not None:
        _PROVIDERS[plan.base.provider](plan, value)
    if plan.base.provider == "vsphere":
        annotations |= _size(value)
    return {
        "apiVersion": base["apiVersion"],
        "kind": "MachineSet",
        "metadata": metadata(
            plan.name,
            plan.source,
            namespace=base["metadata"].get("namespace", NAMESPACE),
            labels=_renamed(plan, base["metadata"].get("labels")),
            annotations=annotations,
        ),
        "spec": spec,
    }


def _renamed(plan: MachineSetPlan, labels: Mapping[str, str] | None) -> dict[str, str]:
    """Return labels with the MachineSet's own name in the place of the base's."""
    return {
        key: plan.name if key == SET_LABEL and value == plan.base.name else value
        for key, value in (labels or {}).items()
    }


def _taint(taint: Taint) -> dict[str, str]:
    value = {} if taint.value is None else {"value": taint.value}
    return {"key": taint.key, **value, "effect": taint.effect}


def _annotations(plan: MachineSetPlan, written: Mapping[str, str]) -> dict[str, str]:
    """Return the base's annotations that still hold for machines of the pool's size."""
    pool = plan.pool
    resized = any(one is not None for one in (pool.instance_type, pool.cpus, pool.memory))
    return {
        key: value
        for key, value in written.items()
        if not key.startswith(_OF_ITSELF) and not (resized and key in _OF_ITS_SIZE)
    }


def _size(value: Mapping[str, Any]) -> dict[str, str]:
    """Return how large a machine of vSphere is, as its MachineSet says it."""
    stated = {MEMORY: value.get("memoryMiB"), CPUS: value.get("numCPUs")}
    return {key: str(size) for key, size in stated.items() if size is not None}


def _aws(plan: MachineSetPlan, value: dict[str, Any]) -> None:
    pool, zone = plan.pool, plan.zone
    if pool.instance_type is not None:
        value["instanceType"] = pool.instance_type
    if zone is not None and zone != plan.base.zone:
        value["placement"]["availabilityZone"] = zone
        for one in (value.get("subnet") or {}).get("filters") or ():
            one["values"] = [_in_zone(name, plan.base.zone, zone) for name in one["values"]]
    if plan.security_groups:
        more = ({"id": one} for one in plan.security_groups)
        value["securityGroups"] = [*(value.get("securityGroups") or ()), *more]
    if pool.disk is not None:
        _root(value)["volumeSize"] = _whole(pool.disk, _GI)
    if pool.data_disk is not None:
        others = value.get("blockDevices") or []
        kept = [one for one in others if one.get("deviceName") != pool.data_disk.device]
        value["blockDevices"] = [*kept, _data_disk(pool.data_disk, _root(value))]


def _in_zone(name: str, old: str | None, new: str) -> str:
    """Return a subnet's name in another zone: the zone at its end, and nothing before it."""
    return name.removesuffix(f"-{old}") + f"-{new}" if name.endswith(f"-{old}") else name


def _root(value: dict[str, Any]) -> dict[str, Any]:
    """Return the root volume: of the first device, which has no name of its own."""
    devices: list[dict[str, Any]] = value.setdefault("blockDevices", [])
    root = next((one for one in devices if not one.get("deviceName")), None)
    if root is None:
        root = {"ebs": {}}
        devices.insert(0, root)
    volume: dict[str, Any] = root.setdefault("ebs", {})
    return volume


def _data_disk(disk: DataDisk, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return a second volume, encrypted by the root volume's key where that has one."""
    key = {part: value for part, value in (root.get("kmsKey") or {}).items() if value}
    volume: dict[str, Any] = {"encrypted": True}
    if disk.iops is not None:
        volume["iops"] = disk.iops
    if key:
        volume["kmsKey"] = key
    size = {"volumeSize": _whole(disk.size, _GI), "volumeType": disk.type}
    return {"deviceName": disk.device, "ebs": {**volume, **size}}


def _vsphere(plan: MachineSetPlan, value: dict[str, Any]) -> None:
    pool, machines = plan.pool, plan.pool.machines
    stated = {
        "diskGiB": None if pool.disk is None else _whole(pool.disk, _GI),
        "memoryMiB": None if pool.memory is None else _whole(pool.memory, _MI),
        "numCPUs": pool.cpus,
        "numCoresPerSocket": machines.cores_per_socket if machines else None,
        "template": plan.template,
    }
    value |= {name: one for name, one in stated.items() if one is not None}
    devices: list[dict[str, Any]] = (value.get("network") or {}).get("devices") or []
    if plan.primary_network is not None:
        first = {**(devices[0] if devices else {}), "networkName": plan.primary_network}
        devices = [first, *devices[1:]]
    there = {one.get("networkName") for one in devices}
    more = [{"networkName": one} for one in plan.networks if one not in there]
    value["network"] = {**(value.get("network") or {}), "devices": [*devices, *more]}


def _kubevirt(plan: MachineSetPlan, value: dict[str, Any]) -> None:
    pool = plan.pool
    stated = {
        "requestedCPU": pool.cpus,
        "requestedMemory": None if pool.memory is None else str(pool.memory),
        "requestedStorage": None if pool.disk is None else str(pool.disk),
        "storageClassName": pool.hosted.storage_class,
    }
    value |= {name: one for name, one in stated.items() if one is not None}


def _whole(size: Quantity, unit: int) -> int:
    """Return a size in whole units, none smaller than asked for."""
    return -(-size.bytes // unit)


_PROVIDERS: dict[str, Callable[[MachineSetPlan, dict[str, Any]], None]] = {
    "aws": _aws,
    "vsphere": _vsphere,
    "kubevirt": _kubevirt,
}
