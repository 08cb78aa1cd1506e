"""Attachments by virtual functions become the SR-IOV operator's policies and networks.

A policy cuts an uplink's NIC on the nodes of one pool; all networks on that uplink share its
functions, so they are one resource, whatever the NIC is called in each pool.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hyperleaf.model import labels
from hyperleaf.render.manifest import Manifest, Step, metadata
from hyperleaf.render.node_policy import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.model.network import Sriov
    from hyperleaf.plan.attachments import AttachmentPlan

API_VERSION = "sriovnetwork.openshift.io/v1"
# After the node policies of the same step, which it shares no device with.
ORDER = 60


def sriov_manifests(plans: Iterable[AttachmentPlan], namespace: str) -> Iterator[Manifest]:
    """Yield a policy per uplink and pool, then a network per attachment."""
    cut = [(one, one.sriov) for one in plans if one.kind == "sriov" and one.sriov is not None]
    groups: dict[tuple[str, str, str], list[tuple[AttachmentPlan, Sriov]]] = {}
    for one, functions in cut:
        for pool, nic in one.nics:
            groups.setdefault((one.uplink or "", pool, nic), []).append((one, functions))
    for (uplink, pool, nic), of in sorted(groups.items(), key=lambda item: item[0]):
        yield Manifest(Step.POLICIES, _policy(uplink, pool, nic, of, namespace), ORDER)
    for one, _ in cut:
        yield Manifest(Step.ATTACHMENTS, _network(one, namespace))


def resource(uplink: str | None) -> str:
    """Return the resource's name, of the characters that device plugins allow."""
    return "hyperleaf_" + re.sub("[^A-Za-z0-9_]", "_", uplink or "")


def _policy(
    uplink: str,
    pool: str,
    nic: str,
    networks: list[tuple[AttachmentPlan, Sriov]],
    namespace: str,
) -> dict[str, Any]:
    functions = networks[0][1]
    nics: dict[str, Any] = {"pfNames": [nic]}
    if functions.vendor is not None:
        nics["vendor"] = functions.vendor
    if functions.device_id is not None:
        nics["deviceID"] = functions.device_id
    sources = sorted({one.source for one, _ in networks})
    return {
        "apiVersion": API_VERSION,
        "kind": "SriovNetworkNodePolicy",
        "metadata": metadata(bounded(f"hyperleaf-{uplink}-{pool}"), *sources, namespace=namespace),
        "spec": {
            "resourceName": resource(uplink),
            "nodeSelector": {labels.POOL: pool},
            "numVfs": max(one.num_vfs for _, one in networks),
            "nicSelector": nics,
            "deviceType": functions.device_type,
            "mtu": max(int(one.mtu) for one, _ in networks),
        },
    }


def _network(plan: AttachmentPlan, namespace: str) -> dict[str, Any]:
    """Return a network; the operator makes the attachment of the same name in its namespace."""
    made = {
        "resourceName": resource(plan.uplink),
        "networkNamespace": plan.namespace,
        "spoofChk": "on" if plan.macspoofchk else "off",
    }
    annotations = None if plan.description is None else {"description": plan.description}
    return {
        "apiVersion": API_VERSION,
        "kind": "SriovNetwork",
        "metadata": metadata(plan.name, plan.source, namespace=namespace, annotations=annotations),
        "spec": {**made, "vlan": int(plan.vlan)} if plan.vlan is not None else made,
    }
