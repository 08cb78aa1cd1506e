"""What may be written of a fabric and of the VRFs that several of its networks share."""

from __future__ import annotations

from typing import Literal

from hyperleaf.spec.fields import (
    AddressField,
    AsnField,
    DurationField,
    Flag,
    Metadata,
    Model,
    MtuField,
    NameField,
    PortField,
    SubnetField,
    TableField,
    VniField,
    field,
)
from hyperleaf.values.numbers import Mtu, Port, Vni
from hyperleaf.values.units import Duration

Egress = Literal["nat", "border", "none"]


class Underlay(Model):
    """The network that carries the tunnels."""

    cidrs: tuple[SubnetField, ...] = field(
        least=1, description="Every range that a leaf, a reflector or a border lies in."
    )
    mtu: MtuField = field(
        default=Mtu(1500), description="The smallest MTU between two nodes of one cluster, bytes."
    )
    port: PortField = field(default=Port(4789), description="UDP port of VXLAN (RFC 7348).")


class UnderlayPath(Model):
    """A part of the underlay with an MTU of its own."""

    between: tuple[NameField, NameField] = field(
        description="Two clusters, or a cluster and `borders`."
    )
    mtu: MtuField = field(description="The path's MTU in bytes, before VXLAN's 50.")


class Vtep(Model):
    """Where a leaf's tunnels end; absent: the source address of its default route."""

    pinned: dict[NameField, AddressField] = field(
        default={},
        description="An address per node name: a policy per node instead of one for all.",
    )


class Bfd(Model):
    """Bidirectional forwarding detection on the BGP sessions (RFC 5880)."""

    enabled: Flag = field(default=True, description="Whether sessions are watched by BFD.")
    interval: DurationField = field(
        default=Duration(300), description="Between two packets, each way; 10ms to 60s."
    )
    multiplier: int = field(default=3, least=2, most=255, description="Losses until down.")


class Timers(Model):
    """BGP's own timers (RFC 4271)."""

    hold: DurationField = field(default=Duration(9000), description="Silence until a session ends.")
    keepalive: DurationField = field(default=Duration(3000), description="Between two keepalives.")


class Password(Model):
    """A session's password (RFC 2385), never in the estate itself."""

    secret: NameField = field(
        description="A Secret of type kubernetes.io/basic-auth beside the FRRConfigurations."
    )


class Reflectors(Model):
    """Who reflects routes between the leaves, so that they need no full mesh (RFC 4456)."""

    cluster: NameField = field(description="The hub, or the spoke itself where two teams share.")
    pool: NameField | None = field(
        default=None,
        description="The node pool; absent: the cluster's own control-plane nodes.",
    )
    addresses: tuple[AddressField, ...] = field(
        default=(),
        description="Their addresses; absent: found by the operator and read from the facts file.",
    )
    password: Password | None = field(
        default=None,
        description="Refused: sessions accepted from a range cannot take one from a Secret.",
    )


class Border(Model):
    """A switch of the data centre where the stretched networks end."""

    name: NameField
    address: AddressField = field(description="Its VTEP and BGP address.")
    asn: AsnField | None = field(default=None, description="Default: the fabric's.")
    mtu: MtuField = field(
        default=Mtu(1500), description="What hosts in the data centre use on stretched networks."
    )
    multihop: int | None = field(
        default=None, least=1, most=255, description="Hops to it, for another AS."
    )
    password: Password | None = None


class VniBases(Model):
    """What VLAN ids are added to where a VNI is not stated."""

    l2: VniField = Vni(10000)
    l3: VniField = Vni(20000)


class FabricSpec(Model):
    """One EVPN fabric: leaves, reflectors and borders of one AS."""

    asn: AsnField = field(description="The AS of leaves and reflectors.")
    underlay: Underlay
    paths: tuple[UnderlayPath, ...] = field(
        default=(), description="Where the underlay is smaller (or larger) than `underlay.mtu`."
    )
    vtep: Vtep = Vtep()
    bfd: Bfd = Bfd()
    timers: Timers = Timers()
    reflectors: Reflectors
    borders: tuple[Border, ...] = ()
    vnis: VniBases = VniBases()


class Fabric(Model):
    """A fabric: every hypervisor a leaf, two reflectors, borders to the data centre."""

    api_version: Literal["hyperleaf.dev/v1alpha1"]
    kind: Literal["Fabric"]
    metadata: Metadata
    spec: FabricSpec


class Leak(Model):
    """Routes exchanged with another VRF, or with the node's own network (`default`)."""

    with_: NameField = field(alias="with", description="A VRF's name, or `default`.")
    import_: tuple[SubnetField, ...] = field(
        default=(), alias="import", description="Prefixes taken from there."
    )
    export: tuple[SubnetField, ...] | None = field(
        default=None, description="Prefixes given to it; absent: this VRF's subnets."
    )


class StaticRoute(Model):
    """A route by a gateway inside the VRF, for instance a guest that is a firewall."""

    to: SubnetField
    via: AddressField


class VrfSpec(Model):
    """A routing domain that several networks share."""

    vni: VniField = field(description="The L3VNI.")
    table: TableField | None = field(
        default=None, description="The routing table; absent: the L3VNI. From 4.18 on below 1000."
    )
    egress: Egress = field(
        default="none",
        description="nat: by the node's own way out; border: the data centre's default route.",
    )
    leaks: tuple[Leak, ...] = ()
    routes: tuple[StaticRoute, ...] = ()


class VRF(Model):
    """A VRF with several networks; a network that names none gets its own."""

    api_version: Literal["hyperleaf.dev/v1alpha1"]
    kind: Literal["VRF"]
    metadata: Metadata
    spec: VrfSpec
