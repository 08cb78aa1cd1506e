"""A leaf's plan as FRR's text: what all VRFs share, and one text a VRF.

Each text stands in an FRRConfiguration of its own and names nothing that only another VRF's text
defines, except VRFs that it takes routes from. Nothing here is said of a node.

Route targets are not written: a leaf's AS is the fabric's, so FRR's own are the ones wanted, and
FRR 10.3 refuses a VRF's equal one when the L3VNI came up before (one node in four failed to load)
and forgets an L2VNI's, which frr-reload then adds for ever.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from hyperleaf.plan.leaf import ANYWHERE, DISTANCE_NO_DEFAULT, DISTANCE_PRIVATE
from hyperleaf.render.frr import names
from hyperleaf.render.frr import statements as frr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.model.fabric import StaticRoute
    from hyperleaf.plan.borders import BorderVrf
    from hyperleaf.plan.leaf import LeafPlan, LeafVrf, Segment
    from hyperleaf.values.addresses import Subnet
    from hyperleaf.values.names import DeviceName

# Exports that are no network's own subnet are numbered from here: no VNI * 16 + place is as high.
_STATED = 1 << 28
_STATED_PER_VRF = 128
# NetworkManager numbers the routes of its bridges (425, 426, ...) as they come up on each node: the
# kernel's metric would make one leaf better than another, and many bridges worse than a border.
NEAR = 100


def leaf_text(leaf: LeafPlan) -> str:
    """Return what every leaf runs, whatever its VRFs: EVPN, and the main table's side of leaks."""
    return frr.write(_leaf(leaf))


def leaf_vrf_text(leaf: LeafPlan, vrf: LeafVrf) -> str:
    """Return what every leaf runs for one VRF."""
    return frr.write(_leaf_vrf(leaf, vrf))


def _leaf(leaf: LeafPlan) -> Iterator[frr.Line]:
    evpn = [f"neighbor {neighbour} activate" for neighbour in leaf.neighbours]
    yield frr.SOON
    yield frr.router(leaf.asn, frr.family(frr.EVPN, [*evpn, "advertise-all-vni"]))
    given = _given_by_main(leaf)
    yield from frr.prefix_list(names.FROM_MAIN, _counted(given))
    yield from frr.route_map(names.FROM_MAIN, _clauses_by_family(names.FROM_MAIN))
    yield from frr.route_map(names.RETURN, _clauses_by_family(names.RETURN))
    # The default route is the kernel's own; the rest of what is leaked may be connected as well.
    sources = ["kernel"] if set(given) <= set(ANYWHERE) else ["connected", "kernel", "static"]
    yield frr.router(
        leaf.asn,
        chain.from_iterable(
            frr.family(
                frr.UNICAST[family],
                [
                    *(f"redistribute {one} route-map {names.FROM_MAIN}" for one in sources),
                    f"import vrf route-map {names.RETURN}",
                ],
            )
            for family in frr.FAMILIES
        ),
    )


def _given_by_main(leaf: LeafPlan) -> list[Subnet]:
    """Return what any VRF takes from the main table, each prefix once; the default always."""
    leaked = {
        prefix
        for vrf in leaf.vrfs
        for one in vrf.imports
        if one.device is None
        for prefix in one.prefixes
    }
    rest = sorted(leaked - set(ANYWHERE), key=lambda one: (one.version, one))
    return [*ANYWHERE, *rest]


def _counted(subnets: Iterable[Subnet]) -> Iterator[tuple[int, Subnet]]:
    return ((number * frr.STEP, subnet) for number, subnet in enumerate(subnets, 1))


def _clauses_by_family(prefix_list: str, metric: int | None = None) -> list[frr.Clause]:
    return [
        frr.Clause(permit=True, family=family, prefix_list=prefix_list, metric=metric)
        for family in frr.FAMILIES
    ]


def _leaf_vrf(leaf: LeafPlan, vrf: LeafVrf) -> Iterator[frr.Line]:
    own = names.own(vrf.vni)
    routes = reachable(vrf.routes, vrf.segments)
    yield frr.vrf(vrf.device, vrf.vni, _static(leaf, vrf, routes))
    yield from frr.prefix_list(own, [*numbered_routes(routes), *vrf.numbered])
    yield from frr.route_map(own, _clauses_by_family(own, NEAR))
    yield from import_filters(vrf)
    returned = list(_returned(vrf))
    yield from frr.prefix_list(names.RETURN, returned)
    yield frr.router(leaf.asn, _vrf_router(vrf, routes), vrf.device)
    if returned:
        yield frr.router(leaf.asn, _main_router(vrf, returned))
    yield from advertisements((one.bridge, one) for one in vrf.segments)


