"""A written cluster becomes the resolved one: every default filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.model.cluster import (
    Bond,
    Cluster,
    Compatibility,
    HostDevice,
    MigrationLimits,
    MigrationPolicy,
    Pool,
    Ranges,
    Uplink,
    Virtualization,
)
from hyperleaf.model.credentials import resolve_credentials
from hyperleaf.model.facts import NONE
from hyperleaf.model.hosted import Taint, resolve_control_plane, resolve_nodes
from hyperleaf.model.install import resolve_install
from hyperleaf.model.machines import resolve_disk, resolve_machines, role_labels
from hyperleaf.model.operators import resolve_operators
from hyperleaf.model.platforms import resolve_platform
from hyperleaf.model.storage import resolve_remediation, resolve_storage
from hyperleaf.values.addresses import read_subnet

if TYPE_CHECKING:
    from hyperleaf.findings import Origin
    from hyperleaf.model.cluster import UplinkKind
    from hyperleaf.model.facts import Facts
    from hyperleaf.model.platforms import PlatformKind
    from hyperleaf.spec import cluster as spec

PRIMARY = "primary"
# OpenShift's own defaults; a hosted cluster's differ, lest they overlap its hub's.
DEFAULT_RANGES = {"pod": "10.128.0.0/14", "service": "172.30.0.0/16"}
HOSTED_RANGES = {"pod": "10.132.0.0/14", "service": "172.31.0.0/16"}
OVN_RANGES = {"join": "100.64.0.0/16", "transit": "100.88.0.0/16"}
# HyperShift moves the join range of clusters whose nodes are guests of another OVN-Kubernetes.
HOSTED_ON_KUBEVIRT = {"join": "100.65.0.0/16"}


def resolve_cluster(written: spec.Cluster, origin: Origin, facts: Facts = NONE) -> Cluster:
    """Return the cluster with what was found of it; only its hub could be missing."""
    inner = written.spec
    found = facts.of(written.metadata.name)
    platform = resolve_platform(inner.platform, inner.base_domain)
    compatibility = inner.compatibility
    return Cluster(
        name=written.metadata.name,
        role=inner.role,
        hub=inner.hub,
        version=inner.version,
        platform=platform,
        ranges=_ranges(inner, platform.kind),
        mtu=inner.networks.mtu,
        hybrid_port=inner.networks.hybrid_overlay.port if inner.networks.hybrid_overlay else None,
        pools=tuple(_pool(pool, index) for index, pool in enumerate(inner.node_pools)),
        virtualization=_virtualization(inner.virtualization),
        compatibility=Compatibility(compatibility.policy, compatibility.node_selector)
        if compatibility
        else None,
        base_domain=inner.base_domain,
        credentials=resolve_credentials(inner.credentials, origin),
        operators=resolve_operators(
            inner.operators, inner.version, platform.region, found.aws.oidc_bucket
        ),
        storage=resolve_storage(inner.storage, platform.kind),
        remediation=resolve_remediation(inner.remediation),
        install=resolve_install(inner),
        control_plane=resolve_control_plane(written),
        found=found,
        origin=origin,
    )


def _ranges(written: spec.ClusterSpec, platform: PlatformKind) -> Ranges:
    networks = written.networks
    defaults = OVN_RANGES | (HOSTED_RANGES if written.role == "hosted" else DEFAULT_RANGES)
    if written.role == "hosted" and platform == "kubevirt":
        defaults |= HOSTED_ON_KUBEVIRT
    made = {
        name: getattr(networks, name) or (read_subnet(default),)
        for name, default in defaults.items()
    }
    return Ranges(
        machine=networks.machine,
        stated=frozenset({"machine"} | {name for name in defaults if getattr(networks, name)}),
        **made,
    )


def _uplink(name: str, written: spec.Uplink) -> Uplink:
    inferred: UplinkKind = "bond" if written.bond else "nic" if written.nic else "br-ex"
    kind = written.kind or inferred
    device = written.nic or (name if written.bond else None)
    return Uplink(
        name=name,
        kind=kind,
        device=device,
        bond=Bond(written.bond.mode, written.bond.nics) if written.bond else None,
        mtu=written.mtu,
        port_group=written.port_group,
    )


def _pool(written: spec.NodePool, index: int) -> Pool:
    uplinks = {name: _uplink(name, uplink) for name, uplink in sorted(written.uplinks.items())}
    primary = uplinks.pop(PRIMARY, None) or Uplink(PRIMARY, "br-ex", None, None, None, None)
    return Pool(
        name=written.name,
        index=index,
        replicas=written.replicas,
        arch=written.arch,
        leaf=written.leaf,
        labels={**role_labels(written.roles), **written.labels},
        instance_type=written.instance_type,
        cpus=written.cpus,
        memory=written.memory,
        disk=written.disk,
        taints=tuple(Taint(one.key, one.value, one.effect) for one in written.taints),
        zones=written.zones,
        roles=written.roles,
        data_disk=resolve_disk(written.data_disk),
        machines=resolve_machines(written.machines),
        hosted=resolve_nodes(written),
        primary=primary,
        uplinks=uplinks,
    )


def _virtualization(written: spec.Virtualization | None) -> Virtualization | None:
    if written is None:
        return None
    limits = written.migration
    return Virtualization(
        mac_pool=written.mac_pool,
        storage_class=written.storage.storage_class if written.storage else None,
        access_mode=written.storage.access_mode if written.storage else None,
        migration=MigrationLimits(
            parallel_per_cluster=limits.parallel_per_cluster,
            parallel_per_node=limits.parallel_per_node,
            bandwidth=limits.bandwidth,
            completion_timeout_per_gib=limits.completion_timeout_per_gi_b,
            progress_timeout=limits.progress_timeout,
        )
        if limits
        else None,
        policies=tuple(
            MigrationPolicy(
                name=policy.name,
                index=index,
                vm_labels=policy.match.vm,
                namespace_labels=policy.match.namespace,
                bandwidth=policy.bandwidth,
                completion_timeout_per_gib=policy.completion_timeout_per_gi_b,
                allow_auto_converge=policy.allow_auto_converge,
                allow_post_copy=policy.allow_post_copy,
            )
            for index, policy in enumerate(written.policies)
        ),
        multi_architecture=written.multi_architecture,
        host_devices=tuple(
            HostDevice(one.device, index, one.resource, one.external_provider)
            for index, one in enumerate(written.host_devices)
        ),
    )
