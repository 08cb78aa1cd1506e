"""Operators become what the lifecycle manager installs them by, and the one object each acts upon.

The second part is a step of its own: its kinds are served only once the first is installed.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from hyperleaf.plan.hypershift import (
    AWS_SECRET,
    BACKED_UP,
    CREDENTIALS,
    LOCAL_CLUSTER,
    OIDC_SECRET,
)
from hyperleaf.render.credentials import external_secret
from hyperleaf.render.manifest import Manifest, Step, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.operators import Engine, Observability, Operator
    from hyperleaf.plan.clusters import ClusterPlan

CATALOGUES = "openshift-marketplace"
MONITORED = {"openshift.io/cluster-monitoring": "true"}
OBSERVABILITY_NAMESPACE = "open-cluster-management-observability"
# Both are on by default; stated, because hosted clusters stand on them.
COMPONENTS = ("hypershift", "hypershift-local-hosting")


def operator_manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield the subscriptions of a cluster's operators, then what each is to make."""
    operators, source = plan.cluster.operators, str(plan.cluster.origin)
    if operators is None:
        return
    installed = sorted(operators.installed.values(), key=lambda one: one.product.namespace)
    for namespace, several in groupby(installed, key=lambda one: one.product.namespace):
        together = tuple(several)
        yield Manifest(Step.OPERATORS, _namespace(namespace, together, source), 10)
        yield Manifest(Step.OPERATORS, _group(namespace, together, source), 20)
        for one in together:
            yield Manifest(Step.OPERATORS, _subscription(one, source), 30)
    if "nmstate" in operators.installed:
        yield Manifest(Step.OPERANDS, _nmstate(source))
    if "sriov" in operators.installed:
        yield Manifest(Step.OPERANDS, _sriov(source, is_hosted=plan.cluster.role == "hosted"))
    if operators.engine is not None:
        yield Manifest(Step.OPERANDS, _engine(operators.engine, source))
        yield from _hypershift(plan)
    if operators.observability is not None:
        yield from _observability(operators.observability, source)


def _namespace(name: str, operators: tuple[Operator, ...], source: str) -> dict[str, Any]:
    labels = MONITORED if any(one.product.monitored for one in operators) else None
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": metadata(name, source, labels=labels),
    }


def _group(namespace: str, operators: tuple[Operator, ...], source: str) -> dict[str, Any]:
    """Return the namespace's one group: with a second, nothing would be installed in it."""
    everywhere = any(one.product.everywhere for one in operators)
    return {
        "apiVersion": "operators.coreos.com/v1",
        "kind": "OperatorGroup",
        "metadata": metadata(namespace, source, namespace=namespace),
        "spec": {} if everywhere else {"targetNamespaces": [namespace]},
    }


def _subscription(operator: Operator, source: str) -> dict[str, Any]:
    package = operator.product.package
    spec = {
        "name": package,
        "channel": operator.channel,
        "source": operator.source,
        "sourceNamespace": CATALOGUES,
        "installPlanApproval": operator.approval,
    }
    if operator.starting_csv is not None:
        spec["startingCSV"] = operator.starting_csv
    return {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": metadata(package, source, namespace=operator.product.namespace),
        "spec": spec,
    }


def _nmstate(source: str) -> dict[str, Any]:
    return {
        "apiVersion": "nmstate.io/v1",
        "kind": "NMState",
        "metadata": metadata("nmstate", source),
        "spec": {},
    }


def _sriov(source: str, *, is_hosted: bool) -> dict[str, Any]:
    """Return the operator's own settings, which it no longer makes itself."""
    spec: dict[str, Any] = {"enableInjector": True, "enableOperatorWebhook": True, "logLevel": 2}
    if is_hosted:
        spec["configDaemonNodeSelector"] = {"node-role.kubernetes.io/worker": ""}
    return {
        "apiVersion": "sriovnetwork.openshift.io/v1",
        "kind": "SriovOperatorConfig",
        "metadata": metadata("default", source, namespace="openshift-sriov-network-operator"),
        "spec": spec,
    }


def _engine(engine: Engine, source: str) -> dict[str, Any]:
    components = [{"name": name, "enabled": True} for name in COMPONENTS]
    spec: dict[str, Any] = {"overrides": {"components": components}}
    if engine.availability is not None:
        spec["availabilityConfig"] = engine.availability
    if engine.node_selector:
        spec["nodeSelector"] = dict(engine.node_selector)
    return {
        "apiVersion": "multicluster.openshift.io/v1",
        "kind": "MultiClusterEngine",
        "metadata": metadata("multiclusterengine", source),
        "spec": spec,
    }


def _hypershift(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield what brings the HyperShift operator's Secrets in from a store outside."""
    engine = plan.cluster.operators.engine if plan.cluster.operators else None
    credential = plan.cluster.credentials.get("cloud")
    if engine is None or credential is None or credential.source != "external":
        return
    if engine.aws is None or engine.aws.oidc_bucket is None:
        return
    oidc = {"bucket": engine.aws.oidc_bucket, "region": engine.aws.oidc_region}
    for name, plain in ((OIDC_SECRET, oidc), (AWS_SECRET, {"region": engine.aws.region})):
        made = external_secret(
            credential,
            str(plan.cluster.origin),
            name=name,
            namespace=LOCAL_CLUSTER,
            key=CREDENTIALS,
        )
        template = made["spec"]["target"]["template"]
        template["data"] = {CREDENTIALS: f"{{{{ .{CREDENTIALS} }}}}", **plain}
        template["metadata"] = {"labels": dict(BACKED_UP)}
        yield Manifest(Step.OPERANDS, made, 70)


def _observability(watch: Observability, source: str) -> Iterator[Manifest]:
    """Yield the hub of all clusters, and what gathers their metrics: it needs a store of objects.

    The store's Secret is named alone: its access is nothing that an estate or Git may hold.
    """
    kept: dict[str, Any] = {
        "metricObjectStorage": {"name": watch.storage_secret, "key": "thanos.yaml"}
    }
    if watch.storage_class is not None:
        kept["storageClass"] = watch.storage_class
    yield Manifest(
        Step.OPERATORS,
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": metadata(OBSERVABILITY_NAMESPACE, source),
        },
        10,
    )
    yield Manifest(
        Step.OPERANDS,
        {
            "apiVersion": "operator.open-cluster-management.io/v1",
            "kind": "MultiClusterHub",
            "metadata": metadata("multiclusterhub", source, namespace="open-cluster-management"),
            "spec": {},
        },
    )
    yield Manifest(
        Step.OPERANDS,
        {
            "apiVersion": "observability.open-cluster-management.io/v1beta2",
            "kind": "MultiClusterObservability",
            "metadata": metadata("observability", source),
            "spec": {"observabilityAddonSpec": {}, "storageConfig": kept},
        },
        60,
    )
