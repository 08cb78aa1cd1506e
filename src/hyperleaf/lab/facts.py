"""What a lab must know beside the rendered files: nodes, where they stand, who routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv4Network, IPv6Interface, IPv6Network

    Interface = IPv4Interface | IPv6Interface
    Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the underlay behind one router: its gateways, and the MTU towards others."""

    name: str
    gateways: tuple[Interface, ...]
    mtu: int = 9001
    path_mtu: int = 9001


@dataclass(frozen=True, slots=True)
class Nic:
    """A NIC beside the uplink, and the switch that it is plugged into: all VLANs pass there.

    On vSphere it has a port group, which `drops` some frames (`trunks.py`).
    """

    device: str
    switch: str
    port_group: str = ""
    drops: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a security group lets in: a protocol (tcp, udp, icmp, esp) to ports, first and last.

    No ports are all of them; of ICMP they are a type and a code. `members` are the nodes of the
    same cluster, wherever they join.
    """

    protocol: str
    ports: tuple[tuple[int, int], ...] = ()
    sources: tuple[Network, ...] = ()
    members: bool = False


@dataclass(frozen=True, slots=True)
class Stranger:
    """A machine in the underlay that is no part of the estate.

    `within` says that its address is one that a leaf could have: in the reflectors' listen ranges.
    """

    name: str
    segment: str
    addresses: tuple[Interface, ...]
    within: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A cluster's node as its platform hands it over.

    `uplink` is the device that has its addresses: br-ex, or of another `kind`; `below` are the NICs
    that it stands on. `pods` and `services` are the cluster's ranges, `pod` the node's first
    address of the former. `allowed` is what its security groups let in, or None where nobody
    filters.
    `floating` are addresses that it holds for now, before its own in its uplink's list.
    """

    name: str
    cluster: str
    segment: str
    addresses: tuple[Interface, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    uplink: str = "br-ex"
    pod: IPv4Interface | None = None
    nics: tuple[Nic, ...] = ()
    kind: str = "br-ex"
    below: tuple[str, ...] = ("ens5",)
    pods: tuple[Network, ...] = ()
    services: tuple[Network, ...] = ()
    allowed: tuple[Allowed, ...] | None = None
    floating: tuple[Interface, ...] = ()

    @property
    def address(self) -> IPv4Address:
        """Return the IPv4 address, which is its VTEP and router-id."""
        return next(one.ip for one in self.addresses if isinstance(one, IPv4Interface))


@dataclass(frozen=True, slots=True)
class BorderPlace:
    """Where a border stands; its address is in its rendered files."""

    name: str
    segment: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that is not rendered."""

    segments: tuple[Segment, ...]
    nodes: tuple[Node, ...]
    borders: tuple[BorderPlace, ...]
    outside: tuple[Interface, ...]
    outside_gateways: tuple[Interface, ...]
    strangers: tuple[Stranger, ...] = ()

    def hosts(self, cluster: str) -> tuple[Node, ...]:
        """Return the nodes that a cluster's guests run on: its leaves, or all where it has none."""
        return self.leaves(cluster) or tuple(one for one in self.nodes if one.cluster == cluster)

    def leaves(self, cluster: str) -> tuple[Node, ...]:
        """Return a cluster's leaves."""
        return tuple(
            one
            for one in self.nodes
            if one.cluster == cluster and "hyperleaf.dev/leaf" in one.labels
        )
