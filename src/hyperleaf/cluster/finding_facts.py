"""A live cluster becomes facts about it: its infrastructure's ID and its workers' MachineSets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.values.rendered import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from hyperleaf.cluster.client import Client

Object = dict[str, Any]
INFRASTRUCTURE = "config.openshift.io/v1", "Infrastructure"
MACHINE_SETS = "machine.openshift.io/v1beta1", "MachineSet"
NAMESPACE = "openshift-machine-api"
# What only the cluster writes, and what `kubectl apply` repeats of the whole object.
_OF_THE_CLUSTER = frozenset(
    {"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid", "selfLink"}
)
_REPEATED = "kubectl.kubernetes.io/last-applied-configuration"


def facts_of(client: Client) -> Object:
    """Return what a facts file says of a cluster; empty where it has none of it.

    MachineSets of ours are left out: they follow from the others. Raises AnswerError.
    """
    made: Object = {}
    kind = client.resource(*INFRASTRUCTURE)
    found = client.get(kind, "", "cluster") if kind is not None else None
    infra_id = (found or {}).get("status", {}).get("infrastructureName")
    if infra_id:
        made["infraID"] = infra_id
    sets = client.resource(*MACHINE_SETS)
    if sets is not None:
        listed = [_bare(one) for one in client.every(sets, NAMESPACE) if not _is_ours(one)]
        if listed:
            made["machineSets"] = sorted(listed, key=lambda one: str(one["metadata"]["name"]))
    return made


def _is_ours(value: Object) -> bool:
    labels = value["metadata"].get("labels") or {}
    return bool(labels.get(MANAGED_BY) == MANAGER)


def _bare(value: Object) -> Object:
    """Return a MachineSet without what only the cluster writes."""
    about = {name: one for name, one in value["metadata"].items() if name not in _OF_THE_CLUSTER}
    annotations = {k: v for k, v in about.get("annotations", {}).items() if k != _REPEATED}
    about = {**about, "annotations": annotations} if annotations else about
    if not annotations:
        about.pop("annotations", None)
    version, kind = MACHINE_SETS
    return {"apiVersion": version, "kind": kind, "metadata": about, "spec": value["spec"]}
