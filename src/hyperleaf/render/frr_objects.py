"""The FRRConfigurations of a cluster: one for all leaves, one a VRF, one for the reflectors.

frr-k8s merges what selects a node: typed routers of one VRF into one, raw texts in the order of
priority, then name. Only its own namespace is read, so these lie in it. What has a type is typed;
raw text adds to the same `router bgp`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.model import labels
from hyperleaf.render.frr import names
from hyperleaf.render.frr.leaf import leaf_text, leaf_vrf_text
from hyperleaf.render.frr.reflector import reflector_text
from hyperleaf.render.frr.statements import BFD_INTERVAL, BFD_MULTIPLIER
from hyperleaf.render.manifest import Manifest, Step, metadata
from hyperleaf.values.units import Duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.fabric import Bfd, Border
    from hyperleaf.plan.borders import ReflectorPlan
    from hyperleaf.plan.clusters import ClusterPlan
    from hyperleaf.plan.leaf import LeafPlan, LeafVrf
    from hyperleaf.values.addresses import Address
    from hyperleaf.values.numbers import Asn

NAMESPACE = "frr-k8s-system"
LEAF_PRIORITY, VRF_PRIORITY, REFLECTOR_PRIORITY = 10, 20, 10
# How soon a lost neighbour is tried again: FRR's two minutes would be an outage.
CONNECT = Duration(1000)


def frr_manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield the FRRConfigurations of one cluster; none depends on how many nodes it has."""
    if plan.leaves is not None:
        yield _leaf(plan.leaves)
        for vrf in plan.leaves.vrfs:
            yield _leaf_vrf(plan.leaves, vrf)
    if plan.reflectors is not None:
        yield _reflector(plan.reflectors)


def _leaf(leaf: LeafPlan) -> Manifest:
    neighbours = [
        _neighbour(address, leaf.asn, leaf, profile=leaf.bfd) for address in leaf.neighbours
    ]
    return _configuration(
        "hyperleaf-leaf",
        leaf.source,
        _leaf_selector(leaf),
        (LEAF_PRIORITY, leaf_text(leaf)),
        bgp=_bgp(leaf.asn, neighbours, leaf.bfd),
    )


def _leaf_vrf(leaf: LeafPlan, vrf: LeafVrf) -> Manifest:
    sources = dict.fromkeys([vrf.source, *(segment.source for segment in vrf.segments)])
    return _configuration(
        f"hyperleaf-vrf-{vrf.name}",
        ", ".join(sources),
        _leaf_selector(leaf),
        (VRF_PRIORITY, leaf_vrf_text(leaf, vrf)),
    )


def _leaf_selector(leaf: LeafPlan) -> dict[str, Any]:
    """Return the selector of leaves; a reflector, were it one too, would name itself neighbour."""
    return {
        "matchLabels": plain(leaf.selector),
        "matchExpressions": [{"key": labels.REFLECTOR, "operator": "DoesNotExist"}],
    }


def plain(selector: Mapping[str, str]) -> dict[str, str]:
    """Return a selector as plain text, for names are a type of their own."""
    return {str(key): str(value) for key, value in selector.items()}


def _reflector(plan: ReflectorPlan) -> Manifest:
    neighbours = [_border(border, plan) for border in plan.borders]
    return _configuration(
        "hyperleaf-reflector",
        plan.source,
        {"matchLabels": plain(plan.selector)},
        (REFLECTOR_PRIORITY, reflector_text(plan)),
        bgp=_bgp(plan.asn, neighbours, plan.bfd),
    )


def _border(border: Border, plan: ReflectorPlan) -> dict[str, Any]:
    made = _neighbour(border.address, border.asn, plan, profile=plan.bfd)
    if border.asn != plan.asn:
        made["ebgpMultiHop"] = True
    if border.secret is not None:
        made["passwordSecret"] = {"name": str(border.secret), "namespace": NAMESPACE}
    return made


def _neighbour(
    address: Address, asn: Asn, timed: LeafPlan | ReflectorPlan, profile: Bfd | None
) -> dict[str, Any]:
    """Return a typed neighbour. frr-k8s activates IPv4 unicast too, and filters it empty."""
    made: dict[str, Any] = {
        "address": str(address),
        "asn": int(asn),
        "connectTime": f"{CONNECT.seconds}s",
        "holdTime": f"{timed.hold.seconds}s",
        "keepaliveTime": f"{timed.keepalive.seconds}s",
    }
    if profile is not None:
        made["bfdProfile"] = names.BFD_PROFILE
    return made


def _bgp(asn: Asn, neighbours: list[dict[str, Any]], bfd: Bfd | None) -> dict[str, Any]:
    router: dict[str, Any] = {"asn": int(asn)}
    if neighbours:
        router["neighbors"] = neighbours
    made: dict[str, Any] = {"routers": [router]}
    if bfd is not None:
        made["bfdProfiles"] = [
            {
                "name": names.BFD_PROFILE,
                **_bfd_timers(bfd),
                # A neighbour may be routers away; FRR takes only one hop unless told.
                "minimumTtl": 1,
            }
        ]
    return made


def _bfd_timers(bfd: Bfd) -> dict[str, int]:
    """Return what is not FRR's own default: a default that is written is added at every reload."""
    timers: dict[str, int] = {}
    if int(bfd.interval) != BFD_INTERVAL:
        timers |= {"receiveInterval": int(bfd.interval), "transmitInterval": int(bfd.interval)}
    if bfd.multiplier != BFD_MULTIPLIER:
        timers["detectMultiplier"] = bfd.multiplier
    return timers


def _configuration(
    name: str,
    source: str,
    selector: dict[str, Any],
    raw: tuple[int, str],
    bgp: dict[str, Any] | None = None,
) -> Manifest:
    """Return an FRRConfiguration; `raw` is its priority and text."""
    priority, text = raw
    spec: dict[str, Any] = {} if bgp is None else {"bgp": bgp}
    spec["raw"] = {"priority": priority, "rawConfig": text}
    spec["nodeSelector"] = selector
    return Manifest(
        Step.BGP,
        {
            "apiVersion": "frrk8s.metallb.io/v1beta1",
            "kind": "FRRConfiguration",
            "metadata": metadata(name, source, namespace=NAMESPACE),
            "spec": spec,
        },
    )
