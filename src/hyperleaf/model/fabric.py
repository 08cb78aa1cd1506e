"""A fabric, its borders and VRFs, as resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.findings import Origin
    from hyperleaf.values.addresses import Address, Subnet
    from hyperleaf.values.numbers import Asn, Mtu, Port, Vni
    from hyperleaf.values.units import Duration

Egress = Literal["nat", "border", "none"]
# The name by which leaks mean the node's own network, the main routing table.
DEFAULT_VRF = "default"
# The name by which paths mean the data centre's switches.
BORDERS = "borders"


@dataclass(frozen=True, slots=True)
class Bfd:
    """Timers of bidirectional forwarding detection (RFC 5880)."""

    interval: Duration
    multiplier: int


@dataclass(frozen=True, slots=True)
class Reflectors:
    """Where the route reflectors run; `addresses` is empty until somebody finds them."""

    cluster: str
    pool: str | None
    addresses: tuple[Address, ...]
    wants_password: bool


@dataclass(frozen=True, slots=True)
class Border:
    """A switch of the data centre where stretched networks end; `index` is its place in the list.

    `mtu` is what hosts behind it use on stretched networks, in bytes.
    """

    name: str
    index: int
    address: Address
    asn: Asn
    mtu: Mtu
    multihop: int | None
    secret: str | None


@dataclass(frozen=True, slots=True)
class UnderlayPath:
    """What the underlay carries between two sites: a cluster's name or `borders`; bytes."""

    ends: tuple[str, str]
    mtu: Mtu
    why: str
    index: int | None


@dataclass(frozen=True, slots=True)
class Fabric:
    """One EVPN fabric."""

    name: str
    asn: Asn
    underlay: tuple[Subnet, ...]
    mtu: Mtu
    port: Port
    bfd: Bfd | None
    hold: Duration
    keepalive: Duration
    reflectors: Reflectors
    borders: tuple[Border, ...]
    paths: tuple[UnderlayPath, ...]
    pinned_vteps: Mapping[str, Address]
    l2_base: int
    l3_base: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Leak:
    """Prefixes exchanged with another VRF or with the main table (`default`).

    `exports` is None where all of the VRF's own subnets are meant; `index` is its place.
    """

    other: str
    imports: tuple[Subnet, ...]
    exports: tuple[Subnet, ...] | None
    index: int


@dataclass(frozen=True, slots=True)
class StaticRoute:
    """A route by a gateway inside the VRF; `index` is its place in the list."""

    to: Subnet
    via: Address
    index: int


@dataclass(frozen=True, slots=True)
class Vrf:
    """A routing domain: shared and named by a VRF document, or a network's own.

    `table` is the number of its routing table: the L3VNI unless stated.
    """

    name: str
    shared: bool
    vni: Vni
    table: int
    egress: Egress
    leaks: tuple[Leak, ...]
    routes: tuple[StaticRoute, ...]
    origin: Origin
