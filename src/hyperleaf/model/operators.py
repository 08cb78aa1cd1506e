"""The operators of a cluster, as resolved: what is installed, from where, and where to.

The catalogue says what each is called there and which kinds it brings; a channel that nobody
states follows from the cluster's version.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.spec import operators as spec
    from hyperleaf.values.units import Version

OperatorName = Literal[
    "virtualization",
    "nmstate",
    "multiclusterEngine",
    "dataFoundation",
    "lvmStorage",
    "nodeHealth",
    "selfNodeRemediation",
    "gitops",
    "sriov",
    "observability",
]
STORAGE_NAMESPACE: Final = "openshift-storage"
HEALTH_NAMESPACE: Final = "openshift-workload-availability"
# Multicluster engine 2.6 and Advanced Cluster Management 2.11 came with OpenShift 4.16, and each
# later one with the next OpenShift.
ENGINE_BEHIND: Final = 10
MANAGEMENT_BEHIND: Final = 5


@dataclass(frozen=True, slots=True)
class Product:
    """An operator as the catalogue has it.

    `channel` may hold `{minor}`, `{engine}` and `{management}`, numbers that follow from the
    cluster's version. `everywhere` says whether it serves all namespaces or its own. `groups` are
    the API groups that are served once it is installed. `package` is what it is called, `labels`
    are those of its namespace.
    """

    package: str
    namespace: str
    channel: str
    groups: tuple[str, ...]
    everywhere: bool = False
    monitored: bool = False


PRODUCTS: Final[Mapping[OperatorName, Product]] = MappingProxyType(
    {
        "virtualization": Product(
            "kubevirt-hyperconverged",
            "openshift-cnv",
            "stable",
            (
                "hco.kubevirt.io",
                "kubevirt.io",
                "cdi.kubevirt.io",
                "migrations.kubevirt.io",
                "instancetype.kubevirt.io",
            ),
            monitored=True,
        ),
        "nmstate": Product(
            "kubernetes-nmstate-operator", "openshift-nmstate", "stable", ("nmstate.io",)
        ),
        "multiclusterEngine": Product(
            "multicluster-engine",
            "multicluster-engine",
            "stable-2.{engine}",
            ("multicluster.openshift.io", "hypershift.openshift.io"),
        ),
        "dataFoundation": Product(
            "odf-operator",
            STORAGE_NAMESPACE,
            "stable-4.{minor}",
            ("odf.openshift.io", "ocs.openshift.io"),
            monitored=True,
        ),
        "lvmStorage": Product(
            "lvms-operator",
            STORAGE_NAMESPACE,
            "stable-4.{minor}",
            ("lvm.topolvm.io",),
            monitored=True,
        ),
        "nodeHealth": Product(
            "node-healthcheck-operator",
            HEALTH_NAMESPACE,
            "stable",
            ("remediation.medik8s.io",),
            everywhere=True,
        ),
        "selfNodeRemediation": Product(
            "self-node-remediation",
            HEALTH_NAMESPACE,
            "stable",
            ("self-node-remediation.medik8s.io",),
            everywhere=True,
        ),
        "gitops": Product(
            "openshift-gitops-operator",
            "openshift-gitops-operator",
            "latest",
            ("argoproj.io",),
            everywhere=True,
            monitored=True,
        ),
        "sriov": Product(
            "sriov-network-operator",
            "openshift-sriov-network-operator",
            "stable",
            ("sriovnetwork.openshift.io",),
        ),
        "observability": Product(
            "advanced-cluster-management",
            "open-cluster-management",
            "release-2.{management}",
            ("operator.open-cluster-management.io", "observability.open-cluster-management.io"),
        ),
    }
)
_FIELDS: Final[Mapping[OperatorName, str]] = MappingProxyType(
    {
        "virtualization": "virtualization",
        "nmstate": "nmstate",
        "multiclusterEngine": "multicluster_engine",
        "dataFoundation": "data_foundation",
        "lvmStorage": "lvm_storage",
        "nodeHealth": "node_health",
        "selfNodeRemediation": "self_node_remediation",
        "gitops": "gitops",
        "sriov": "sriov",
        "observability": "observability",
    }
)


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator to install; `is_channel_stated` tells a written channel from a derived one."""

    name: OperatorName
    product: Product
    channel: str
    is_channel_stated: bool
    source: str
    approval: Literal["Automatic", "Manual"]
    starting_csv: str | None


@dataclass(frozen=True, slots=True)
class HyperShiftAws:
    """What the HyperShift operator is given for AWS: a bucket for OIDC documents, and regions."""

    oidc_bucket: str | None
    oidc_region: str
    region: str


@dataclass(frozen=True, slots=True)
class Engine:
    """Multicluster engine's own settings; `aws` is None where no hosted cluster is on AWS."""

    availability: Literal["High", "Basic"] | None
    node_selector: Mapping[str, str]
    aws: HyperShiftAws | None


@dataclass(frozen=True, slots=True)
class Observability:
    """Where the metrics of all clusters are kept."""

    storage_secret: str
    storage_class: str | None


@dataclass(frozen=True, slots=True)
class Operators:
    """Every operator that an estate names for a cluster, by name, and settings of their own."""

    installed: Mapping[OperatorName, Operator]
    engine: Engine | None
    observability: Observability | None

    @property
    def groups(self) -> frozenset[str]:
        """The API groups that are not served before the operators are installed."""
        return frozenset(group for one in self.installed.values() for group in one.product.groups)


def default_channel(product: Product, version: Version) -> str:
    """Return the channel that belongs to a version of OpenShift.

    >>> from hyperleaf.values.units import Version
    >>> default_channel(PRODUCTS["multiclusterEngine"], Version.read("4.16.18"))
    'stable-2.6'
    """
    minor = version.parts[1]
    return product.channel.format(
        minor=minor, engine=minor - ENGINE_BEHIND, management=minor - MANAGEMENT_BEHIND
    )


def resolve_operators(
    written: spec.Operators | None, version: Version, region: str | None, bucket: str | None = None
) -> Operators | None:
    """Return the operators with every default.

    `region` is that of the cluster's platform, `bucket` the one that was made for OIDC documents.
    """
    if written is None:
        return None
    installed = {
        name: _operator(name, stated, version)
        for name, attribute in _FIELDS.items()
        if (stated := getattr(written, attribute)) is not None
    }
    engine, watch = written.multicluster_engine, written.observability
    return Operators(
        installed=installed,
        engine=Engine(engine.availability, engine.node_selector, _aws(engine.aws, region, bucket))
        if engine
        else None,
        observability=Observability(watch.storage_secret, watch.storage_class) if watch else None,
    )


def _operator(name: OperatorName, written: spec.Operator, version: Version) -> Operator:
    product = PRODUCTS[name]
    return Operator(
        name=name,
        product=product,
        channel=written.channel or default_channel(product, version),
        is_channel_stated=written.channel is not None,
        source=written.source,
        approval=written.approval,
        starting_csv=written.starting_csv,
    )


def _aws(
    written: spec.HyperShiftAws | None, region: str | None, bucket: str | None
) -> HyperShiftAws | None:
    if written is None:
        return None
    near = written.region or region or ""
    return HyperShiftAws(written.oidc_bucket or bucket, written.oidc_region or near, near)
