"""A cluster's plan becomes the settings of its operators: forwarding, live migration, MAC pool.

The objects exist before us and belong to their operators; each of ours is a part of one, for
server-side apply under a field manager of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.plan.attachments import VIRTUALIZATION_NAMESPACE
from hyperleaf.render.manifest import Manifest, Step, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import MigrationLimits, MigrationPolicy
    from hyperleaf.plan.clusters import ClusterPlan
    from hyperleaf.values.macs import MacRange
    from hyperleaf.values.units import Duration, Quantity

HYPERCONVERGED = "kubevirt-hyperconverged"
# The release from which the range is a field of HyperConverged.
MAC_POOL_FIELD = (4, 21)
# How HyperConverged passes on what it has no field for. The pool's own ConfigMap is no way: the
# network add-ons operator writes it back.
ADD_ONS_PATCH = "networkaddonsconfigs.kubevirt.io/jsonpatch"


def setting_manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield the settings that the cluster's own operators must be given."""
    if plan.leaves is not None:
        yield Manifest(Step.SETTINGS, forwarding(str(plan.cluster.origin), plan.leaves.source))
    hyperconverged = _hyperconverged(plan)
    if hyperconverged is not None:
        yield Manifest(Step.VIRTUALIZATION, hyperconverged, 10)
    if plan.cluster.virtualization is not None:
        for policy in plan.cluster.virtualization.policies:
            yield Manifest(Step.VIRTUALIZATION, migration_policy(policy, str(plan.cluster.origin)))


def forwarding(*sources: str) -> dict[str, Any]:
    """Return what lets nodes forward what is not the cluster's own (`ipForwarding: Global`).

    OVN-Kubernetes otherwise drops whatever it did not route itself into or out of br-ex.
    """
    gateway = {"gatewayConfig": {"ipForwarding": "Global"}}
    return {
        "apiVersion": "operator.openshift.io/v1",
        "kind": "Network",
        "metadata": metadata("cluster", *sources),
        "spec": {"defaultNetwork": {"ovnKubernetesConfig": gateway}},
    }


def _hyperconverged(plan: ClusterPlan) -> dict[str, Any] | None:
    virtualization = plan.cluster.virtualization
    limits = virtualization.migration if virtualization else None
    live = _live_migration(limits, plan.migration_network)
    pool = virtualization.mac_pool if virtualization else None
    if not live and pool is None:
        return None
    has_field = plan.cluster.version.is_at_least(*MAC_POOL_FIELD)
    spec: dict[str, Any] = {}
    if live:
        spec["liveMigrationConfig"] = live
    if pool is not None and has_field:
        spec["kubeMacPoolConfiguration"] = _range(pool)
    made: dict[str, Any] = {
        "apiVersion": "hco.kubevirt.io/v1beta1",
        "kind": "HyperConverged",
        "metadata": metadata(
            HYPERCONVERGED,
            str(plan.cluster.origin),
            namespace=VIRTUALIZATION_NAMESPACE,
            annotations=_patch(pool) if pool is not None and not has_field else None,
        ),
    }
    return {**made, "spec": spec} if spec else made


def _range(pool: MacRange) -> dict[str, str]:
    return {"rangeStart": str(pool.first), "rangeEnd": str(pool.last)}


def _patch(pool: MacRange) -> dict[str, str]:
    """Return the annotation that gives the pool its range before there was a field for it.

    It must be there when OpenShift Virtualization is first installed: these releases refuse to
    change the range of a pool that runs.
    """
    patch = {"op": "add", "path": "/spec/kubeMacPool", "value": _range(pool)}
    return {ADD_ONS_PATCH: json.dumps([patch], separators=(",", ":"))}


def _live_migration(limits: MigrationLimits | None, network: str | None) -> dict[str, Any]:
    stated: dict[str, int | str | None] = {}
    if limits is not None:
        stated = {
            "parallelMigrationsPerCluster": limits.parallel_per_cluster,
            "parallelOutboundMigrationsPerNode": limits.parallel_per_node,
            "bandwidthPerMigration": _text(limits.bandwidth),
            "completionTimeoutPerGiB": _seconds(limits.completion_timeout_per_gib),
            "progressTimeout": _seconds(limits.progress_timeout),
        }
    return _stated(stated | {"network": network})


def migration_policy(policy: MigrationPolicy, source: str) -> dict[str, Any]:
    """Return limits for the guests that bear some labels, or run in namespaces that do."""
    selectors = _stated(
        {
            "namespaceSelector": dict(policy.namespace_labels) or None,
            "virtualMachineInstanceSelector": dict(policy.vm_labels) or None,
        }
    )
    limits = _stated(
        {
            "bandwidthPerMigration": _text(policy.bandwidth),
            "completionTimeoutPerGiB": _seconds(policy.completion_timeout_per_gib),
            "allowAutoConverge": policy.allow_auto_converge,
            "allowPostCopy": policy.allow_post_copy,
        }
    )
    return {
        "apiVersion": "migrations.kubevirt.io/v1alpha1",
        "kind": "MigrationPolicy",
        "metadata": metadata(policy.name, source),
        "spec": {"selectors": selectors, **limits},
    }


def _stated(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _text(quantity: Quantity | None) -> str | None:
    return None if quantity is None else str(quantity)


def _seconds(duration: Duration | None) -> int | None:
    """Return whole seconds, the least that is not shorter than `duration`."""
    return None if duration is None else -(-int(duration) // 1000)
