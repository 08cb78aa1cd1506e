"""A cluster's machine ranges become a VPC: subnets by zone, ways out, and what lies beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from hyperleaf.model.platforms import cut
from hyperleaf.values.addresses import IPV4

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Fabric
    from hyperleaf.model.platforms import AwsSite
    from hyperleaf.values.addresses import Subnet


@dataclass(frozen=True, slots=True)
class SubnetPlan:
    """A subnet; `part` is what ends the names of whatever belongs to its zone."""

    zone: str
    part: str
    public: bool
    range: IPv4Network


@dataclass(frozen=True, slots=True)
class VpcPlan:
    """A VPC to be; `nats` are the parts whose public subnet holds a NAT gateway."""

    ranges: tuple[IPv4Network, ...]
    private: tuple[SubnetPlan, ...]
    public: tuple[SubnetPlan, ...]
    nats: tuple[str, ...]

    @property
    def subnets(self) -> tuple[SubnetPlan, ...]:
        """All subnets, private ones first."""
        return (*self.private, *self.public)

    def nat_of(self, part: str) -> str:
        """Return the part whose NAT gateway the private subnet of a part leaves by."""
        return part if part in self.nats else self.nats[0]


def plan_vpc(cluster: Cluster, site: AwsSite) -> VpcPlan:
    """Return the VPC that is made of a cluster's machine ranges; subnets are of the first."""
    ranges = ipv4(cluster.ranges.machine)
    private, public = cut(ranges[0])
    parts = [(zone, part_of(site.region, zone)) for zone in site.zones]
    return VpcPlan(
        ranges=ranges,
        private=tuple(
            SubnetPlan(*one, public=False, range=range_)
            for one, range_ in zip(parts, private, strict=False)
        ),
        public=tuple(
            SubnetPlan(*one, public=True, range=range_)
            for one, range_ in zip(parts, public, strict=False)
        ),
        nats=tuple(part for _, part in (parts if site.nat == "perZone" else parts[:1])),
    )


def part_of(region: str, zone: str) -> str:
    """Return what ends the logical IDs of a zone's things: letters and digits.

    >>> part_of("us-east-1", "us-east-1a"), part_of("us-east-1", "us-east-1-bos-1a")
    ('A', 'Bos1a')
    """
    return camel(zone.removeprefix(region))


def camel(name: str) -> str:
    """Return a name as a part of logical IDs, which have neither hyphens nor points."""
    return "".join(one[:1].upper() + one[1:] for one in name.replace(".", "-").split("-"))


def beyond(
    estate: Estate, cluster: Cluster, peers: tuple[Cluster, ...] = ()
) -> tuple[IPv4Network, ...]:
    """Return what the VPC's way to the data centre leads to, in order, nothing said twice.

    That is the data centre, the fabric's underlay and the other clusters of the estate, but for
    what the VPC is itself, and its peers: those have routes of their own, as the Internet has.
    """
    own = ipv4(one for mine in (cluster, *peers) for one in mine.ranges.machine)
    others = (
        one
        for other in estate.clusters.values()
        if other.name != cluster.name and is_reached(estate.fabric, other)
        for one in other.ranges.machine
    )
    underlay = estate.fabric.underlay if estate.fabric is not None else ()
    wanted = ipv4((*cluster.platform.on_prem, *underlay, *others))
    return outermost(
        one for one in wanted if one.prefixlen and not any(one.subnet_of(mine) for mine in own)
    )


def is_reached(fabric: Fabric | None, cluster: Cluster) -> bool:
    """Tell whether other clusters' nodes have something to say to this one's."""
    return cluster.platform.kind == "aws" or is_in_fabric(fabric, cluster)


def is_in_fabric(fabric: Fabric | None, cluster: Cluster) -> bool:
    """Tell whether a cluster has leaves, or the reflectors."""
    if fabric is None:
        return False
    return bool(cluster.leaf_pools) or cluster.name == fabric.reflectors.cluster


def ipv4(subnets: Iterable[Subnet]) -> tuple[IPv4Network, ...]:
    """Return the subnets of IPv4, the family that these VPCs have."""
    return tuple(IPv4Network(str(one)) for one in subnets if one.version == IPV4)


def outermost(subnets: Iterable[IPv4Network]) -> tuple[IPv4Network, ...]:
    """Return the subnets that lie in no other of them, sorted."""

    def found() -> Iterator[IPv4Network]:
        last: IPv4Network | None = None
        for one in sorted(subnets):  # an outer one comes before what lies in it
            if last is None or not one.subnet_of(last):
                last = one
                yield one

    return tuple(found())
