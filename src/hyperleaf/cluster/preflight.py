"""Node policies and what nodes say of their NICs become findings: who is in use is not taken.

A policy that puts a NIC into a bond or under VLANs takes its addresses away; where that is the NIC
by which the node is reached, nmstate rolls back after minutes, and the node was away for them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.cluster.comparing import finding_of
from hyperleaf.cluster.waiting import POLICY
from hyperleaf.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hyperleaf.cluster.client import Client
    from hyperleaf.cluster.comparing import Compared
    from hyperleaf.findings import Finding

Object = dict[str, Any]
_STATES: Final = ("nmstate.io/v1beta1", "NodeNetworkState")
_DEFAULTS: Final = frozenset({"0.0.0.0/0", "::/0"})
_LINK_LOCAL: Final = ("fe80:", "169.254.")
_SHOWN: Final = 5


def preflight(client: Client, compared: Sequence[Compared]) -> Iterator[Finding]:
    """Yield a finding for each policy to be written whose NICs nodes use for something else."""
    policies = [one for one in compared if one.item.kind == POLICY and one.is_written]
    resource, nodes = client.resource(*_STATES), client.resource("v1", "Node")
    if not policies or resource is None or nodes is None:
        return
    states = {
        one["metadata"]["name"]: (one.get("status") or {}).get("currentState") or {}
        for one in client.every(resource)
    }
    if not states:
        some = policies[0].item
        message = "no node says anything of its network: nmstate's handler does not run"
        hint = "look at the pods of openshift-nmstate; policies are taken up once it runs"
        yield replace(finding_of(some, "HL1219", message, hint), severity=Severity.WARNING)
        return
    labels = {
        one["metadata"]["name"]: one["metadata"].get("labels") or {}
        for one in client.every(nodes, heads_only=True)
    }
    for one in policies:
        selector = one.item.value["spec"].get("nodeSelector") or {}
        mine = {
            name: state
            for name, state in states.items()
            if selector.items() <= labels.get(name, {}).items()
        }
        yield from _of_policy(one, mine)


def _of_policy(one: Compared, states: Mapping[str, Object]) -> Iterator[Finding]:
    found = [
        f"{nic} of {node} {why}"
        for node, state in sorted(states.items())
        for nic, why in uses(one.item.value["spec"].get("desiredState") or {}, state)
    ]
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield finding_of(
            one.item,
            "HL1218",
            f"{one.item.title} takes NICs that are in use: {'; '.join(found[:_SHOWN])}{more}",
            "name another NIC in the pool, or free this one on the node first",
        )


def uses(desired: Object, state: Object) -> Iterator[tuple[str, str]]:
    """Yield the NICs that a policy takes and a node uses, each with what for."""
    known = {one.get("name"): one for one in state.get("interfaces") or ()}
    ours = {one.get("name"): one for one in desired.get("interfaces") or ()}
    routes = (state.get("routes") or {}).get("running") or ()
    ways = {r.get("next-hop-interface") for r in routes if r.get("destination") in _DEFAULTS}
    for name in _taken(ours):
        live = known.get(name)
        if live is None:
            continue
        controller = live.get("controller") or live.get("master")
        addresses = list(_addresses(live)) if _loses_addresses(name, ours) else []
        if controller and controller not in ours:
            yield name, f"is a port of {controller}"
        elif addresses:
            yield name, f"has {', '.join(addresses)}"
        elif name in ways and _loses_addresses(name, ours):
            yield name, "is the way of the default route"


def _taken(ours: Mapping[str, Object]) -> Iterator[str]:
    """Yield the NICs that a policy configures or gives a controller; not those it makes."""
    ports: list[Any] = []
    for one in ours.values():
        bridge = (one.get("bridge") or {}).get("port") or ()
        ports += [port.get("name") if isinstance(port, dict) else port for port in bridge]
        ports += (one.get("link-aggregation") or {}).get("port") or ()
    made = {name for name, one in ours.items() if one.get("type") not in {"ethernet", None}}
    stated: list[Any] = [n for n, one in ours.items() if one.get("type") == "ethernet"]
    for name in dict.fromkeys([*stated, *ports]):
        if isinstance(name, str) and name not in made and "{{" not in name:
            yield name


def _loses_addresses(name: str, ours: Mapping[str, Object]) -> bool:
    """Tell whether a policy takes a NIC's addresses: it is a port, or is told to have none."""
    one = ours.get(name)
    if one is None:
        return True
    families = [one.get(family) for family in ("ipv4", "ipv6")]
    return any(family is not None and not family.get("enabled") for family in families)


def _addresses(live: Object) -> Iterator[str]:
    for family in ("ipv4", "ipv6"):
        for one in (live.get(family) or {}).get("address") or ():
            if not str(one.get("ip")).lower().startswith(_LINK_LOCAL):
                yield str(one["ip"])
