"""A border's plan as a whole FRR configuration, for a Linux switch or a lab's.

Devices and what is beyond FRR (relay, VLANs) are in the sheet beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.plan import devices
from hyperleaf.plan.leaf import ANYWHERE, DISTANCE_NO_DEFAULT
from hyperleaf.render.frr import leaf, names
from hyperleaf.render.frr import statements as frr
from hyperleaf.values.numbers import Vni, route_target
from hyperleaf.values.units import Duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.plan.borders import BorderPlan, BorderVrf

# A border asks a lost reflector again after this time.
CONNECT = Duration(1000)
# Above what leaves announce: a leaf that lacks a segment goes to one that has it, not by way of the
# data centre.
FAR = 1000
# Marks the drops that are nobody's to learn.
_DROP_TAG = 1
_ANY_VNI = Vni(1)


def border_text(plan: BorderPlan) -> str:
    """Return the border's configuration."""
    return frr.write([*_head(plan), *_main(plan), *_vrfs(plan)])


def _head(plan: BorderPlan) -> Iterator[frr.Line]:
    yield frr.comment(f"Border {plan.border.name} of fabric {plan.fabric}.")
    yield frr.comment(
        "Devices that must exist, and their addresses: devices.json; the DHCP relay: sheet.yaml."
    )
    if plan.border.secret is not None:
        yield frr.comment(
            f"To be added, for each reflector: `neighbor ADDRESS password` as in the Secret"
            f" {plan.border.secret}."
        )
    yield "frr defaults traditional"
    yield f"hostname {plan.border.name}"
    yield "log timestamp precision 3"
    yield frr.SOON
    if plan.bfd is not None:
        yield frr.bfd_profile(names.BFD_PROFILE, plan.bfd)


def _is_foreign(plan: BorderPlan) -> bool:
    return plan.asn != plan.fabric_asn


def _writes_targets(plan: BorderPlan) -> bool:
    """Tell whether FRR's own route targets would not be the fabric's; equal ones it may refuse."""
    return route_target(plan.asn, _ANY_VNI) != route_target(plan.fabric_asn, _ANY_VNI)


def _multihop(plan: BorderPlan) -> int | None:
    """Return how many hops away a reflector of another AS may be."""
    return (plan.border.multihop or frr.ANY_HOPS) if _is_foreign(plan) else None


def _main(plan: BorderPlan) -> Iterator[frr.Line]:
    yield frr.router(plan.asn, _main_lines(plan))


def _main_lines(plan: BorderPlan) -> Iterator[frr.Line]:
    if _is_foreign(plan):
        yield "no bgp ebgp-requires-policy"
    yield "no bgp default ipv4-unicast"
    for reflector in plan.reflectors:
        yield from frr.session(
            reflector,
            frr.Session(
                remote_as=plan.fabric_asn,
                hold=plan.hold,
                keepalive=plan.keepalive,
                bfd_profile=names.BFD_PROFILE if plan.bfd else None,
                connect=CONNECT,
                multihop=_multihop(plan),
            ),
        )
    yield from frr.family(frr.EVPN, _evpn(plan))


def _evpn(plan: BorderPlan) -> Iterator[frr.Line]:
    for reflector in plan.reflectors:
        yield f"neighbor {reflector} activate"
        if _is_foreign(plan):
            # Two borders of one foreign AS hear each other through the fabric's.
            yield f"neighbor {reflector} allowas-in 1"
    yield "advertise-all-vni"
    # Its own address on a segment, with its own MAC: guests of other segments reach it through
    # their leaf, which would ask with the gateway's MAC and get its answer at another leaf. (Before
    # the line above FRR refuses this one.)
    yield "advertise-svi-ip"
    if _writes_targets(plan):
        for vrf in plan.vrfs:
            for one in vrf.segments:
                yield frr.l2vni(one.segment.vni, one.segment.route_target)


def _vrfs(plan: BorderPlan) -> Iterator[frr.Line]:
    for family in frr.FAMILIES:
        default = [one for one in ANYWHERE if one.version == family]
        yield from frr.prefix_list(names.DEFAULT_ROUTE, ((frr.STEP, one) for one in default))
    for vrf in plan.vrfs:
        yield from _vrf(plan, vrf)


def _vrf(plan: BorderPlan, vrf: BorderVrf) -> Iterator[frr.Line]:
    segments = [one.segment for one in vrf.segments]
    yield frr.vrf(
        vrf.device,
        vrf.vni,
        [
            *(frr.static_route(one.to, one.via) for one in leaf.reachable(vrf.routes, segments)),
            *(frr.blackhole(one, DISTANCE_NO_DEFAULT, _DROP_TAG) for one in ANYWHERE),
        ],
    )
    yield from leaf.import_filters(vrf)
    yield from frr.route_map(names.announces(vrf.vni), _announced(vrf))
    yield frr.router(plan.asn, _vrf_lines(plan, vrf), vrf.device)
    yield from leaf.advertisements((devices.gateway(one.vni), one) for one in segments)


def _announced(vrf: BorderVrf) -> Iterator[frr.Clause]:
    """Yield the steps: no drops, nothing of other VRFs, a default only where it is asked for.

    The rest is what the data centre has brought into the VRF.
    """
    yield frr.Clause(permit=False, tag=_DROP_TAG)
    for one in vrf.imports:
        source = frr.MAIN if one.device is None else one.device
        name = names.imports_from(vrf.vni, source)
        for family in frr.FAMILIES:
            if any(prefix.version == family for prefix in one.prefixes):
                yield frr.Clause(permit=False, family=family, prefix_list=name)
    if not vrf.originates_default:
        for family in frr.FAMILIES:
            yield frr.Clause(permit=False, family=family, prefix_list=names.DEFAULT_ROUTE)
    yield frr.Clause(permit=True, metric=FAR)


def _vrf_lines(plan: BorderPlan, vrf: BorderVrf) -> Iterator[frr.Line]:
    announced = names.announces(vrf.vni)
    for family in frr.FAMILIES:
        sources = ("connected", "kernel", "static")
        yield from frr.family(
            frr.UNICAST[family],
            [
                *(f"redistribute {source} route-map {announced}" for source in sources),
                *leaf.import_lines(vrf, family),
            ],
        )
    yield from frr.family(
        frr.EVPN,
        [
            *(f"advertise {frr.UNICAST[family]} route-map {announced}" for family in frr.FAMILIES),
            *(frr.route_targets(vrf.route_target) if _writes_targets(plan) else ()),
        ],
    )
