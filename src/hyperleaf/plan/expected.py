"""The plan becomes what a lab must find: ends, who routes them, what is leaked, what is forbidden.

Linear in the number of networks: pairs are not written but follow, by `pairs`, which a lab calls
too. `expected(plan)` is plain data, rendered as expected.json:

- `format`: 1.
- `segments`, by network: `transport`, `vlan`, `vni`, `vrf`, `mtu`, `subnets`, `clusters`;
  `gateways` (`address` with its length, `mac`: the same on every leaf), `lease` (a list of
  `subnet`, `router`, `servers`, `ranges` of addresses, `mtu`, `dns`) where DHCP serves it,
  `advertised` (`router`: the gateway's link-local, `managed`, `other`) where it has IPv6.
- `guests`: one a network and cluster that attaches it, one more behind the borders (`at` is
  `borders`): `name`, `network`, `at`, `namespace` and `attachment` to plug in by (null behind the
  borders), `addresses` and `gateways` by family, and `outside`: by family how it leaves (`nat`,
  `border`); `seen` is what the outside sees as the sender, `node` or `guest`; `entered`: families
  in which the outside reaches it.
- `domains`, by VRF: `vni`, `table`, `device`, `egress`, `networks`, and `private`, the ranges that
  its way out by the nodes does not lead to.
- `crossings`: `from` a VRF into another, `to`, the `prefixes` that it has from there, on borders
  alone where `at` says so. Both directions are needed.
- `forbidden`: what no guest reaches, whatever else is true: `ranges` by cluster, `services` (a
  name, a port, and where: every node, the gateway, or an address).
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperleaf.model.fabric import BORDERS
from hyperleaf.plan import devices
from hyperleaf.plan.endpoints import Endpoint, guest, guests, outside
from hyperleaf.plan.leaf import imports_of, private_ranges
from hyperleaf.plan.nodes import plan_nodes
from hyperleaf.plan.reach import reach
from hyperleaf.plan.routes import Tables
from hyperleaf.values.addresses import IPV6, link_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hyperleaf.model.network import Network
    from hyperleaf.plan.borders import Scope
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.plan.reach import How
    from hyperleaf.plan.routes import Table

FORMAT = 1
# Ports that a node answers to others, never to a tenant.
NODE_SERVICES = (
    ("kubelet", 10250),
    ("ssh", 22),
    ("machine-config", 22623),
    ("node-port", 30000),
    ("bgp", 179),
)
CREDENTIALS = "169.254.169.254"


class Pair(NamedTuple):
    """One question a lab asks with packets: does `a` reach `b` in a family, and how."""

    a: str
    b: str
    family: int
    reached: bool
    how: How | None


def expected(plan: Plan) -> dict[str, Any]:
    """Return what must be true of the rendered estate, as plain data."""
    estate, tables = plan.estate, Tables(plan)
    scopes: dict[str, list[Scope]] = {}
    for scope in plan.scopes:
        scopes.setdefault(scope.network, []).append(scope)
    return {
        "format": FORMAT,
        "segments": {
            one.name: _segment(one, scopes.get(one.name, ())) for one in estate.networks.values()
        },
        "guests": [_guest(plan, tables, one) for one in (*guests(plan), *_behind_borders(plan))],
        "domains": {
            vrf.name: {
                "vni": int(vrf.vni),
                "table": vrf.table,
                "device": str(devices.vrf(vrf.vni)),
                "egress": vrf.egress,
                "networks": [network.name for network in estate.networks_of(vrf)],
                "private": [str(one) for one in private_ranges(vrf, imports_of(estate, vrf))],
            }
            for vrf in estate.vrfs.values()
        },
        "crossings": list(_crossings(plan, tables)),
        "forbidden": _forbidden(plan),
    }


def _segment(network: Network, scopes: Iterable[Scope]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "transport": network.transport,
        "role": network.role,
        "vlan": _number(network.vlan),
        "vni": _number(network.vni),
        "vrf": network.vrf,
        "mtu": int(network.mtu),
        "subnets": [str(one) for one in network.subnets],
        "clusters": list(network.clusters),
        "gateways": [
            {"address": str(one), "mac": str(network.gateway_mac)} for one in network.gateways
        ],
    }
    leases = [
        {
            "subnet": str(scope.subnet),
            "router": str(scope.router) if scope.router is not None else None,
            "servers": [str(one) for one in scope.servers],
            "ranges": [[str(first), str(last)] for first, last in scope.pools],
            "mtu": int(scope.mtu),
            "dns": [str(one) for one in scope.dns],
        }
        for scope in scopes
    ]
    if network.gateway_mac is not None and any(one.version == IPV6 for one in network.subnets):
        made["advertised"] = {
            "router": str(link_local(network.gateway_mac)),
            "managed": network.ra_managed,
            "other": network.ra_other,
        }
    return {**made, "lease": leases} if leases else made


def _number(value: int | None) -> int | None:
    return None if value is None else int(value)


def _behind_borders(plan: Plan) -> Iterator[Endpoint]:
    if plan.borders:
        for network in plan.estate.networks.values():
            if network.transport == "evpn":
                yield guest(plan, network, BORDERS)


def _guest(plan: Plan, tables: Tables, end: Endpoint) -> dict[str, Any]:
    network = plan.estate.networks[end.network or ""]
    attachment = next((one for one in network.attachments if one.cluster == end.site), None)
    namespaces = attachment.namespaces if attachment is not None else ()
    made: dict[str, Any] = {
        "name": end.label,
        "network": network.name,
        "at": end.site,
        "namespace": next(iter(namespaces), None),
        "attachment": attachment.name if attachment is not None else None,
        "addresses": {str(one.version): f"{one}/{_length(network, one)}" for one in end.addresses},
        "gateways": {str(one.version): str(one.ip) for one in reversed(network.gateways)},
    }
    families = [one.version for one in end.addresses]
    ways = {
        family: reach(plan, end, outside(), family, tables=tables, with_hops=False).how
        for family in families
    }
    return {
        **made,
        "outside": {str(family): how for family, how in ways.items() if how is not None},
        "seen": {
            str(family): "node" if how == "nat" else "guest"
            for family, how in ways.items()
            if how is not None
        },
        "entered": [
            family
            for family in families
            if reach(plan, outside(), end, family, tables=tables, with_hops=False).reached
        ],
    }


def _length(network: Network, address: object) -> int:
    """Return the prefix length of an address; that of the range for segments without subnets."""
    return next((one.prefixlen for one in network.subnets if address in one), 15)


def _crossings(plan: Plan, tables: Tables) -> Iterator[dict[str, Any]]:
    """Yield what VRFs have from each other, as their tables hold it."""
    for vrf in plan.estate.vrfs.values():
        everywhere = _leaked(tables.of_vrf(vrf))
        for other, prefixes in sorted(everywhere.items()):
            yield {"from": vrf.name, "to": other, "prefixes": sorted(prefixes)}
        # What leaves take from their nodes instead, borders have from the other VRF.
        for other, prefixes in sorted(_leaked(tables.at_borders(vrf)).items()):
            more = prefixes - everywhere.get(other, set())
            if more:
                yield {"from": vrf.name, "to": other, "prefixes": sorted(more), "at": BORDERS}


def _leaked(table: Table) -> dict[str, set[str]]:
    """Return the prefixes that a table has from each other VRF."""
    taken: dict[str, set[str]] = {}
    for route in table:
        if route.kind == "leak" and route.vrf is not None:
            taken.setdefault(route.vrf, set()).add(str(route.prefix))
    return taken


def _forbidden(plan: Plan) -> dict[str, Any]:
    fabric = plan.estate.fabric
    if fabric is None:
        return {"ranges": {}, "services": []}
    nodes = [plan_nodes(fabric, cluster) for cluster in plan.estate.clusters.values()]
    ranges = {
        one.cluster: [str(subnet) for subnet in one.host_ranges] for one in nodes if one is not None
    }
    on_nodes = [{"name": name, "port": port, "on": "node"} for name, port in NODE_SERVICES]
    # A gateway's address is the node's own: what listens on every address listens there, too.
    on_gateways = [{"name": name, "port": port, "on": "gateway"} for name, port in NODE_SERVICES]
    cloud = {"name": "credentials", "port": 80, "on": CREDENTIALS}
    return {"ranges": ranges, "services": [*on_nodes, *on_gateways, cloud]}


def pairs(stated: Mapping[str, Any]) -> Iterator[Pair]:
    """Expand what `expected` returned into every ordered pair of ends, families apart.

    Ends are guests by name, `outside` and `node:CLUSTER` for each cluster with leaves. A pair of a
    guest with itself means two guests there, on two nodes where the cluster has two. Nodes are
    asked in the families of the guest, and not about hosts behind the borders: between those the
    data centre decides.
    """
    by_way = _Crossing(stated)
    everyone = list(stated["guests"])
    nodes = [f"node:{name}" for name in stated["forbidden"]["ranges"]]
    for a in everyone:
        for b in everyone:
            yield from by_way.between(a, b)
        for family in _families(a):
            way = a["outside"].get(str(family))
            yield Pair(a["name"], "outside", family, way is not None, way)
            entered = family in a["entered"]
            yield Pair("outside", a["name"], family, entered, "border" if entered else None)
            for node in nodes if a["at"] != BORDERS else ():
                yield Pair(a["name"], node, family, reached=False, how=None)
                yield Pair(node, a["name"], family, reached=False, how=None)


def _families(end: Mapping[str, Any]) -> list[int]:
    return [int(family) for family in end["addresses"]]


class _Crossing:
    """What pairs of guests are decided by."""

    def __init__(self, stated: Mapping[str, Any]) -> None:
        self._segments = stated["segments"]
        self._domains = stated["domains"]
        self._private = {
            name: [ip_network(one) for one in domain["private"]]
            for name, domain in stated["domains"].items()
        }
        self._has = {
            (one["from"], one["to"], one.get("at")): [ip_network(each) for each in one["prefixes"]]
            for one in stated["crossings"]
        }

    def between(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Pair]:
        """Yield the pair in each family that both have."""
        for family in _families(a):
            if str(family) in b["addresses"]:
                how = self._how(a, b, str(family))
                yield Pair(a["name"], b["name"], family, how is not None, how)

    def _how(self, a: Mapping[str, Any], b: Mapping[str, Any], family: str) -> How | None:
        segment, other = self._segments[a["network"]], self._segments[b["network"]]
        if a["network"] == b["network"]:
            stretched = segment["transport"] == "evpn" or a["at"] == b["at"]
            return "same segment" if stretched else None
        if segment["vrf"] is None or other["vrf"] is None:
            return None
        if not segment["subnets"] or not other["subnets"]:
            return None
        if segment["vrf"] == other["vrf"]:
            return "routed in VRF"
        forth = self._crosses(a, other["vrf"], b["addresses"][family])
        back = self._crosses(b, segment["vrf"], a["addresses"][family])
        if forth:
            return "leak" if back else None
        return "nat" if self._around(a, b, segment["vrf"], family) else None

    def _around(self, a: Mapping[str, Any], b: Mapping[str, Any], vrf: str, family: str) -> bool:
        """Tell whether the way out by a node comes in by the borders, to whoever is behind them."""
        address = ip_address(b["addresses"][family].partition("/")[0])
        return (
            a["at"] != BORDERS
            and b["at"] == BORDERS
            and a["outside"].get(family) == "nat"
            and self._domains[self._segments[b["network"]]["vrf"]]["egress"] == "border"
            and not any(address in one for one in self._private[vrf])
        )

    def _crosses(self, end: Mapping[str, Any], other: str, interface: str) -> bool:
        address, vrf = (
            ip_address(interface.partition("/")[0]),
            self._segments[end["network"]]["vrf"],
        )
        places = (None, BORDERS) if end["at"] == BORDERS else (None,)
        known = [one for place in places for one in self._has.get((vrf, other, place), ())]
        return any(address in prefix for prefix in known)
