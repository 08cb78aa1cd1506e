"""What may be written of a cluster: its role, platform, node pools and virtualization."""

from __future__ import annotations

from typing import Literal

from hyperleaf.spec.credentials import CredentialsField
from hyperleaf.spec.fields import (
    BandwidthField,
    DeviceField,
    DurationField,
    Flag,
    Labels,
    MacRangeField,
    Metadata,
    Model,
    MtuField,
    NameField,
    PortField,
    QuantityField,
    SubnetField,
    Text,
    VersionField,
    field,
)
from hyperleaf.spec.hosted import AccessMode, Autoscaling, ControlPlane, Taint
from hyperleaf.spec.install import Install
from hyperleaf.spec.machines import DataDisk, Machines, Role
from hyperleaf.spec.operators import GivenDevice, HostDevice, Operators
from hyperleaf.spec.platforms import Platform
from hyperleaf.spec.storage import ClusterStorage, Remediation


class HybridOverlay(Model):
    """OVN-Kubernetes' VXLAN to Windows nodes."""

    port: PortField


class ClusterNetworks(Model):
    """The cluster's own ranges."""

    machine: tuple[SubnetField, ...] = field(least=1)
    pod: tuple[SubnetField, ...] = field(
        default=(), description="Default 10.128.0.0/14; in a hosted cluster 10.132.0.0/14."
    )
    service: tuple[SubnetField, ...] = field(
        default=(), description="Default 172.30.0.0/16; in a hosted cluster 172.31.0.0/16."
    )
    join: tuple[SubnetField, ...] = field(default=(), description="Default 100.64.0.0/16.")
    transit: tuple[SubnetField, ...] = field(default=(), description="Default 100.88.0.0/16.")
    mtu: MtuField | None = field(default=None, description="Of the machine network, bytes.")
    hybrid_overlay: HybridOverlay | None = None


class Bond(Model):
    """Several NICs as one (nmstate's link aggregation)."""

    mode: Literal["802.3ad", "active-backup", "balance-xor", "balance-slb", "balance-rr"]
    nics: tuple[DeviceField, ...] = field(least=1)


class Uplink(Model):
    """How a pool's nodes reach a network; the pool's own `primary` says where the VTEP is."""

    kind: Literal["br-ex", "nic", "bond", "vlan"] | None = field(
        default=None, description="Of `primary`: what carries the node's default route."
    )
    nic: DeviceField | None = None
    bond: Bond | None = None
    mtu: MtuField | None = None
    port_group: Text | None = field(default=None, description="On vSphere: where the NIC plugs in.")


class NodePool(Model):
    """Nodes of one kind."""

    name: NameField
    replicas: int = field(default=2, least=0, most=10000)
    arch: Literal["amd64", "arm64"] = "amd64"
    leaf: Flag = field(default=False, description="Whether its nodes are leaves of the fabric.")
    labels: Labels = {}
    instance_type: Text | None = None
    cpus: int | None = field(default=None, least=1)
    memory: QuantityField | None = field(
        default=None, description="Of a virtual machine: what its guest sees."
    )
    disk: QuantityField | None = field(default=None, description="The root volume.")
    autoscaling: Autoscaling | None = field(
        default=None, description="Of a hosted cluster's pool, in place of `replicas`."
    )
    storage_class: NameField | None = field(
        default=None, description="On KubeVirt: of the root volume, a class of the hub."
    )
    access_modes: tuple[AccessMode, ...] = field(
        default=(), description="Of the root volume; live migration needs ReadWriteMany."
    )
    volume_mode: Literal["Filesystem", "Block"] | None = None
    image_cache: Flag | None = field(
        default=None, description="On KubeVirt: whether root volumes are cloned from a cached one."
    )
    placement: Labels = field(
        default={}, description="On KubeVirt: the hub's nodes that run the pool's machines."
    )
    guaranteed: Flag = field(
        default=False, description="On KubeVirt: whether CPUs and memory are reserved in full."
    )
    multiqueue: Flag | None = field(
        default=None, description="On KubeVirt: whether a NIC has a queue for each CPU."
    )
    host_devices: tuple[GivenDevice, ...] = field(
        default=(), description="On KubeVirt: devices of the hub's nodes, GPUs for instance."
    )
    additional_networks: tuple[Text, ...] = field(
        default=(), description="On KubeVirt: the hub's attachments, as NAMESPACE/NAME."
    )
    default_network: Flag = field(
        default=True, description="On KubeVirt: whether the hub's pod network is attached."
    )
    auto_repair: Flag = field(
        default=True, description="Of a hosted cluster: whether a lost node is made anew."
    )
    upgrade: Literal["Replace", "InPlace"] = field(
        default="Replace", description="Of a hosted cluster: new nodes, or the same ones changed."
    )
    drain_timeout: DurationField | None = field(
        default=None,
        description="Of a hosted cluster: how long a node that goes is waited for. Default 60s, "
        "for leaves 0s: without end, since their guests must migrate.",
    )
    node_config: tuple[NameField, ...] = field(
        default=(), description="Of a hosted cluster: ConfigMaps with more of its nodes' files."
    )
    taints: tuple[Taint, ...] = ()
    roles: tuple[Role, ...] = field(default=(), description="What the nodes are for, as labels.")
    data_disk: DataDisk | None = field(default=None, description="On AWS, of MachineSets.")
    machines: Machines | None = field(
        default=None,
        description="Of a hub or standalone cluster: make the pool by MachineSets, one a zone.",
    )
    zones: tuple[Text, ...] = field(default=(), description="On AWS: availability zones.")
    uplinks: dict[NameField, Uplink] = {}


