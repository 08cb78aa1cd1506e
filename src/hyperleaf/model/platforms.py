"""What a cluster stands on, as resolved: a VPC to be or that is there, a vCenter's parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Network

    from hyperleaf.spec import platforms as spec
    from hyperleaf.values.addresses import Address, Subnet
    from hyperleaf.values.numbers import Asn

PlatformKind = Literal["aws", "vsphere", "baremetal", "kubevirt", "rosa"]
OnPremWay = Literal["transitGateway", "directConnect", "vpn"]
PLATFORMS: tuple[PlatformKind, ...] = ("aws", "vsphere", "baremetal", "kubevirt", "rosa")
# Every region has these, but for some: a zone that is not there is told before anything is made.
ZONES = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class Vpc:
    """A VPC that is there already; subnets by zone."""

    id: str
    private: Mapping[str, str]
    public: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VpnPeer:
    """The data centre's end of a VPN."""

    address: Address
    asn: Asn


@dataclass(frozen=True, slots=True)
class AwsSite:
    """A region's part that a cluster has.

    `vpc` is None where one is to be made; `connection` is the ID of the transit gateway or Direct
    Connect gateway that is there already.
    """

    region: str
    zones: tuple[str, ...]
    vpc: Vpc | None
    nat: Literal["one", "perZone"]
    connection: str | None
    peer: VpnPeer | None
    resolver: bool


@dataclass(frozen=True, slots=True)
class PortGroup:
    """A port group to be; `learning` says how frames of guests' MACs are let through."""

    name: str
    index: int
    switch: str
    distributed: bool
    learning: Literal["promiscuous", "macLearning"]


@dataclass(frozen=True, slots=True)
class VsphereSite:
    """A vCenter's part that a cluster has; `template` is None where it is to be looked for."""

    server: str
    datacenter: str
    cluster: str
    nested: bool
    template: str | None
    port_groups: tuple[PortGroup, ...]


@dataclass(frozen=True, slots=True)
class Platform:
    """What a cluster stands on; `via` and `on_prem` only on AWS."""

    kind: PlatformKind
    via: OnPremWay | None = None
    on_prem: tuple[Subnet, ...] = ()
    aws: AwsSite | None = None
    vsphere: VsphereSite | None = None

    @property
    def region(self) -> str | None:
        """The region on AWS."""
        return self.aws.region if self.aws is not None else None

    @property
    def nested(self) -> bool:
        """Whether hypervisors are guests themselves."""
        return self.vsphere is not None and self.vsphere.nested


def cut(machine: IPv4Network) -> tuple[tuple[IPv4Network, ...], tuple[IPv4Network, ...]]:
    """Return the private and the public subnets of a VPC that is made of a machine range.

    It is quartered: three private subnets, and a quarter that is quartered for the public ones.
    """
    *private, last = machine.subnets(2)
    return tuple(private), tuple(last.subnets(2))


def resolve_platform(written: spec.Platform, base_domain: str | None) -> Platform:
    """Return the first platform that is stated; a rule refuses none and several."""
    kind: PlatformKind = next(
        (name for name in PLATFORMS if getattr(written, name) is not None), "baremetal"
    )
    if kind == "aws" and written.aws is not None:
        on_prem = written.aws.on_prem
        return Platform(
            kind,
            via=on_prem.via if on_prem else None,
            on_prem=on_prem.cidrs if on_prem else (),
            aws=_aws(written.aws, base_domain),
        )
    if kind == "vsphere" and written.vsphere is not None:
        return Platform(kind, vsphere=_vsphere(written.vsphere))
    return Platform(kind)


def _aws(written: spec.Aws, base_domain: str | None) -> AwsSite:
    on_prem, vpc = written.on_prem, written.vpc
    zones = written.zones or tuple(f"{written.region}{letter}" for letter in ZONES)
    stated, peer = written.resolver, on_prem.peer if on_prem else None
    return AwsSite(
        region=written.region,
        zones=tuple(vpc.private_subnets) if vpc else zones,
        vpc=Vpc(vpc.id, vpc.private_subnets, vpc.public_subnets) if vpc else None,
        nat=written.nat,
        connection=on_prem.id if on_prem else None,
        peer=VpnPeer(peer.address, peer.asn) if peer else None,
        resolver=bool(on_prem and base_domain) if stated is None else stated,
    )


def _vsphere(written: spec.Vsphere) -> VsphereSite:
    groups = (
        PortGroup(one.name, index, one.switch, one.distributed, one.learning)
        for index, one in enumerate(written.port_groups)
    )
    return VsphereSite(
        server=written.server,
        datacenter=written.datacenter,
        cluster=written.cluster,
        nested=written.nested,
        template=written.template,
        port_groups=tuple(groups),
    )
