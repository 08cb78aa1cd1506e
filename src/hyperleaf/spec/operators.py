"""What may be written of a cluster's operators: which are installed, and what they are told."""

from __future__ import annotations

from typing import Annotated, Literal

from hyperleaf.spec.fields import Flag, Labels, Model, NameField, Text, field
from hyperleaf.spec.shapes import Scalar


def _version_name(value: object) -> str:
    text = value if isinstance(value, str) else ""
    name, dot, version = text.partition(".")
    if not name or not dot or not version:
        raise ValueError(f"{value!r} is no name of a version, such as lvms-operator.v4.16.0")
    return text


def _device(value: object) -> str:
    parts = value.split(":") if isinstance(value, str) else []
    digits = set("0123456789abcdefABCDEF")
    if [len(one) for one in parts] != [4, 4] or not all(set(one) <= digits for one in parts):
        raise ValueError(f"{value!r} is no vendor and product of a PCI device, such as 10DE:1EB8")
    return str(value).upper()


DeviceId = Annotated[
    str, Scalar(_device, {"type": "string", "pattern": "^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}$"})
]
VersionName = Annotated[
    str, Scalar(_version_name, {"type": "string", "examples": ["lvms-operator.v4.16.0"]})
]


class Operator(Model):
    """An operator, installed by the operator lifecycle manager."""

    channel: Text | None = field(
        default=None, description="Default: the one that belongs to the cluster's version."
    )
    source: NameField = field(
        default="redhat-operators", description="The catalog, in openshift-marketplace."
    )
    approval: Literal["Automatic", "Manual"] = field(
        default="Automatic", description="Whether somebody approves each installation and upgrade."
    )
    starting_csv: VersionName | None = field(
        default=None, alias="startingCSV", description="The version to begin with."
    )


class HyperShiftAws(Model):
    """What the HyperShift operator needs for hosted clusters on AWS; credentials are `cloud`'s."""

    oidc_bucket: NameField | None = field(
        default=None,
        description="The S3 bucket that the hosted clusters' OIDC documents are put into. "
        "Default: the one that `up` made.",
    )
    oidc_region: Text | None = field(default=None, description="Default: `region`.")
    region: Text | None = field(
        default=None,
        description="Where the hosted clusters are (its AWS_REGION). Default: the platform's.",
    )


class MulticlusterEngine(Operator):
    """Multicluster engine, with the HyperShift operator in it."""

    availability: Literal["High", "Basic"] | None = field(
        default=None, description="Two copies of each component, or one."
    )
    node_selector: Labels = field(default={}, description="The nodes that its components run on.")
    aws: HyperShiftAws | None = None


class Observability(Operator):
    """Advanced Cluster Management, for the metrics of all clusters in one place."""

    storage_secret: NameField = field(
        default="thanos-object-storage",
        description="The Secret with the object store's access under `thanos.yaml`.",
    )
    storage_class: NameField | None = field(
        default=None, description="Of its own volumes. Default: the cluster's."
    )


class Operators(Model):
    """The operators that are installed in the cluster; what is named is, with its defaults."""

    virtualization: Operator | None = field(
        default=None, description="OpenShift Virtualization; its settings are `virtualization`'s."
    )
    nmstate: Operator | None = field(
        default=None, description="Kubernetes NMState, which networks of nodes need."
    )
    multicluster_engine: MulticlusterEngine | None = None
    data_foundation: Operator | None = field(
        default=None, description="OpenShift Data Foundation; see `storage.dataFoundation`."
    )
    lvm_storage: Operator | None = field(
        default=None, description="LVM Storage, from local disks; see `storage.lvm`."
    )
    node_health: Operator | None = field(
        default=None, description="Node Health Check; see `remediation`."
    )
    self_node_remediation: Operator | None = field(
        default=None, description="Nodes that restart themselves when they are cut off."
    )
    gitops: Operator | None = field(default=None, description="OpenShift GitOps (Argo CD).")
    sriov: Operator | None = field(
        default=None, description="SR-IOV Network Operator, which `transport: sriov` needs."
    )
    observability: Observability | None = None


class GivenDevice(Model):
    """A device of hosts that each node of a pool is given."""

    resource: Text = field(description="Its name on the hub, as in `virtualization.hostDevices`.")
    count: int = field(default=1, least=1, description="To each node.")


class HostDevice(Model):
    """A device of hosts, a GPU for instance, that guests may be given whole."""

    device: DeviceId = field(description="Vendor and product of the PCI device, as in 10DE:1EB8.")
    resource: Text = field(description="The name that guests ask for it by, nvidia.com/TU104GL.")
    external_provider: Flag = field(
        default=False, description="Whether another device plugin counts the devices."
    )
