"""A cluster's storage and the watch over its nodes, as resolved: every default filled in."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.model.platforms import PlatformKind
    from hyperleaf.spec import storage as spec
    from hyperleaf.values.units import Duration, Quantity

# What OpenShift itself makes for volumes on each platform, and what the local storage operator
# makes of disks where there is nothing else.
PLATFORM_CLASSES: Final[Mapping[PlatformKind, str]] = MappingProxyType(
    {"aws": "gp3-csi", "rosa": "gp3-csi", "vsphere": "thin-csi", "kubevirt": "kubevirt-csi"}
)
LOCAL_CLASS: Final = "localblock"
LVM_PREFIX: Final = "lvms-"


@dataclass(frozen=True, slots=True)
class ThinPool:
    """A pool of a volume group; `chunk_size` says who decides on it."""

    name: str
    size_percent: int
    overprovision_ratio: int
    chunk_size: Literal["Static", "Host"]


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """A volume group on each node with `nodes`' labels, of every worker where there are none."""

    name: str
    index: int
    default: bool
    fstype: Literal["xfs", "ext4"]
    paths: tuple[str, ...]
    optional_paths: tuple[str, ...]
    nodes: Mapping[str, str]
    thin_pool: ThinPool | None

    @property
    def storage_class(self) -> str:
        """The storage class that the operator makes for it."""
        return LVM_PREFIX + self.name


@dataclass(frozen=True, slots=True)
class Lvm:
    """Volumes from local disks."""

    name: str
    classes: tuple[DeviceClass, ...]


@dataclass(frozen=True, slots=True)
class DataFoundation:
    """Ceph on the nodes with the label of storage; `disks` of `size` in each of three places."""

    name: str
    storage_class: str
    size: Quantity
    disks: int
    profile: Literal["lean", "balanced", "performance"]


@dataclass(frozen=True, slots=True)
class ClusterStorage:
    """What a cluster's volumes lie on."""

    data_foundation: DataFoundation | None
    lvm: Lvm | None


@dataclass(frozen=True, slots=True)
class Remediation:
    """A watch over nodes; with fewer healthy ones than `min_healthy` nothing is done."""

    name: str
    index: int
    nodes: Mapping[str, str]
    min_healthy: str | int
    unhealthy_after: Duration
    strategy: Literal["Automatic", "ResourceDeletion", "OutOfServiceTaint"]


def resolve_storage(
    written: spec.ClusterStorage | None, platform: PlatformKind
) -> ClusterStorage | None:
    """Return the storage with every default, those of the platform included."""
    if written is None:
        return None
    ceph, lvm = written.data_foundation, written.lvm
    return ClusterStorage(
        data_foundation=DataFoundation(
            name=ceph.name,
            storage_class=ceph.storage_class or PLATFORM_CLASSES.get(platform, LOCAL_CLASS),
            size=ceph.size,
            disks=ceph.disks,
            profile=ceph.profile,
        )
        if ceph
        else None,
        lvm=Lvm(lvm.name, tuple(_class(one, index) for index, one in enumerate(lvm.device_classes)))
        if lvm
        else None,
    )


def _class(written: spec.DeviceClass, index: int) -> DeviceClass:
    pool = written.thin_pool
    return DeviceClass(
        name=written.name,
        index=index,
        default=written.default,
        fstype=written.fstype,
        paths=written.paths,
        optional_paths=written.optional_paths,
        nodes=written.nodes,
        thin_pool=ThinPool(pool.name, pool.size_percent, pool.overprovision_ratio, pool.chunk_size)
        if pool
        else None,
    )


def resolve_remediation(written: tuple[spec.Remediation, ...]) -> tuple[Remediation, ...]:
    """Return the watches in the order in which they are written."""
    return tuple(
        Remediation(
            name=one.name,
            index=index,
            nodes=one.nodes,
            min_healthy=one.min_healthy,
            unhealthy_after=one.unhealthy_after,
            strategy=one.strategy,
        )
        for index, one in enumerate(written)
    )
