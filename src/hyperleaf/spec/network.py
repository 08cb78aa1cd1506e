"""What may be written of a network, and of a range of VLANs at once."""

from __future__ import annotations

from typing import Literal

from hyperleaf.spec.fabric import Egress, Leak, StaticRoute
from hyperleaf.spec.fields import (
    AddressField,
    Flag,
    MacField,
    Metadata,
    Model,
    MtuField,
    NameField,
    RangeField,
    SubnetField,
    TableField,
    Text,
    VlanField,
    VniField,
    field,
)

Transport = Literal["evpn", "vlan", "untagged", "overlay", "sriov"]
Role = Literal["vm", "migration", "storage", "management"]


class Dhcp(Model):
    """Where a network's guests get their addresses: a server behind the borders' relay."""

    servers: tuple[AddressField, ...] = field(least=1, description="Of both families.")
    relay: Literal["borders"] = field(default="borders", description="Who relays (RFC 3046).")
    range: RangeField | None = field(
        default=None, description="Addresses to lease; absent: the subnet less what is taken."
    )
    router: AddressField | None = field(
        default=None, description="The router option; must be the anycast gateway, and is."
    )
    dns: tuple[AddressField, ...] = ()


class RouterAdvertisement(Model):
    """Flags of the gateway's router advertisements (RFC 4861)."""

    managed: Flag | None = field(
        default=None, description="Addresses by DHCPv6; absent: where a DHCPv6 server is named."
    )
    other: Flag | None = field(default=None, description="Other settings by DHCPv6.")


class Sriov(Model):
    """Virtual functions cut from the uplink's NIC."""

    num_vfs: int = field(least=1, most=256)
    vendor: Text | None = field(default=None, pattern="^[0-9a-f]{4}$")
    device_id: Text | None = field(default=None, pattern="^[0-9a-f]{4}$")
    device_type: Literal["vfio-pci", "netdevice"] = "vfio-pci"


class Attach(Model):
    """A cluster where the network exists, and the namespaces that may attach to it."""

    cluster: NameField
    namespaces: tuple[NameField, ...] = ()
    name: NameField | None = field(
        default=None, description="Of the attachment; absent: the network's."
    )


class NetworkOptions(Model):
    """What a network and a set of networks have in common."""

    transport: Transport = field(default="evpn", description="How frames travel between nodes.")
    role: Role = "vm"
    vrf: NameField | None = field(default=None, description="A shared VRF; absent: its own.")
    uplink: NameField | None = field(
        default=None, description="Of the node pools: for vlan, untagged and sriov."
    )
    mtu: MtuField | None = field(
        default=None, description="In bytes; absent: the most that every path carries."
    )
    egress: Egress | None = field(
        default=None, description="Of the network's own VRF; a shared VRF states it itself."
    )
    macspoofchk: Flag = True
    description: Text | None = None
    sriov: Sriov | None = None
    attach: tuple[Attach, ...] = ()


class NetworkSpec(NetworkOptions):
    """One segment: a VLAN of a tenant, or a network of the nodes themselves."""

    vlan: VlanField | None = None
    vni: VniField | None = field(default=None, description="The L2VNI; absent: base + VLAN id.")
    subnets: tuple[SubnetField, ...] = ()
    gateways: tuple[AddressField, ...] = field(
        default=(), description="One a subnet; absent: each subnet's first address."
    )
    gateway_mac: MacField | None = None
    dhcp: Dhcp | None = None
    ra: RouterAdvertisement = RouterAdvertisement()
    table: TableField | None = field(
        default=None, description="The own VRF's routing table; absent: its L3VNI."
    )
    leaks: tuple[Leak, ...] = field(default=(), description="Of the network's own VRF.")
    routes: tuple[StaticRoute, ...] = field(default=(), description="Of the network's own VRF.")
    addresses: Literal["dhcp", "pinned", "none"] = field(
        default="none", description="How the nodes themselves get addresses (not for role vm)."
    )
    pinned: dict[NameField, AddressField] = field(
        default={}, description="An address per node name, with `addresses: pinned`."
    )


class Network(Model):
    """A network for guests or for the nodes' own traffic."""

    api_version: Literal["hyperleaf.dev/v1alpha1"]
    kind: Literal["Network"]
    metadata: Metadata
    spec: NetworkSpec


class NetworkSetSpec(NetworkOptions):
    """A range of VLANs that differ in nothing else; each becomes `<name>-<vlan>`."""

    vlans: Text = field(
        pattern=r"^[0-9]+(-[0-9]+)?(,\s*[0-9]+(-[0-9]+)?)*$",
        description="VLAN ids and ranges: `1925-1928, 2000`.",
    )
    descriptions: dict[Text, Text] = field(
        default={}, description="A description per VLAN id, for those that have one."
    )


class NetworkSet(Model):
    """A range of VLANs, written once."""

    api_version: Literal["hyperleaf.dev/v1alpha1"]
    kind: Literal["NetworkSet"]
    metadata: Metadata
    spec: NetworkSetSpec
