"""What an applied object is waited for, by its kind: what it, or another object, says of itself.

A kind that is not here is ready when it was applied. Whoever applies asks for this table, and so
does whoever watches; what serves a kind is waited for before the first object of that kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Ready:
    """What makes an object of a kind ready; exactly one of the first four ways is stated.

    `condition` is the type of a condition that must be True. `field` is a path whose value must be
    among `values`. `counts` are two paths, wanted and there, whose numbers must be equal. `names`
    is a path with the name of another object in the same namespace, of kind `other` (API version
    and kind), for which this table has its own entry. `failed` are values of `field`, or types of
    conditions that are True, after which waiting is in vain until somebody acts. `message` is the
    path of what the object says of itself. `seconds` is how long it usually takes at most.
    """

    condition: str | None = None
    field: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()
    counts: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    names: tuple[str, ...] = ()
    other: tuple[str, str] | None = None
    failed: frozenset[str] = frozenset()
    message: tuple[str, ...] = ()
    seconds: int = 10 * MINUTE


def _condition(name: str, *failed: str, minutes: int = 10) -> Ready:
    return Ready(condition=name, failed=frozenset(failed), seconds=minutes * MINUTE)


def _phase(path: str, *values: str, minutes: int = 10) -> Ready:
    return Ready(field=tuple(path.split(".")), values=frozenset(values), seconds=minutes * MINUTE)


def _counts(wanted: str, there: str, minutes: int) -> Ready:
    both = tuple(wanted.split(".")), tuple(there.split("."))
    return Ready(counts=both, seconds=minutes * MINUTE)


# By API group (empty for Kubernetes' core) and kind; the version does not matter. Operators try
# again, so what they call failed (a version that is being installed, say) is waited for as well.
READY: Final[Mapping[tuple[str, str], Ready]] = MappingProxyType(
    {
        ("", "Namespace"): _phase("status.phase", "Active", minutes=1),
        ("apiextensions.k8s.io", "CustomResourceDefinition"): _condition("Established", minutes=2),
        ("apps", "DaemonSet"): _counts(
            "status.desiredNumberScheduled", "status.numberReady", minutes=15
        ),
        ("apps", "Deployment"): _condition("Available", minutes=15),
        # The operator lifecycle manager: the Subscription names the version that it installed,
        # and that version says when the operator runs and its kinds are served.
        ("operators.coreos.com", "Subscription"): Ready(
            names=("status", "installedCSV"),
            other=("operators.coreos.com/v1alpha1", "ClusterServiceVersion"),
            message=("status", "state"),
            seconds=20 * MINUTE,
        ),
        ("operators.coreos.com", "ClusterServiceVersion"): Ready(
            field=("status", "phase"),
            values=frozenset({"Succeeded"}),
            message=("status", "message"),
            seconds=20 * MINUTE,
        ),
        ("nmstate.io", "NMState"): _condition("Available"),
        ("nmstate.io", "NodeNetworkConfigurationPolicy"): _condition(
            "Available", "Degraded", minutes=30
        ),
        ("operator.openshift.io", "IngressController"): _condition("Available"),
        ("multicluster.openshift.io", "MultiClusterEngine"): _phase(
            "status.phase", "Available", minutes=30
        ),
        ("operator.open-cluster-management.io", "MultiClusterHub"): _phase(
            "status.phase", "Running", minutes=30
        ),
        ("observability.open-cluster-management.io", "MultiClusterObservability"): _condition(
            "Ready", minutes=30
        ),
        ("addon.open-cluster-management.io", "ManagedClusterAddOn"): _condition(
            "Available", minutes=15
        ),
        ("hco.kubevirt.io", "HyperConverged"): _condition("Available", minutes=30),
        ("lvm.topolvm.io", "LVMCluster"): _phase("status.state", "Ready", minutes=20),
        ("odf.openshift.io", "StorageSystem"): _condition("Available", minutes=10),
        ("ocs.openshift.io", "StorageCluster"): _phase("status.phase", "Ready", minutes=45),
        ("remediation.medik8s.io", "NodeHealthCheck"): _phase(
            "status.phase", "Enabled", "Remediating", minutes=5
        ),
        ("external-secrets.io", "ExternalSecret"): _condition("Ready", minutes=5),
        ("machine.openshift.io", "MachineSet"): _counts(
            "spec.replicas", "status.readyReplicas", minutes=60
        ),
        ("hypershift.openshift.io", "HostedCluster"): _condition("Available", minutes=60),
        ("hypershift.openshift.io", "NodePool"): _condition("Ready", minutes=60),
    }
)

# Lists that an object's operator completes with what is not stated, though they are one value to
# the API server, and the field by which an item is known: what lives is kept, with ours over it.
COMPLETED: Final[Mapping[tuple[str, str], tuple[tuple[str, ...], str]]] = MappingProxyType(
    {
        ("multicluster.openshift.io", "MultiClusterEngine"): (
            ("spec", "overrides", "components"),
            "name",
        ),
    }
)


def ready_of(api_version: str, kind: str) -> Ready | None:
    """Return what an object of this kind is waited for, None where applying it is all.

    >>> ready_of("lvm.topolvm.io/v1alpha1", "LVMCluster").values
    frozenset({'Ready'})
    >>> ready_of("v1", "ConfigMap")
    """
    group, slash, _ = api_version.partition("/")
    return READY.get((group if slash else "", kind))
