"""The routes that a VRF holds on every leaf and border, told from the estate, and what each drops.

The same as what is rendered for FRR: a leak takes prefixes exactly as the other VRF has them, what
was leaked is not leaked again, hosts' ranges are dropped before anything learnt for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hyperleaf.model.fabric import BORDERS, DEFAULT_VRF
from hyperleaf.plan.leaf import (
    ANYWHERE,
    DISTANCE_HOSTS,
    DISTANCE_NO_DEFAULT,
    DISTANCE_PRIVATE,
    LINK_LOCAL,
    OWN_IPV6,
    exports_of,
    imports_of,
    private_ranges,
    vrf_subnets,
)
from hyperleaf.values.addresses import IPV6

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.findings import Origin
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Vrf
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.values.addresses import Address, Subnet

Path = tuple[str | int, ...]
Kind = Literal["own", "static", "leak", "main", "border", "hosts", "private", "nothing"]
# As FRR has them; the drops' are those that are rendered.
_DISTANCE: dict[Kind, int] = {
    "own": 0,
    "hosts": DISTANCE_HOSTS,
    "static": 1,
    "main": 20,
    "leak": 200,
    "border": 200,
    "private": DISTANCE_PRIVATE,
    "nothing": DISTANCE_NO_DEFAULT,
}


@dataclass(frozen=True, slots=True)
class Route:
    """A route and the line of the estate that makes it.

    `own` leads to `network`, `static` to the gateway `via`, `leak` into the VRF `vrf`, `main` out
    by the node, `border` to the data centre; `hosts`, `private` and `nothing` drop.
    """

    prefix: Subnet
    kind: Kind
    origin: Origin
    path: Path
    network: str | None = None
    vrf: str | None = None
    via: Address | None = None

    @property
    def drops(self) -> bool:
        """Whether a packet ends here."""
        return self.kind in {"hosts", "private", "nothing"}


class Table:
    """Routes by prefix: the longest wins, then the least distance."""

    __slots__ = ("_by_length",)

    def __init__(self, routes: Iterable[Route]) -> None:
        by_length: dict[tuple[int, int], dict[int, Route]] = {}
        for one in routes:
            key = (one.prefix.version, one.prefix.prefixlen)
            same = by_length.setdefault(key, {})
            network = int(one.prefix.network_address)
            if network not in same or _DISTANCE[one.kind] < _DISTANCE[same[network].kind]:
                same[network] = one
        self._by_length = dict(sorted(by_length.items(), reverse=True))

    def find(self, address: Address) -> Route | None:
        """Return the route to an address."""
        number, bits = int(address), address.max_prefixlen
        for (version, length), routes in self._by_length.items():
            if version == address.version:
                found = routes.get(number >> bits - length << bits - length)
                if found is not None:
                    return found
        return None

    def __iter__(self) -> Iterator[Route]:
        for routes in self._by_length.values():
            yield from routes.values()


class Tables:
    """The tables of every VRF, made when they are first asked for."""

    def __init__(self, plan: Plan) -> None:
        self._estate = plan.estate
        self._of_vrf: dict[str, Table] = {}
        self._of_border: dict[str, Table] = {}
        self._hosts: dict[str, Table] = {}
        self._given: dict[str, frozenset[Subnet]] = {}
        self._returned: dict[str, frozenset[Subnet]] = {}
        self._private_of: dict[str, tuple[Route, ...]] = {}

    def find(self, site: str, vrf: Vrf, address: Address) -> Route:
        """Return how a leaf of the cluster `site`, or a border, sends a packet to an address."""
        if site == BORDERS:
            return self.at_borders(vrf).find(address) or nothing(vrf, address)
        found = self.of_vrf(vrf).find(address)
        hosts = self.hosts(site).find(address)
        candidates = [one for one in (found, hosts) if one is not None]
        candidates += [one for one in self.private(vrf) if address in one.prefix]
        candidates.append(nothing(vrf, address))
        best = min(candidates, key=lambda one: (-one.prefix.prefixlen, _DISTANCE[one.kind]))
        # Filters drop hosts' ranges on the way out of the node, whatever the routes say.
        return hosts if best.kind == "main" and hosts is not None else best

    def of_vrf(self, vrf: Vrf) -> Table:
        """Return what the VRF holds everywhere: its subnets, static routes, and what it takes."""
        if vrf.name not in self._of_vrf:
            own = list(announced(self._estate, vrf))
            self._of_vrf[vrf.name] = Table([*own, *self._taken(vrf)])
        return self._of_vrf[vrf.name]

    def at_borders(self, vrf: Vrf) -> Table:
        """Return what the VRF holds on a border, which has no node's way out."""
        if vrf.name not in self._of_border:
            routes = [*announced(self._estate, vrf), *self._taken(vrf)]
            self._of_border[vrf.name] = Table(one for one in routes if one.kind != "main")
        return self._of_border[vrf.name]

    def hosts(self, cluster: str) -> Table:
        """Return what the leaves of a cluster drop because hosts are there."""
        if cluster not in self._hosts:
            self._hosts[cluster] = Table(_host_routes(self._estate, cluster))
        return self._hosts[cluster]

    def _taken(self, vrf: Vrf) -> Iterator[Route]:
        for source, prefix, origin, path in imported(self._estate, vrf):
            if source == DEFAULT_VRF:
                yield Route(prefix, "main", origin, path)
            elif self._gives(self._estate.vrfs[source], prefix):
                yield Route(prefix, "leak", origin, path, vrf=source)

    def _gives(self, vrf: Vrf, prefix: Subnet) -> bool:
        """Tell whether a VRF has a prefix exactly, and not from a leak itself."""
        if vrf.name not in self._given:
            given = frozenset(one.prefix for one in announced(self._estate, vrf))
            self._given[vrf.name] = given
        return prefix in self._given[vrf.name]

    def returned(self, vrf: Vrf) -> frozenset[Subnet]:
        """Return what the nodes' main table has of a VRF: answers find their way by these."""
        if vrf.name not in self._returned:
            self._returned[vrf.name] = frozenset(exports_of(self._estate, vrf))
        return self._returned[vrf.name]

    def private(self, vrf: Vrf) -> tuple[Route, ...]:
        """Return the drops of private ranges, which more specific routes pass by."""
        if vrf.name not in self._private_of:
            self._private_of[vrf.name] = tuple(
                Route(prefix, "private", vrf.origin, ("spec", "egress"))
                for prefix in private_ranges(vrf, imports_of(self._estate, vrf))
            )
        return self._private_of[vrf.name]