def reachable(routes: Iterable[StaticRoute], segments: Iterable[Segment]) -> list[StaticRoute]:
    """Return the routes whose gateway stands on one of the segments.

    Elsewhere a gateway would be found by the default route, and the route be announced in vain;
    there it is learnt from those that have the segment.
    """
    subnets = [subnet for segment in segments for subnet in segment.subnets]
    return [route for route in routes if any(route.via in subnet for subnet in subnets)]


def numbered_routes(routes: Iterable[StaticRoute]) -> Iterator[tuple[int, Subnet]]:
    """Yield the routes' prefixes with their places as numbers, below those of subnets."""
    seen: set[Subnet] = set()
    for route in routes:
        if route.to not in seen:
            seen.add(route.to)
            yield route.index + 1, route.to


def _static(leaf: LeafPlan, vrf: LeafVrf, routes: Iterable[StaticRoute]) -> Iterator[str]:
    """Yield what a tenant never reaches, what it reaches only if told so, and its own routes.

    A VRF without a default route would be left for the main table: hence the last two.
    """
    for subnet in leaf.host_ranges:
        yield frr.blackhole(subnet)
    for route in routes:
        yield frr.static_route(route.to, route.via)
    for subnet in vrf.private_ranges:
        if subnet not in leaf.host_ranges:
            yield frr.blackhole(subnet, DISTANCE_PRIVATE)
    for subnet in ANYWHERE:
        yield frr.blackhole(subnet, DISTANCE_NO_DEFAULT)


def import_filters(vrf: LeafVrf | BorderVrf) -> Iterator[frr.Line]:
    """Yield what the VRF takes from elsewhere: a list a source, and one route map over all."""
    clauses = []
    for one in vrf.imports:
        source = frr.MAIN if one.device is None else one.device
        name = names.imports_from(vrf.vni, source)
        yield from frr.prefix_list(name, _counted(one.prefixes))
        clauses += [
            frr.Clause(permit=True, family=family, prefix_list=name, source_vrf=source)
            for family in frr.FAMILIES
            if any(prefix.version == family for prefix in one.prefixes)
        ]
    yield from frr.route_map(names.imports(vrf.vni), clauses)


def import_lines(vrf: LeafVrf | BorderVrf, family: int) -> Iterator[str]:
    """Yield the lines by which one family of the VRF takes routes from elsewhere."""
    sources = [
        frr.MAIN if one.device is None else one.device
        for one in vrf.imports
        if any(prefix.version == family for prefix in one.prefixes)
    ]
    if sources:
        # The filter first, so that there is no moment without.
        yield f"import vrf route-map {names.imports(vrf.vni)}"
        yield from (f"import vrf {source}" for source in sources)


def _vrf_router(vrf: LeafVrf, routes: Iterable[StaticRoute]) -> Iterator[frr.Line]:
    own = names.own(vrf.vni)
    subnets = [*vrf.subnets, *(route.to for route in routes)]
    families = [one for one in frr.FAMILIES if any(subnet.version == one for subnet in subnets)]
    for family in frr.FAMILIES:
        lines = [f"redistribute connected route-map {own}"] if family in families else []
        if any(route.to.version == family for route in routes):
            lines.append(f"redistribute static route-map {own}")
        yield from frr.family(frr.UNICAST[family], [*lines, *import_lines(vrf, family)])
    yield from frr.family(
        frr.EVPN, (f"advertise {frr.UNICAST[family]} route-map {own}" for family in families)
    )


def _main_router(vrf: LeafVrf, returned: Iterable[tuple[int, Subnet]]) -> Iterator[frr.Line]:
    """Yield the VRF's share of the main instance: what it gives back to it."""
    versions = {subnet.version for _, subnet in returned}
    for family in frr.FAMILIES:
        if family in versions:
            yield from frr.family(frr.UNICAST[family], [f"import vrf {vrf.device}"])


def _returned(vrf: LeafVrf) -> Iterator[tuple[int, Subnet]]:
    """Yield what the main table takes from the VRF, with numbers that no other VRF's have."""
    numbers = {subnet: number for number, subnet in vrf.numbered}
    stated = _STATED + int(vrf.vni) * _STATED_PER_VRF
    for place, subnet in enumerate(vrf.exports):
        yield numbers.get(subnet, stated + place), subnet


def advertisements(gateways: Iterable[tuple[DeviceName, Segment]]) -> Iterator[frr.Line]:
    """Yield the router advertisements of segments that have IPv6, each by its gateway's device."""
    for device, segment in gateways:
        if segment.link_local is not None:
            yield frr.router_advertisements(
                device,
                segment.subnets,
                managed=segment.ra_managed,
                other=segment.ra_other,
                mtu=segment.mtu,
            )
