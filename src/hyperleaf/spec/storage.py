"""What may be written of a cluster's storage and of nodes that fail: volumes, and health checks."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from hyperleaf.spec.fields import (
    DurationField,
    Flag,
    Labels,
    Model,
    NameField,
    QuantityField,
    field,
)
from hyperleaf.spec.shapes import Scalar
from hyperleaf.values.units import Duration, Quantity


def _device_path(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("/dev/") or len(value) == len("/dev/"):
        raise ValueError(f"{value!r} is no device, such as /dev/nvme1n1")
    return value


def _share(value: object) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and re.fullmatch(r"(100|[0-9]{1,2})%", value):
        return value
    raise ValueError(f"{value!r} is neither a number of nodes nor a share of them, such as 51%")


DevicePath = Annotated[
    str, Scalar(_device_path, {"type": "string", "pattern": "^/dev/", "examples": ["/dev/sdb"]})
]
Share = Annotated[str | int, Scalar(_share, {"type": ["string", "integer"], "examples": ["51%"]})]


class ThinPool(Model):
    """A pool that gives more than it has until it is used; snapshots and clones need one."""

    name: NameField = "thin-pool-1"
    size_percent: int = field(
        default=90, least=10, most=100, description="Of the volume group's space."
    )
    overprovision_ratio: int = field(
        default=10, least=1, description="How many times its size may be promised."
    )
    chunk_size: Literal["Static", "Host"] = field(
        default="Static", description="Who decides on it: the operator, or lvm2 on the host."
    )


class DeviceClass(Model):
    """Disks of nodes that become a volume group, with the storage class `lvms-` and its name."""

    name: NameField
    default: Flag = field(default=False, description="Of the classes the one that is default.")
    fstype: Literal["xfs", "ext4"] = "xfs"
    paths: tuple[DevicePath, ...] = field(default=(), description="Disks that must be there.")
    optional_paths: tuple[DevicePath, ...] = field(
        default=(), description="Disks that may be there, at least one of them."
    )
    nodes: Labels = field(default={}, description="Labels of the nodes. Default: every worker.")
    thin_pool: ThinPool | None = field(
        default=None, description="Without it volumes take all of their size at once."
    )


class Lvm(Model):
    """LVM Storage: volumes from disks of the node that a pod runs on."""

    name: NameField = "lvmcluster"
    device_classes: tuple[DeviceClass, ...] = field(least=1)


class DataFoundation(Model):
    """OpenShift Data Foundation: Ceph on the nodes that bear the label of storage."""

    name: NameField = "ocs-storagecluster"
    storage_class: NameField | None = field(
        default=None, description="Of Ceph's own disks. Default: the platform's."
    )
    size: QuantityField = field(
        default=Quantity.read("2Ti"), description="Of each disk. Default 2Ti."
    )
    disks: int = field(default=1, least=1, description="In each of three zones or nodes.")
    profile: Literal["lean", "balanced", "performance"] = field(
        default="balanced", description="How much memory and CPU Ceph is given."
    )


class ClusterStorage(Model):
    """What the cluster's volumes lie on."""

    data_foundation: DataFoundation | None = None
    lvm: Lvm | None = None


class Remediation(Model):
    """Nodes whose health is watched, and which restart themselves when they fail."""

    name: NameField
    nodes: Labels = field(default={}, description="Labels of the nodes. Default: every worker.")
    min_healthy: Share = field(
        default="51%",
        description="With fewer healthy ones nothing is done: more is wrong than they.",
    )
    unhealthy_after: DurationField = field(
        default=Duration.read("5m"), description="How long a node is not ready before."
    )
    strategy: Literal["Automatic", "ResourceDeletion", "OutOfServiceTaint"] = "Automatic"