def nothing(vrf: Vrf, address: Address) -> Route:
    """Return the last route of every VRF, which drops: no packet falls to the main table."""
    anywhere = next(one for one in ANYWHERE if one.version == address.version)
    return Route(anywhere, "nothing", vrf.origin, ("spec", "egress"))


def announced(estate: Estate, vrf: Vrf) -> Iterator[Route]:
    """Yield what a VRF has by itself, on whichever leaf, and can give to others."""
    for network in estate.networks_of(vrf):
        for index, subnet in enumerate(network.subnets):
            path = ("spec", "subnets", index)
            yield Route(subnet, "own", network.origin, path, network=network.name)
    subnets = vrf_subnets(estate, vrf)
    for route in vrf.routes:
        if any(route.via in subnet for subnet in subnets):
            path = ("spec", "routes", route.index)
            yield Route(route.to, "static", vrf.origin, path, via=route.via)
    if vrf.egress == "border" and estate.fabric is not None and estate.fabric.borders:
        families = {subnet.version for subnet in subnets}
        for anywhere in ANYWHERE:
            if anywhere.version in families:
                yield Route(anywhere, "border", vrf.origin, ("spec", "egress"))


def imported(estate: Estate, vrf: Vrf) -> Iterator[tuple[str, Subnet, Origin, Path]]:
    """Yield what a VRF takes, from which VRF or the main table, and the line that says so.

    The prefixes are those of `imports_of`, which knows no lines.
    """
    allowed = {(one.vrf, prefix) for one in imports_of(estate, vrf) for prefix in one.prefixes}
    if vrf.egress == "nat":
        for anywhere in ANYWHERE:
            if (DEFAULT_VRF, anywhere) in allowed:
                yield DEFAULT_VRF, anywhere, vrf.origin, ("spec", "egress")
    for leak in vrf.leaks:
        for index, prefix in enumerate(leak.imports):
            if (leak.other, prefix) in allowed:
                path: Path = ("spec", "leaks", leak.index, "import", index)
                yield leak.other, prefix, vrf.origin, path
    for other, leak in estate.leaks_with.get(vrf.name, ()):
        given = vrf_subnets(estate, other) if leak.exports is None else leak.exports
        for prefix in given:
            if (other.name, prefix) in allowed:
                yield other.name, prefix, other.origin, ("spec", "leaks", leak.index, "export")


def _host_routes(estate: Estate, name: str) -> Iterator[Route]:
    cluster, fabric = estate.clusters[name], estate.fabric
    for field, subnet in cluster.ranges.named():
        yield Route(subnet, "hosts", cluster.origin, ("spec", "networks", field))
    for other in estate.clusters.values():
        for subnet in other.ranges.machine:
            if other is not cluster and subnet.version == IPV6:
                yield Route(subnet, "hosts", other.origin, ("spec", "networks", "machine"))
    if fabric is not None:
        for index, subnet in enumerate(fabric.underlay):
            yield Route(subnet, "hosts", fabric.origin, ("spec", "underlay", "cidrs", index))
        for subnet in (LINK_LOCAL, *OWN_IPV6):
            yield Route(subnet, "hosts", fabric.origin, ("spec", "underlay"))
