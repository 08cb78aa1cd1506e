"""A network and where it is attached, as resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.findings import Origin
    from hyperleaf.values.addresses import Address, AddressRange, Interface, Subnet
    from hyperleaf.values.macs import Mac
    from hyperleaf.values.numbers import Mtu, VlanId, Vni

Transport = Literal["evpn", "vlan", "untagged", "overlay", "sriov"]
Role = Literal["vm", "migration", "storage", "management"]
HostAddresses = Literal["dhcp", "pinned", "none"]


@dataclass(frozen=True, slots=True)
class Dhcp:
    """Where guests get their addresses; `router` only where the estate states one."""

    servers: tuple[Address, ...]
    range: AddressRange | None
    router: Address | None
    dns: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Sriov:
    """Virtual functions cut from the uplink's NIC."""

    num_vfs: int
    vendor: str | None
    device_id: str | None
    device_type: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A cluster where the network exists, its namespaces, and the attachment's name there."""

    cluster: str
    namespaces: tuple[str, ...]
    name: str
    index: int


@dataclass(frozen=True, slots=True)
class PathMtu:
    """The most bytes a guest's packet may have on a network, and the path that says so."""

    bytes: Mtu
    why: str


@dataclass(frozen=True, slots=True)
class Network:
    """One segment. `vni` (L2VNI), `vrf` and `gateway_mac` only where the transport is evpn.

    `vrf` is None too where the VRF it names does not exist.

    `gateways` are the anycast gateway's addresses with their prefix lengths, one a subnet, in the
    order of `subnets`; `stray_gateways` are stated ones that lie in none or are a second in one.
    `mtu` is what is set: the stated one, or the least of all paths.
    """

    name: str
    transport: Transport
    role: Role
    vlan: VlanId | None
    vni: Vni | None
    vrf: str | None
    uplink: str | None
    subnets: tuple[Subnet, ...]
    gateways: tuple[Interface, ...]
    stray_gateways: tuple[Address, ...]
    gateway_mac: Mac | None
    mtu: Mtu
    stated_mtu: Mtu | None
    path_mtu: PathMtu
    dhcp: Dhcp | None
    ra_managed: bool
    ra_other: bool
    macspoofchk: bool
    description: str | None
    sriov: Sriov | None
    attachments: tuple[Attachment, ...]
    host_addresses: HostAddresses
    pinned: Mapping[str, Address]
    origin: Origin

    @property
    def clusters(self) -> tuple[str, ...]:
        """The names of the clusters where the network exists, each once."""
        return tuple(dict.fromkeys(attachment.cluster for attachment in self.attachments))