class Storage(Model):
    """What the guests' disks lie on, as far as migration needs to know."""

    storage_class: NameField | None = None
    access_mode: Literal["ReadWriteMany", "ReadWriteOnce"] = "ReadWriteMany"


class Migration(Model):
    """Limits of live migration in the whole cluster."""

    parallel_per_cluster: int | None = field(default=None, least=1)
    parallel_per_node: int | None = field(default=None, least=1)
    bandwidth: BandwidthField | None = field(
        default=None, description="Of one migration, bytes a second."
    )
    completion_timeout_per_gi_b: DurationField | None = field(
        default=None, alias="completionTimeoutPerGiB"
    )
    progress_timeout: DurationField | None = None


class Match(Model):
    """Guests that a migration policy is for, by labels."""

    vm: Labels = {}
    namespace: Labels = {}


class MigrationPolicy(Model):
    """Limits of live migration for some guests; the policy that matches most labels wins."""

    name: NameField
    match: Match
    bandwidth: BandwidthField | None = None
    completion_timeout_per_gi_b: DurationField | None = field(
        default=None, alias="completionTimeoutPerGiB"
    )
    allow_auto_converge: Flag | None = None
    allow_post_copy: Flag | None = None


class Virtualization(Model):
    """OpenShift Virtualization's own settings, as far as networks are concerned."""

    mac_pool: MacRangeField | None = field(
        default=None, description="MACs for guests; disjoint between clusters of one segment."
    )
    storage: Storage | None = None
    migration: Migration | None = None
    policies: tuple[MigrationPolicy, ...] = ()
    multi_architecture: Flag = field(
        default=False, description="Whether guests may have another architecture than the cluster."
    )
    host_devices: tuple[HostDevice, ...] = field(
        default=(), description="Devices of hosts that guests may be given, GPUs for instance."
    )


class Compatibility(Model):
    """Objects named and shaped as a hand-written predecessor's, to take them over as they are."""

    policy: NameField = field(description="The name of the node policy, as in `ens224-policy`.")
    node_selector: Labels = field(description="The label it selects nodes by.")


class ClusterSpec(Model):
    """A cluster: hub, hosted by a hub, or standalone."""

    role: Literal["hub", "hosted", "standalone"]
    hub: NameField | None = None
    version: VersionField
    platform: Platform
    networks: ClusterNetworks
    base_domain: Text | None = field(
        default=None,
        description="The domain of its names. Hosted on KubeVirt without one, it is the hub's.",
    )
    credentials: CredentialsField | None = None
    install: Install | None = field(
        default=None, description="Of a hub or standalone cluster that is not there yet."
    )
    control_plane: ControlPlane | None = field(
        default=None, description="Of a hosted cluster that is to be made on its hub."
    )
    node_pools: tuple[NodePool, ...] = ()
    virtualization: Virtualization | None = None
    operators: Operators | None = None
    storage: ClusterStorage | None = None
    remediation: tuple[Remediation, ...] = ()
    compatibility: Compatibility | None = None


class Cluster(Model):
    """A cluster that networks attach to."""

    api_version: Literal["hyperleaf.dev/v1alpha1"]
    kind: Literal["Cluster"]
    metadata: Metadata
    spec: ClusterSpec
