"""The reflectors' plan as the FRR text that frr-k8s's typed fields cannot say.

Leaves come in by ranges, whoever they are; borders are typed neighbours, so that a password can
come from a Secret. Here they get what makes them EVPN neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.render.frr import names
from hyperleaf.render.frr import statements as frr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.plan.borders import ReflectorPlan

# The most that FRR takes; its default of 100 would be a count of nodes.
LISTEN_LIMIT = 65535


def reflector_text(plan: ReflectorPlan) -> str:
    """Return what every reflector runs beside its typed neighbours."""
    return frr.write([frr.SOON, frr.router(plan.asn, _lines(plan))])


def _lines(plan: ReflectorPlan) -> Iterator[frr.Line]:
    yield f"bgp cluster-id {plan.cluster_id}"
    yield f"neighbor {names.LEAVES} peer-group"
    yield from frr.session(
        names.LEAVES,
        frr.Session(
            remote_as=plan.asn,
            hold=plan.hold,
            keepalive=plan.keepalive,
            bfd_profile=names.BFD_PROFILE if plan.bfd else None,
        ),
    )
    yield f"bgp listen limit {LISTEN_LIMIT}"
    for subnet in plan.ranges:
        yield f"bgp listen range {subnet} peer-group {names.LEAVES}"
    yield from frr.family(frr.EVPN, _evpn(plan))


def _evpn(plan: ReflectorPlan) -> Iterator[str]:
    yield f"neighbor {names.LEAVES} activate"
    yield f"neighbor {names.LEAVES} route-reflector-client"
    for border in plan.borders:
        yield f"neighbor {border.address} activate"
        # To another AS a next hop, which is a VTEP, stays as it is: FRR's default for EVPN.
        if border.asn == plan.asn:
            yield f"neighbor {border.address} route-reflector-client"
