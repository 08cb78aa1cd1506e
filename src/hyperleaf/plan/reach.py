"""Two ends of a path become a verdict: how and why one reaches the other, or what stops it.

Told from the estate alone, in the rooms' own order: the segment, the VRF, what leaks, the node's
way out, the data centre. A lab compares packets with this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hyperleaf.model.fabric import BORDERS, DEFAULT_VRF
from hyperleaf.plan import hops
from hyperleaf.plan.endpoints import Endpoint, node, outside
from hyperleaf.plan.leaf import ANYWHERE
from hyperleaf.plan.routes import Route, Tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperleaf.findings import Origin, Place
    from hyperleaf.model.fabric import Vrf
    from hyperleaf.model.network import Network
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.plan.hops import Hop
    from hyperleaf.values.addresses import Address

How = Literal["same segment", "routed in VRF", "leak", "nat", "border"]


@dataclass(frozen=True, slots=True)
class Stop:
    """What keeps a packet from its target: the line of the estate, and the reason."""

    place: Place
    document: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether `source` reaches `target`; `how` and `hops` where it does, `stopped_by` where not.

    `assumes` is what the estate cannot know and the way depends on; empty mostly.
    """

    source: Endpoint
    target: Endpoint
    family: int
    reached: bool
    how: How | None = None
    hops: tuple[Hop, ...] = ()
    stopped_by: Stop | None = None
    assumes: str = ""


