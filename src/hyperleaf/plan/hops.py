"""The stations that a packet passes, each with what happens there and the line that makes it so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.model.fabric import BORDERS
from hyperleaf.plan import devices
from hyperleaf.plan.nodes import BR_EX

if TYPE_CHECKING:
    from hyperleaf.findings import Place
    from hyperleaf.model.fabric import Vrf
    from hyperleaf.model.network import Network
    from hyperleaf.plan.attachments import AttachmentPlan
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.plan.endpoints import Endpoint
    from hyperleaf.plan.routes import Route
    from hyperleaf.plan.uplinks import Carried
    from hyperleaf.values.addresses import Address


@dataclass(frozen=True, slots=True)
class Hop:
    """One station: `where`, and what happens there; `place` is the line that makes it so."""

    where: str
    what: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What is asked: two ends, a family, and the plan that holds their networks."""

    plan: Plan
    source: Endpoint
    target: Endpoint
    family: int

    @property
    def here(self) -> Network:
        """The network of the source, a guest."""
        return self.plan.estate.networks[self.source.network or ""]

    @property
    def there(self) -> Network:
        """The network of the target, a guest or a gateway."""
        return self.plan.estate.networks[self.target.network or ""]

    def vrf(self, name: str | None) -> Vrf:
        """Return a VRF."""
        return self.plan.estate.vrfs[name or ""]


def bridged(way: Way) -> list[Hop]:
    """Return the way within a segment."""
    network = way.here
    if network.transport == "evpn":
        bridge, tunnel = _devices(network)
        vni = int(network.vni or 0)
        return [
            _sends(way),
            Hop(
                _leaf(way.source),
                f"bridges by MAC from {bridge} into {tunnel}: VXLAN, VNI {vni}, to the leaf where "
                f"BGP knows that MAC (within {bridge} if both stand there)",
                network.origin.place("spec", "vlan"),
            ),
            Hop(_leaf(way.target), f"bridges from {tunnel} to the port on {bridge}"),
            _receives(way),
        ]
    if network.transport == "overlay":
        return [
            _sends(way),
            Hop(
                f"OVN-Kubernetes in {way.source.site}",
                "switches it between nodes in Geneve",
                network.origin.place("spec", "transport"),
            ),
            _receives(way),
        ]
    carried = _carried(way.plan, way.source.site or "", network)
    port = carried.device if carried is not None else f"uplink {network.uplink}"
    tag = f"VLAN {int(network.vlan)}" if network.vlan and network.transport != "untagged" else ""
    return [
        _sends(way),
        Hop(
            f"node of {way.source.site}",
            f"bridges it out by {port}{f', tagged {tag}' if tag else ', untagged'}",
            network.origin.place("spec", "uplink"),
        ),
        Hop("physical switches", f"carry {tag or 'the untagged segment'} from node to node"),
        Hop(f"node of {way.target.site}", f"bridges it in by {port}"),
        _receives(way),
    ]


def routed(way: Way) -> list[Hop]:
    """Return the way between two networks of one VRF."""
    vrf = way.vrf(way.here.vrf)
    return [
        _sends(way),
        _gateway(way),
        Hop(
            f"VRF {devices.vrf(vrf.vni)}",
            f"routes to {_subnet(way)} in table {vrf.table}{_tunnel(vrf)}",
            way.there.origin.place("spec", "vrf"),
        ),
        _delivers(way),
        _receives(way),
    ]


def leaked(way: Way, route: Route) -> list[Hop]:
    """Return the way between two VRFs that exchange routes."""
    vrf, other = way.vrf(way.here.vrf), way.vrf(way.there.vrf)
    return [
        _sends(way),
        _gateway(way),
        Hop(
            f"VRF {devices.vrf(vrf.vni)}",
            f"has {route.prefix} from VRF {devices.vrf(other.vni)} by a leak",
            route.origin.place(*route.path),
        ),
        Hop(
            f"VRF {devices.vrf(other.vni)}",
            f"routes to {_subnet(way)} in table {other.table}{_tunnel(other)}",
        ),
        _delivers(way),
        _receives(way),
    ]


def to_gateway(way: Way, address: Address) -> list[Hop]:
    """Return the way to a gateway's address, which the guest's own leaf has as well."""
    return [
        _sends(way),
        Hop(
            _leaf(way.source),
            f"answers itself: {address} is on {_devices(way.there)[0]} of every leaf that has "
            f"{way.there.name}; to pings, neighbour discovery and DHCP, to nothing else",
            way.there.origin.place("spec", "gateways"),
        ),
    ]


def by_node(way: Way, route: Route) -> list[Hop]:
    """Return the way out by the node itself."""
    vrf = way.vrf(way.here.vrf)
    cluster = way.plan.estate.clusters[way.source.site or ""]
    found = {
        BR_EX if pool.primary.kind == "br-ex" else pool.primary.device or "its uplink"
        for pool in cluster.leaf_pools
    }
    return [
        _sends(way),
        _gateway(way),
        Hop(
            f"VRF {devices.vrf(vrf.vni)}",
            f"has {route.prefix} from the node's main table",
            route.origin.place(*route.path),
        ),
        Hop(
            f"node of {cluster.name}",
            f"masquerades: the packet leaves by {' or '.join(sorted(found))} with the node's own "
            "address, and only answers come back",
        ),
        Hop(way.target.label, "sees the node as the sender"),
    ]


