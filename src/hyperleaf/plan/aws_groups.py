"""What a fabric's nodes say to each other becomes security groups of those who listen."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Fabric
    from hyperleaf.values.addresses import Subnet

BGP: Final = 179
# Single hop and several (RFC 5881, RFC 5883).
BFD: Final = (3784, 4784)
DNS: Final = 53
# Of ICMP: destination unreachable, for a packet was too big and may not be cut.
UNREACHABLE, TOO_BIG = 3, 4


@dataclass(frozen=True, slots=True)
class RulePlan:
    """Who may send what: a port, of ICMP a type and a code; `why` names the sender."""

    protocol: Literal["tcp", "udp", "icmp"]
    first: int
    last: int
    source: Subnet
    why: str


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A security group; `name` is its logical ID, `sources` the documents it follows from."""

    name: str
    purpose: str
    sources: tuple[str, ...]
    rules: tuple[RulePlan, ...]


def plan_groups(estate: Estate, cluster: Cluster) -> Iterator[GroupPlan]:
    """Yield the groups of a cluster's leaves and reflectors, on top of the cluster's own group."""
    fabric = estate.fabric
    if fabric is None:
        return
    sources = (str(cluster.origin), str(fabric.origin))
    if cluster.leaf_pools:
        rules = merged((*_to_leaves(estate, fabric), *_too_big(cluster, fabric)))
        yield GroupPlan("Leaves", f"leaves of {cluster.name}", sources, rules)
    if fabric.reflectors.cluster == cluster.name:
        rules = merged((*_to_reflectors(estate, fabric), *_too_big(cluster, fabric)))
        yield GroupPlan("Reflectors", f"reflectors on {cluster.name}", sources, rules)


def plan_resolver(cluster: Cluster, askers: Iterable[Subnet]) -> GroupPlan:
    """Return the group of the endpoint by which others ask the VPC for names."""
    rules = (
        RulePlan(protocol, DNS, DNS, source, "names asked from outside")
        for source in askers
        for protocol in ("tcp", "udp")
    )
    purpose = f"resolver of {cluster.name}"
    return GroupPlan("Resolver", purpose, (str(cluster.origin),), merged(rules))


def merged(rules: Iterable[RulePlan]) -> tuple[RulePlan, ...]:
    """Return rules in order, one where several would say the same: a cloud refuses the second."""
    found: dict[tuple[object, ...], RulePlan] = {}
    for one in rules:
        found.setdefault((one.protocol, one.first, one.last, str(one.source)), one)
    return tuple(found.values())


def _to_leaves(estate: Estate, fabric: Fabric) -> Iterator[RulePlan]:
    port = int(fabric.port)
    for source, who in (*_leaves(estate), *_borders(fabric)):
        yield RulePlan("udp", port, port, source, f"VXLAN from {who}")
    for source, who in (*_reflectors(estate, fabric), *_borders(fabric)):
        yield from _bfd(fabric, source, who)


def _to_reflectors(estate: Estate, fabric: Fabric) -> Iterator[RulePlan]:
    speakers = (*_leaves(estate), *_reflectors(estate, fabric), *_borders(fabric))
    for source, who in speakers:
        yield RulePlan("tcp", BGP, BGP, source, f"BGP from {who}")
        yield from _bfd(fabric, source, who)


def _bfd(fabric: Fabric, source: Subnet, who: str) -> Iterator[RulePlan]:
    for one in BFD if fabric.bfd is not None else ():
        yield RulePlan("udp", one, one, source, f"BFD from {who}")


def _too_big(cluster: Cluster, fabric: Fabric) -> Iterator[RulePlan]:
    """Yield what lets routers between say that a packet was too big: groups drop that, too."""
    for source in (*fabric.underlay, *cluster.platform.on_prem):
        if source.version == 4:  # noqa: PLR2004 - IPv6 has a message of its own, and no VPC of ours
            yield RulePlan("icmp", UNREACHABLE, TOO_BIG, source, "path MTU")


def _leaves(estate: Estate) -> Iterator[tuple[Subnet, str]]:
    """Yield where leaves get their addresses from: one that joins has one of these."""
    for cluster in estate.clusters.values():
        if cluster.leaf_pools:
            for one in cluster.ranges.machine:
                yield one, f"leaves of {cluster.name}"


def _reflectors(estate: Estate, fabric: Fabric) -> Iterator[tuple[Subnet, str]]:
    """Yield the reflectors, or their cluster where nobody has said which of its nodes they are."""
    for address in fabric.reflectors.addresses:
        yield ip_network(str(address)), "reflectors"
    hub = estate.clusters.get(fabric.reflectors.cluster)
    if hub is not None and not fabric.reflectors.addresses:
        for one in hub.ranges.machine:
            yield one, "reflectors"


def _borders(fabric: Fabric) -> Iterator[tuple[Subnet, str]]:
    for one in fabric.borders:
        yield ip_network(str(one.address)), f"border {one.name}"
