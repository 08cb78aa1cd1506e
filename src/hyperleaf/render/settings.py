"""A cluster's plan becomes the settings of its operators: forwarding, routes, virtualization's own.

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

    from hyperleaf.model.cluster import HostDevice, MigrationLimits, MigrationPolicy
    from hyperleaf.plan.clusters import ClusterPlan
    from hyperleaf.values.macs import MacRange
    from hyperleaf.values.units import Duration, Quantity

HYPERCONVERGED = "kubevirt-hyperconverged"
# The release from which the range is a field of HyperConverged.
MAC_POOL_FIELD = (4, 21)
# How HyperConverged passes on what it has no field for. The pool's own ConfigMap is no way: the
# network add-ons operator writes it back.
ADD_ONS_PATCH = "networkaddonsconfigs.kubevirt.io/jsonpatch"
# The same for KubeVirt itself: an annotation of its own, so both can stand.
KUBEVIRT_PATCH = "kubevirt.kubevirt.io/jsonpatch"
# Letter for letter as it is documented: an operator that finds it so changes nothing.
MULTI_ARCHITECTURE = (
    '[{"op": "add", "path": "/spec/configuration/developerConfiguration/featureGates/-", '
    '"value": "MultiArchitecture" }]'
)


def setting_manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield the settings that the cluster's own operators must be given."""
    if plan.leaves is not None:
        yield Manifest(Step.SETTINGS, forwarding(str(plan.cluster.origin), plan.leaves.source))
    if hosts_by_wildcard(plan):
        yield Manifest(Step.SETTINGS, wildcard_routes(str(plan.cluster.origin)))
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


def hosts_by_wildcard(plan: ClusterPlan) -> bool:
    """Tell whether a hosted cluster has its names below the hub's own `*.apps`."""
    return any(
        one.control_plane is not None
        and one.platform.kind == "kubevirt"
        and one.base_domain is None
        for one in plan.hosts
    )


def wildcard_routes(*sources: str) -> dict[str, Any]:
    """Return what lets the hub's router take a route for all names below one (`WildcardsAllowed`).

    Each hosted cluster's `*.apps.NAME.apps.HUB` is such a route.
    """
    return {
        "apiVersion": "operator.openshift.io/v1",
        "kind": "IngressController",
        "metadata": metadata("default", *sources, namespace="openshift-ingress-operator"),
        "spec": {"routeAdmission": {"wildcardPolicy": "WildcardsAllowed"}},
    }


def _hyperconverged(plan: ClusterPlan) -> dict[str, Any] | None:
    """Return the one object that OpenShift Virtualization acts upon, None where nothing is said.

    Where we install the operator it is there in any case: with it virtualization begins.
    """
    annotations, spec = _patches(plan), _hyperconverged_spec(plan)
    operators = plan.cluster.operators
    is_ours = operators is not None and "virtualization" in operators.installed
    if not annotations and not spec and not is_ours:
        return None
    made: dict[str, Any] = {
        "apiVersion": "hco.kubevirt.io/v1beta1",
        "kind": "HyperConverged",
        "metadata": metadata(
            HYPERCONVERGED,
            str(plan.cluster.origin),
            namespace=VIRTUALIZATION_NAMESPACE,
            annotations=annotations,
        ),
    }
    return {**made, "spec": spec} if spec else made


def _hyperconverged_spec(plan: ClusterPlan) -> dict[str, Any]:
    virtualization = plan.cluster.virtualization
    spec: dict[str, Any] = {}
    limits = virtualization.migration if virtualization else None
    live = _live_migration(limits, plan.migration_network)
    if live:
        spec["liveMigrationConfig"] = live
    if virtualization is not None:
        if virtualization.mac_pool is not None and _has_mac_pool_field(plan):
            spec["kubeMacPoolConfiguration"] = _range(virtualization.mac_pool)
        if virtualization.host_devices:
            devices = [_host_device(one) for one in virtualization.host_devices]
            spec["permittedHostDevices"] = {"pciHostDevices": devices}
    return spec


def _patches(plan: ClusterPlan) -> dict[str, str]:
    virtualization = plan.cluster.virtualization
    made: dict[str, str] = {}
    if virtualization is not None:
        if virtualization.mac_pool is not None and not _has_mac_pool_field(plan):
            made |= _patch(virtualization.mac_pool)
        if virtualization.multi_architecture:
            made[KUBEVIRT_PATCH] = MULTI_ARCHITECTURE
    return made


def _has_mac_pool_field(plan: ClusterPlan) -> bool:
    return plan.cluster.version.is_at_least(*MAC_POOL_FIELD)


def _host_device(device: HostDevice) -> dict[str, Any]:
    made: dict[str, Any] = {
        "pciDeviceSelector": device.device,
        "resourceName": device.resource,
    }
    return {**made, "externalResourceProvider": True} if device.external_provider else made


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
