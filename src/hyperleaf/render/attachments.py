"""A cluster's attachments become what guests name in their networks, and the namespaces for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.plan.attachments import SRIOV_NAMESPACE
from hyperleaf.render.manifest import Manifest, Step, metadata
from hyperleaf.render.sriov import sriov_manifests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.plan.attachments import AttachmentPlan
    from hyperleaf.plan.clusters import ClusterPlan
    from hyperleaf.values.units import Version

CNI_VERSION = "0.3.1"
# Keeps guests on nodes that have the bridge, which its plugin finds and reports.
RESOURCE = "k8s.v1.cni.cncf.io/resourceName"
BRIDGE_RESOURCE = "bridge.network.kubevirt.io/"
# Namespaces of the platform exist before us and are none of our objects.
PLATFORM = ("openshift-", "kube-")
PLATFORM_NAMES = frozenset({"default", "openshift"})
# The release from which the bridge plugin is documented to keep a pod's own end down, so that the
# pod a guest migrates to does not announce the guest before it has arrived.
CONTAINER_INTERFACE_DOWN = (4, 16)
# The release from which a guest keeps the address that OVN-Kubernetes gave it when it migrates.
PERSISTENT_ADDRESSES = (4, 17)


def attachment_manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield namespaces, then attachments of every kind, in the order of namespace and name."""
    yield from _namespaces(plan.attachments)
    for one in plan.attachments:
        if one.kind != "sriov":
            yield Manifest(Step.ATTACHMENTS, attachment(one, plan.cluster.version))
    yield from sriov_manifests(plan.attachments, SRIOV_NAMESPACE)


def _namespaces(attachments: tuple[AttachmentPlan, ...]) -> Iterator[Manifest]:
    sources: dict[str, list[str]] = {}
    for one in attachments:
        if not is_platform(one.namespace):
            sources.setdefault(one.namespace, []).append(one.source)
    for name, of in sorted(sources.items()):
        made = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": metadata(name, *sorted(set(of))),
        }
        yield Manifest(Step.ATTACHMENTS, made, 10)


def is_platform(namespace: str) -> bool:
    """Tell whether a namespace belongs to OpenShift or Kubernetes itself."""
    return namespace in PLATFORM_NAMES or namespace.startswith(PLATFORM)


def attachment(plan: AttachmentPlan, version: Version) -> dict[str, Any]:
    """Return a NetworkAttachmentDefinition; its configuration is one line of JSON."""
    config = configuration(plan, version)
    return {
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": metadata(
            plan.name, plan.source, namespace=plan.namespace, annotations=_annotations(plan)
        ),
        "spec": {"config": json.dumps(config, separators=(",", ":"))},
    }


def _annotations(plan: AttachmentPlan) -> dict[str, str]:
    made = {}
    if plan.description is not None:
        made["description"] = plan.description
    # Migration's pods are a daemon set's: nothing asks for the resource on their behalf.
    if plan.bridge is not None and not plan.gives_addresses:
        made[RESOURCE] = BRIDGE_RESOURCE + plan.bridge
    return made


def configuration(plan: AttachmentPlan, version: Version) -> dict[str, Any]:
    """Return what the CNI plugin is told (CNI 0.3.1, as OpenShift documents it)."""
    if plan.kind == "overlay":
        return _overlay(plan, version)
    if plan.gives_addresses:
        return _migration(plan)
    if plan.documented_vlan is not None:
        return _documented(plan)
    return _bridge(plan, version)


def _bridge(plan: AttachmentPlan, version: Version) -> dict[str, Any]:
    """Return a port on a bridge that carries one network: no tag, the bridge filters none."""
    made: dict[str, Any] = {
        "cniVersion": CNI_VERSION,
        "name": plan.name,
        "type": "bridge",
        "bridge": plan.bridge,
        "mtu": int(plan.mtu),
        "macspoofchk": plan.macspoofchk,
        "ipam": {},
    }
    if version.is_at_least(*CONTAINER_INTERFACE_DOWN):
        made["disableContainerInterface"] = True
    return made


def _migration(plan: AttachmentPlan) -> dict[str, Any]:
    """Return a port for virt-handler, with an address of the migration network."""
    return {
        "cniVersion": CNI_VERSION,
        "name": plan.name,
        "type": "bridge",
        "bridge": plan.bridge,
        "mtu": int(plan.mtu),
        "ipam": _whereabouts(plan),
    }


def _whereabouts(plan: AttachmentPlan) -> dict[str, Any]:
    ranges = []
    for subnet in plan.subnets:
        made: dict[str, Any] = {"range": str(subnet)}
        taken = [f"{one}/{one.max_prefixlen}" for one in plan.reserved if one in subnet]
        ranges.append({**made, "exclude": taken} if taken else made)
    match ranges:
        case []:
            return {}
        case [only]:
            return {"type": "whereabouts", **only}
        case _:
            return {"type": "whereabouts", "ipRanges": ranges}


def _overlay(plan: AttachmentPlan, version: Version) -> dict[str, Any]:
    """Return a switch over the whole cluster; `name` is what joins attachments into one."""
    made: dict[str, Any] = {
        "cniVersion": CNI_VERSION,
        "name": plan.network,
        "type": "ovn-k8s-cni-overlay",
        "topology": "layer2",
        "netAttachDefName": f"{plan.namespace}/{plan.name}",
        "mtu": int(plan.mtu),
    }
    if plan.subnets:
        made["subnets"] = ",".join(str(one) for one in plan.subnets)
        if version.is_at_least(*PERSISTENT_ADDRESSES):
            made["allowPersistentIPs"] = True
    return made


def _documented(plan: AttachmentPlan) -> dict[str, Any]:
    """Return what the document on nested virtualization writes, its inert tag included."""
    bridge: dict[str, Any] = {
        "type": "cnv-bridge",
        "bridge": plan.bridge,
        "vlan": int(plan.documented_vlan or 0),
        "ipam": {},
    }
    return {
        "name": plan.name,
        "cniVersion": CNI_VERSION,
        "plugins": [bridge, {"type": "cnv-tuning"}],
    }
