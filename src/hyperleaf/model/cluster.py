"""A cluster, its pools and settings, as resolved: every default filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.findings import Origin
    from hyperleaf.model.credentials import Credential, CredentialName
    from hyperleaf.model.facts import ClusterFacts
    from hyperleaf.model.hosted import ControlPlane, HostedNodes, Taint
    from hyperleaf.model.install import Install
    from hyperleaf.model.machines import DataDisk, MachineRole, Machines
    from hyperleaf.model.operators import Operators
    from hyperleaf.model.platforms import Platform
    from hyperleaf.model.storage import ClusterStorage, Remediation
    from hyperleaf.values.addresses import Subnet
    from hyperleaf.values.macs import MacRange
    from hyperleaf.values.numbers import Mtu, Port
    from hyperleaf.values.units import Duration, Quantity, Version

UplinkKind = Literal["br-ex", "nic", "bond", "vlan"]


@dataclass(frozen=True, slots=True)
class Ranges:
    """The cluster's own ranges, written or by default; `stated` names the written ones."""

    machine: tuple[Subnet, ...]
    pod: tuple[Subnet, ...]
    service: tuple[Subnet, ...]
    join: tuple[Subnet, ...]
    transit: tuple[Subnet, ...]
    stated: frozenset[str]

    def named(self) -> tuple[tuple[str, Subnet], ...]:
        """Return every range with the name of its field."""
        return tuple(
            (name, subnet)
            for name in ("machine", "pod", "service", "join", "transit")
            for subnet in getattr(self, name)
        )


@dataclass(frozen=True, slots=True)
class Bond:
    """Several NICs as one."""

    mode: str
    nics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uplink:
    """How nodes of a pool reach a network; `device` is the name to build upon.

    For the pool's `primary`, `kind` says what carries the default route, and `device` may be None:
    captures find it by its kind.
    """

    name: str
    kind: UplinkKind
    device: str | None
    bond: Bond | None
    mtu: Mtu | None
    port_group: str | None


@dataclass(frozen=True, slots=True)
class Pool:
    """Nodes of one kind; `primary` carries their default route and, on leaves, the VTEP."""

    name: str
    index: int
    replicas: int
    arch: str
    leaf: bool
    labels: Mapping[str, str]
    instance_type: str | None
    cpus: int | None
    memory: Quantity | None
    disk: Quantity | None
    taints: tuple[Taint, ...]
    zones: tuple[str, ...]
    roles: tuple[MachineRole, ...]
    data_disk: DataDisk | None
    machines: Machines | None
    hosted: HostedNodes
    primary: Uplink
    uplinks: Mapping[str, Uplink]


@dataclass(frozen=True, slots=True)
class MigrationLimits:
    """Limits of live migration in a whole cluster; None leaves the product's own."""

    parallel_per_cluster: int | None
    parallel_per_node: int | None
    bandwidth: Quantity | None
    completion_timeout_per_gib: Duration | None
    progress_timeout: Duration | None


@dataclass(frozen=True, slots=True)
class MigrationPolicy:
    """Limits of live migration for guests with some labels."""

    name: str
    index: int
    vm_labels: Mapping[str, str]
    namespace_labels: Mapping[str, str]
    bandwidth: Quantity | None
    completion_timeout_per_gib: Duration | None
    allow_auto_converge: bool | None
    allow_post_copy: bool | None


@dataclass(frozen=True, slots=True)
class HostDevice:
    """A PCI device (`VENDOR:PRODUCT`) that guests may be given, by the name they ask for it."""

    device: str
    index: int
    resource: str
    external_provider: bool


@dataclass(frozen=True, slots=True)
class Virtualization:
    """OpenShift Virtualization's settings, as far as networks and machines are concerned."""

    mac_pool: MacRange | None
    storage_class: str | None
    access_mode: str | None
    migration: MigrationLimits | None
    policies: tuple[MigrationPolicy, ...]
    multi_architecture: bool
    host_devices: tuple[HostDevice, ...]


@dataclass(frozen=True, slots=True)
class Compatibility:
    """Names and selectors of hand-written objects that are taken over as they are."""

    policy: str
    node_selector: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster; `mtu` is its machine network's, in bytes, where stated."""

    name: str
    role: Literal["hub", "hosted", "standalone"]
    hub: str | None
    version: Version
    platform: Platform
    ranges: Ranges
    mtu: Mtu | None
    hybrid_port: Port | None
    pools: tuple[Pool, ...]
    virtualization: Virtualization | None
    compatibility: Compatibility | None
    base_domain: str | None
    credentials: Mapping[CredentialName, Credential]
    operators: Operators | None
    storage: ClusterStorage | None
    remediation: tuple[Remediation, ...]
    install: Install | None
    control_plane: ControlPlane | None
    found: ClusterFacts
    origin: Origin

    @property
    def awaits_cloud(self) -> bool:
        """Whether it stands on AWS, and nobody has said yet what was made for it there."""
        found = self.found
        return self.platform.kind == "aws" and found.infra_id is None and found.aws.is_empty

    @property
    def leaf_pools(self) -> tuple[Pool, ...]:
        """The pools whose nodes are leaves."""
        return tuple(pool for pool in self.pools if pool.leaf)