def by_static_route(way: Way, route: Route) -> list[Hop]:
    """Return the way by a gateway inside the VRF, a guest mostly."""
    vrf = way.vrf(way.here.vrf)
    return [
        _sends(way),
        _gateway(way),
        Hop(
            f"VRF {devices.vrf(vrf.vni)}",
            f"sends {route.prefix} by {route.via}{_tunnel(vrf)}",
            route.origin.place(*route.path),
        ),
        Hop(f"guest {route.via}", "forwards it"),
        Hop(way.target.label, "receives it"),
    ]


def by_border(way: Way, route: Route) -> list[Hop]:
    """Return the way out by the data centre's default route."""
    vrf = way.vrf(route.vrf or way.here.vrf)
    own = way.vrf(way.here.vrf)
    taken = [
        Hop(
            f"VRF {devices.vrf(own.vni)}",
            f"has {route.prefix} from VRF {devices.vrf(vrf.vni)} by a leak",
            route.origin.place(*route.path),
        )
    ]
    return [
        _sends(way),
        _gateway(way),
        *(taken if route.kind == "leak" else []),
        Hop(
            f"VRF {devices.vrf(vrf.vni)}",
            f"has the default route from the borders (type 5): VXLAN, VNI {int(vrf.vni)}",
            vrf.origin.place("spec", "egress"),
        ),
        _borders(way.plan, "route it on by their own default route, the guest's address kept"),
        Hop(way.target.label, "sees the guest's own address"),
    ]


def from_border(way: Way, route: Route) -> list[Hop]:
    """Return the way in through the data centre."""
    vrf = way.vrf(way.there.vrf)
    return [
        Hop(
            way.source.label,
            f"sends to {way.target.address(way.family)}, routed by the data centre",
        ),
        _borders(way.plan, f"route to {_subnet(way)} in VRF {devices.vrf(vrf.vni)}"),
        Hop(
            f"VRF {devices.vrf(vrf.vni)}",
            f"carries it in VXLAN, VNI {int(vrf.vni)}, to the guest's leaf",
            route.origin.place(*route.path),
        ),
        _delivers(way),
        _receives(way),
    ]


def _sends(way: Way) -> Hop:
    plan, end, network = way.plan, way.source, way.here
    if end.site == BORDERS:
        return Hop(_who(end), f"sends on {network.name} in the data centre")
    plugs = [one for one in _attached(plan, end.site or "") if one.network == network.name]
    nads = ", ".join(f"{one.namespace}/{one.name}" for one in plugs[:2])
    more = f" and {len(plugs) - 2} more" if len(plugs) > 2 else ""  # noqa: PLR2004 - two are named
    into = next((f" into bridge {one.bridge}" for one in plugs if one.bridge), "")
    by = f"by attachment {nads}{more}" if plugs else "by its NIC"
    index = next((a.index for a in network.attachments if a.cluster == end.site), 0)
    return Hop(
        _who(end),
        f"sends {by}{into}, MTU {int(network.mtu)}",
        network.origin.place("spec", "attach", index),
    )


def _attached(plan: Plan, cluster: str) -> tuple[AttachmentPlan, ...]:
    return next((one.attachments for one in plan.clusters if one.cluster.name == cluster), ())


def _receives(way: Way) -> Hop:
    end, network = way.target, way.there
    where = "in the data centre" if end.site == BORDERS else f"in {end.site}"
    return Hop(_who(end), f"receives it on {network.name} {where}")


def _who(end: Endpoint) -> str:
    if end.site == BORDERS:
        return "host behind the borders"
    return f"guest {end.label}"


def _leaf(end: Endpoint) -> str:
    return "border" if end.site == BORDERS else f"leaf of {end.site}"


def _gateway(way: Way) -> Hop:
    end, network = way.source, way.here
    gateway = next((one for one in network.gateways if one.version == way.family), None)
    address = gateway.ip if gateway is not None else "?"
    return Hop(
        _leaf(end),
        f"is the gateway {address} ({network.gateway_mac}) itself, on {_devices(network)[0]}",
        network.origin.place("spec", "gateways"),
    )


def _delivers(way: Way) -> Hop:
    bridge, _ = _devices(way.there)
    return Hop(_leaf(way.target), f"delivers on {bridge} to the guest's MAC")


def _borders(plan: Plan, what: str) -> Hop:
    fabric = plan.estate.fabric
    if fabric is None:
        return Hop("borders", what)
    names = ", ".join(one.name for one in fabric.borders)
    return Hop(f"borders {names}", what, fabric.origin.place("spec", "borders"))


def _devices(network: Network) -> tuple[str, str]:
    if network.vni is None:
        return "its bridge", "its tunnel"
    return devices.bridge(network.vni), devices.vxlan(network.vni)


def _tunnel(vrf: Vrf) -> str:
    return f": VXLAN, VNI {int(vrf.vni)}, to the guest's leaf, or by the bridge on the same one"


def _subnet(way: Way) -> str:
    subnets = way.there.subnets
    return next((str(one) for one in subnets if one.version == way.family), way.there.name)


def _carried(plan: Plan, cluster: str, network: Network) -> Carried | None:
    return next(
        (
            carried
            for one in plan.clusters
            if one.cluster.name == cluster
            for uplink in one.uplinks
            for carried in uplink.carried
            if carried.network == network.name
        ),
        None,
    )