class _StoppedError(Exception):
    """A packet got no further; carries what is told about it."""

    def __init__(self, origin: Origin, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(reason)
        self.stop = Stop(origin.place(*path), str(origin), reason)


def reach(  # noqa: PLR0913 - each by its name
    plan: Plan,
    source: Endpoint,
    target: Endpoint,
    family: int = 4,
    *,
    tables: Tables | None = None,
    with_hops: bool = True,
) -> Verdict:
    """Return whether `source` opens a connection to `target` in a family (4 or 6).

    One end must be a guest, else ValueError. `tables` spares making the same ones again; hops are
    left out where only the verdict counts.
    """
    asked = _Question(plan, tables or Tables(plan), family, hops=with_hops)
    try:
        how, passed, assumes = asked.answer(source, target)
    except _StoppedError as stopped:
        return Verdict(source, target, family, reached=False, stopped_by=stopped.stop)
    return Verdict(
        source, target, family, reached=True, how=how, hops=tuple(passed), assumes=assumes
    )


Answer = tuple[How, list["Hop"], str]


@dataclass(frozen=True, slots=True)
class _Question:
    """One plan and one family, asked about two ends."""

    plan: Plan
    tables: Tables
    family: int
    hops: bool

    def answer(self, source: Endpoint, target: Endpoint) -> Answer:
        """Return how the packet goes, or raise what stops it."""
        source, target = _meeting(source, target), _meeting(target, source)
        if {source.site, target.site} >= {BORDERS} and "node" in {source.kind, target.kind}:
            raise ValueError("between nodes and hosts behind the borders the data centre decides")
        if source.kind == "guest":
            here = self._network(source)
            if target.kind == "guest":
                return self._to_guest(source, here, target)
            if target.kind == "gateway":
                return self._to_gateway(source, here, target)
            return self._away(source, here, target)
        if source.kind == "gateway":
            raise ValueError("a gateway only answers; ask the other way round")
        if target.kind not in {"guest", "gateway"}:
            raise ValueError("one end must be a guest, by its network, address or name")
        return self._inwards(source, target)

    # Between guests

    def _to_guest(self, source: Endpoint, here: Network, target: Endpoint) -> Answer:
        there = self._network(target)
        if here is there:
            return self._same_segment(source, target, here)
        self._stretched(here, there)
        self._stretched(there, here)
        self._has_family(here)
        self._has_family(there)
        if here.vrf == there.vrf:
            passed = self._told(hops.routed, source, target)
            return "routed in VRF", passed, ""
        around = self._around(source, here, target, there)
        if around is not None:
            return around
        forth = self._leaked(source, here, there, self._address(target))
        self._leaked(target, there, here, self._address(source), back=True)
        passed = self._told(hops.leaked, source, target, forth)
        return "leak", passed, ""

    def _same_segment(self, source: Endpoint, target: Endpoint, network: Network) -> Answer:
        if network.subnets:
            self._has_family(network)
        if source.site != target.site and network.transport != "evpn":
            raise _StoppedError(
                network.origin,
                ("spec", "transport"),
                f"transport {network.transport} ends at the cluster: between {source.site} and "
                f"{target.site} only evpn carries {network.name}",
            )
        return "same segment", self._told(hops.bridged, source, target), ""

    def _around(
        self, source: Endpoint, here: Network, target: Endpoint, there: Network
    ) -> Answer | None:
        """Return the way out by the node and in by the borders, as any stranger has it, if any.

        Guests on leaves are not found so: their VRF drops what goes to the node for an answer.
        """
        if source.site == BORDERS or not (target.site == BORDERS or target.kind == "gateway"):
            return None
        self._has_family(here)
        vrf, other, to = self._vrf(here), self._vrf(there), self._address(target)
        route = self.tables.find(source.site or "", vrf, to)
        seen = node(self.plan.estate.clusters[source.site or ""]).address(self.family)
        beyond = outside().address(self.family)
        if seen is None or beyond is None or route.kind != "main":
            return None
        # Whether the nodes' main table has more than a default route, nobody here knows.
        if self.tables.find(source.site or "", vrf, beyond).kind != "main":
            return None
        if any(to in one.prefix for one in self.tables.private(vrf)):
            return None
        if self.tables.find(BORDERS, other, seen).kind != "border":
            return None
        self._leaves_by_node(source, here, vrf)
        return "nat", self._told(hops.by_node, source, target, route), _beyond(target)

    def _leaked(
        self, source: Endpoint, here: Network, there: Network, to: Address, *, back: bool = False
    ) -> Route:
        """Return the leak that leads from one VRF into the other, or raise what is instead."""
        vrf, other = self._vrf(here), self._vrf(there)
        route = self.tables.find(source.site or "", vrf, to)
        if route.kind == "leak" and route.vrf == other.name:
            return route
        way = f"the way back from {here.name}" if back else f"{here.name}"
        for leak_owner, peer in ((vrf, other), (other, vrf)):
            for leak in leak_owner.leaks:
                if leak.other == peer.name:
                    raise _StoppedError(
                        leak_owner.origin,
                        ("spec", "leaks", leak.index),
                        f"this leak gives {vrf.name} no route to {to} ({there.name}); a leak takes "
                        f"prefixes exactly as the other VRF has them"
                        + (f", and {there.name} needs it for the way back" if back else ""),
                    )
        reason = f"{way} and {there.name} are routed in different VRFs, and no leak joins them"
        if route.kind in {"hosts", "private", "nothing"}:
            reason += f"; VRF {vrf.name} drops {to}"
        elif route.kind == "main":
            reason += f"; VRF {vrf.name} sends {to} out, from where no way leads in"
        elif route.kind == "border":
            reason += f"; VRF {vrf.name} sends {to} to the data centre, which keeps VRFs apart"
        raise _StoppedError(here.origin, ("spec", "vrf"), reason)

    def _to_gateway(self, source: Endpoint, here: Network, target: Endpoint) -> Answer:
        there = self.plan.estate.networks[target.network or ""]
        self._stretched(here, there)
        around = self._around(source, here, target, there) if here.vrf != there.vrf else None
        if around is not None:
            return around
        if here.vrf != there.vrf:
            # A leak leads to it as to everybody on its network, and it answers by the leak back.
            self._has_family(here)
            self._leaked(source, here, there, self._address(target))
            leaf = source.site if source.site in there.clusters else target.site
            answering = Endpoint("gateway", target.label, there.name, leaf)
            self._leaked(answering, there, here, self._own_address(source, here), back=True)
            return "leak", self._told(hops.to_gateway, source, target, self._address(target)), ""
        how: How = "same segment" if here is there else "routed in VRF"
        return how, self._told(hops.to_gateway, source, target, self._address(target)), ""

    # Away from the fabric

    def _away(self, source: Endpoint, here: Network, target: Endpoint) -> Answer:
        self._stretched(here, None)
        self._has_family(here)
        vrf, to = self._vrf(here), self._address(target)
        route = self.tables.find(source.site or "", vrf, to)
        if route.drops:
            raise self._dropped(route, vrf, target, to)
        match route.kind:
            case "main":
                self._leaves_by_node(source, here, vrf)
                passed = self._told(hops.by_node, source, target, route)
                assumes = _main_has(route)
                return "nat", passed, assumes
            case "static":
                passed = self._told(hops.by_static_route, source, target, route)
                return "routed in VRF", passed, f"the guest at {route.via} forwards it"
            case "leak":
                return self._away_by_leak(source, here, target, route)
            case "own":
                raise _StoppedError(
                    route.origin, route.path, f"{to} lies in {route.network} and is no guest's"
                )
            case _:
                passed = self._told(hops.by_border, source, target, route)
                return "border", passed, _beyond(target)

    def _away_by_leak(
        self, source: Endpoint, here: Network, target: Endpoint, route: Route
    ) -> Answer:
        """Follow a leaked default or static route in the other VRF, and ask for the way back."""
        other = self.plan.estate.vrfs[route.vrf or ""]
        back = self.tables.of_vrf(other).find(self._own_address(source, here))
        if back is None or back.kind != "leak" or back.vrf != here.vrf:
            raise _StoppedError(
                route.origin,
                route.path,
                f"VRF {other.name} has no way back to {here.name}: export its subnets too",
            )
        passed = self._told(hops.by_border, source, target, route)
        return "border", passed, _beyond(target)

    def _leaves_by_node(self, source: Endpoint, here: Network, vrf: Vrf) -> None:
        """Raise what keeps a packet from leaving by the node, or its answer from coming back."""
        cluster = self.plan.estate.clusters[source.site or ""]
        if self.family not in {subnet.version for subnet in cluster.ranges.machine}:
            raise _StoppedError(
                cluster.origin,
                ("spec", "networks", "machine"),
                f"the nodes of {cluster.name} have no IPv{self.family} address to leave by: their "
                "machine network has none",
            )
        own = self._own_address(source, here)
        returned = self.tables.returned(vrf)
        if not any(own in subnet and subnet in returned for subnet in here.subnets):
            leak = next(one for one in vrf.leaks if one.other == DEFAULT_VRF)
            raise _StoppedError(
                vrf.origin,
                ("spec", "leaks", leak.index, "export"),
                f"{here.name}'s subnet is not given to the nodes' main table, so no answer finds "
                "its way back",
            )

    def _dropped(self, route: Route, vrf: Vrf, target: Endpoint, to: Address) -> _StoppedError:
        if route.kind == "hosts":
            reason = (
                f"{to} lies in {route.prefix}, which belongs to hosts: tenants reach no node, pod, "
                "service, cloud or underlay address, whatever is leaked"
            )
        elif route.kind == "private":
            reason = (
                f"{to} lies in {route.prefix}: by the node's way out (egress: nat) private ranges "
                "are reached only where a leak imports them"
            )
        else:
            reason = f"VRF {vrf.name} has no route to {target.label}: egress is {vrf.egress}"
            if vrf.egress == "nat":
                reason += f", and none of its networks has IPv{self.family}"
            elif vrf.egress == "border":
                reason += f", and no border gives it one for IPv{self.family}"
        return _StoppedError(route.origin, route.path, reason)

    # Into the fabric

    def _inwards(self, source: Endpoint, target: Endpoint) -> Answer:
        there = self.plan.estate.networks[target.network or ""]
        if source.kind == "node":
            cluster = self.plan.estate.clusters[source.site or ""]
            raise _StoppedError(
                cluster.origin,
                ("spec", "networks", "machine"),
                f"hosts begin no connection into a tenant's network: the nodes of {cluster.name} "
                "drop it, and tenants answer no host",
            )
        self._network(target)
        self._stretched(there, None)
        self._has_family(there)
        if target.kind == "gateway":
            raise _StoppedError(
                there.origin, ("spec", "gateways"), "a gateway answers within its own VRF only"
            )
        vrf = self._vrf(there)
        route = self.tables.find(target.site or "", vrf, self._address(source))
        if route.kind == "border" or (route.kind == "leak" and source.kind == "outside"):
            self._away(target, there, source)
            passed = self._told(hops.from_border, source, target, route)
            return "border", passed, _beyond(source)
        if route.drops and vrf.egress != "nat":
            raise self._dropped(route, vrf, source, self._address(source))
        raise _StoppedError(
            vrf.origin,
            ("spec", "egress"),
            f"egress {vrf.egress} hides {there.name} behind its nodes' addresses: only answers "
            "come in, nobody outside begins",
        )

    # What must be true of an end

    def _told(
        self, tell: Callable[..., list[Hop]], source: Endpoint, target: Endpoint, *more: object
    ) -> list[Hop]:
        """Return the stations, where somebody wants to know them."""
        way = hops.Way(self.plan, source, target, self.family)
        return tell(way, *more) if self.hops else []

    def _network(self, end: Endpoint) -> Network:
        """Return the network that a guest is on, or raise why no guest can be there."""
        network = self.plan.estate.networks[end.network or ""]
        fabric = self.plan.estate.fabric
        if end.site == BORDERS:
            if fabric is None or network.transport != "evpn":
                raise _StoppedError(
                    network.origin,
                    ("spec", "transport"),
                    f"transport {network.transport} does not stretch {network.name} to the borders",
                )
            if not fabric.borders:
                raise _StoppedError(
                    fabric.origin, ("spec", "borders"), "the fabric has no border to the outside"
                )
            return network
        if end.site not in network.clusters:
            raise _StoppedError(
                network.origin, ("spec", "attach"), f"{network.name} is not attached in {end.site}"
            )
        cluster = self.plan.estate.clusters[end.site]
        if network.transport == "evpn" and not cluster.leaf_pools:
            raise _StoppedError(
                cluster.origin,
                ("spec", "nodePools"),
                f"cluster {cluster.name} has no node pool whose nodes are leaves",
            )
        return network

    def _stretched(self, network: Network, other: Network | None) -> None:
        if network.transport != "evpn":
            to = f" to {other.name}" if other is not None else ""
            raise _StoppedError(
                network.origin,
                ("spec", "transport"),
                f"transport {network.transport} is a segment without a gateway of ours: nothing "
                f"routes {network.name}{to}",
            )
        if network.vrf is None:
            raise _StoppedError(network.origin, ("spec", "vrf"), f"{network.name} has no VRF")

    def _has_family(self, network: Network) -> None:
        if self.family not in {subnet.version for subnet in network.subnets}:
            raise _StoppedError(
                network.origin,
                ("spec", "subnets"),
                f"{network.name} has no IPv{self.family} subnet",
            )

    def _vrf(self, network: Network) -> Vrf:
        return self.plan.estate.vrfs[network.vrf or ""]

    def _address(self, end: Endpoint) -> Address:
        found = end.address(self.family)
        if found is not None:
            return found
        if end.origin is not None:
            raise _StoppedError(
                end.origin, end.path, f"{end.label} has no IPv{self.family} address"
            )
        raise ValueError(f"{end.label} has no IPv{self.family} address")

    def _own_address(self, end: Endpoint, network: Network) -> Address:
        found = end.address(self.family)
        subnet = next(one for one in network.subnets if one.version == self.family)
        return found if found is not None else subnet.network_address


def _meeting(end: Endpoint, other: Endpoint) -> Endpoint:
    """Return a host behind the borders that has no network yet on the other end's."""
    if end.kind != "guest" or end.network is not None:
        return end
    if other.network is None:
        raise ValueError("one end must be a guest, by its network, address or name")
    return Endpoint("guest", end.label, other.network, end.site, end.addresses)


def _main_has(route: Route) -> str:
    if route.prefix in ANYWHERE:
        return ""
    return f"the nodes' main table has the route {route.prefix} exactly"


def _beyond(end: Endpoint) -> str:
    return "" if end.kind == "outside" else f"the data centre routes {end.label} to the borders"
