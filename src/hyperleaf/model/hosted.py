"""A hosted cluster's control plane and its pools' nodes, as resolved: every default filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hyperleaf.model.hosted_names import pods_namespace
from hyperleaf.values.units import Duration, Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.model.platforms import PlatformKind
    from hyperleaf.spec import cluster as spec_cluster
    from hyperleaf.spec import hosted as spec
    from hyperleaf.values.units import Version

Availability = Literal["HighlyAvailable", "SingleReplica"]
EndpointAccess = Literal["Public", "PublicAndPrivate", "Private"]
Upgrade = Literal["Replace", "InPlace"]
RELEASES = "quay.io/openshift-release-dev/ocp-release"
# HyperShift's own defaults.
ETCD_SIZE = Quantity.read("8Gi")
CPUS, MEMORY = 2, Quantity.read("8Gi")
KUBEVIRT_DISK, AWS_DISK = Quantity.read("32Gi"), Quantity.read("120Gi")
DRAIN_TIMEOUT, WITHOUT_END = Duration.read("60s"), Duration.read("0s")


@dataclass(frozen=True, slots=True)
class ClassMapping:
    """A class of the hub, and its name in the hosted cluster."""

    infra: str
    guest: str
    group: str | None


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A control plane on the hub; `release` is its image, `is_multi` where pools differ.

    `pods_namespace` is where HyperShift runs its pods.
    """

    namespace: str
    pods_namespace: str
    release: str
    is_release_stated: bool
    is_multi: bool
    availability: Availability
    infrastructure_availability: Availability
    node_selector: Mapping[str, str]
    etcd_storage_class: str | None
    etcd_size: Quantity
    endpoint_access: EndpointAccess
    storage_classes: tuple[ClassMapping, ...]
    snapshot_classes: tuple[ClassMapping, ...]
    olm_catalogs: str
    has_default_sources: bool
    fips: bool
    image_sources: tuple[tuple[str, tuple[str, ...]], ...]
    trust_bundle: str | None
    annotations: Mapping[str, str]
    resource_tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Taint:
    """What keeps pods off nodes that do not tolerate it."""

    key: str
    value: str | None
    effect: str


@dataclass(frozen=True, slots=True)
class HostedNodes:
    """How HyperShift makes and keeps a pool's nodes; what is None is left to it."""

    autoscaling: tuple[int, int] | None
    storage_class: str | None
    access_modes: tuple[str, ...]
    volume_mode: str | None
    image_cache: bool | None
    placement: Mapping[str, str]
    guaranteed: bool
    multiqueue: bool | None
    host_devices: tuple[tuple[str, int], ...]
    additional_networks: tuple[str, ...]
    default_network: bool
    auto_repair: bool
    upgrade: Upgrade
    drain_timeout: Duration
    config: tuple[str, ...]


def release_image(version: Version, *, is_multi: bool) -> str:
    """Return the image of a release: of x86_64, or of all architectures."""
    return f"{RELEASES}:{version}-{'multi' if is_multi else 'x86_64'}"


def resolve_control_plane(written: spec_cluster.Cluster) -> ControlPlane | None:
    """Return the control plane that a document states."""
    inner, name = written.spec, written.metadata.name
    stated = inner.control_plane
    if stated is None:
        return None
    is_multi = any(pool.arch != "amd64" for pool in inner.node_pools)
    etcd = stated.etcd
    return ControlPlane(
        namespace=stated.namespace,
        pods_namespace=pods_namespace(stated.namespace, name),
        release=stated.release or release_image(inner.version, is_multi=is_multi),
        is_release_stated=stated.release is not None,
        is_multi=is_multi,
        availability=stated.availability,
        infrastructure_availability=stated.infrastructure_availability,
        node_selector=stated.node_selector,
        etcd_storage_class=etcd.storage_class if etcd else None,
        etcd_size=(etcd.size if etcd else None) or ETCD_SIZE,
        endpoint_access=stated.endpoint_access or "Public",
        storage_classes=_mappings(stated.storage_class_mapping),
        snapshot_classes=_mappings(stated.snapshot_class_mapping),
        olm_catalogs=stated.olm_catalogs,
        has_default_sources=stated.default_sources,
        fips=stated.fips,
        image_sources=tuple((one.source, one.mirrors) for one in stated.image_sources),
        trust_bundle=stated.trust_bundle,
        annotations=stated.annotations,
        resource_tags=stated.resource_tags,
    )


def _mappings(written: tuple[spec.ClassMapping, ...]) -> tuple[ClassMapping, ...]:
    return tuple(ClassMapping(one.infra, one.guest, one.group) for one in written)


def resolve_nodes(written: spec_cluster.NodePool) -> HostedNodes:
    """Return how a hosted cluster's pool is made."""
    bounds = written.autoscaling
    drained = WITHOUT_END if written.leaf else DRAIN_TIMEOUT
    return HostedNodes(
        autoscaling=(bounds.min, bounds.max) if bounds else None,
        storage_class=written.storage_class,
        access_modes=written.access_modes,
        volume_mode=written.volume_mode,
        image_cache=written.image_cache,
        placement=written.placement,
        guaranteed=written.guaranteed,
        multiqueue=written.multiqueue,
        host_devices=tuple((one.resource, one.count) for one in written.host_devices),
        additional_networks=written.additional_networks,
        default_network=written.default_network,
        auto_repair=written.auto_repair,
        upgrade=written.upgrade,
        drain_timeout=drained if written.drain_timeout is None else written.drain_timeout,
        config=written.node_config,
    )


def disk_of(platform: PlatformKind) -> Quantity:
    """Return the size of a root volume that is not stated."""
    return KUBEVIRT_DISK if platform == "kubevirt" else AWS_DISK
