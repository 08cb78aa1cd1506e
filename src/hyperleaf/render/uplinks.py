"""The plan of a pool's uplink becomes NMState policies: NIC or bond, VLANs upon it, bridges.

One policy holds an uplink whole, so that it depends on no other. Where a network pins the nodes'
addresses there, a policy a node adds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.render.node_policy import (
    API_VERSION,
    HOSTNAME,
    PER_NODE,
    bounded,
    bridge_of,
    off,
    policy,
    static,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.plan.uplinks import Carried, UplinkPlan
    from hyperleaf.render.manifest import Manifest

# What hand-written objects of the compatibility mode were written for.
OLD_API_VERSION = "nmstate.io/v1beta1"
# The node keeps its own default route and resolvers: this DHCP gives an address and no more.
LEASED = {
    "enabled": True,
    "dhcp": True,
    "auto-dns": False,
    "auto-gateway": False,
    "auto-routes": False,
}


def uplink_policies(plan: UplinkPlan) -> Iterator[Manifest]:
    """Yield the uplink's policy, and one for every node whose addresses the estate pins."""
    carried = in_order(plan)
    known = plan.compatibility
    yield policy(
        known.policy if known else bounded(f"hyperleaf-uplink-{plan.pool}-{plan.name}"),
        (plan.source, *(one.source for one in carried)),
        plan.selector,
        _interfaces(plan, carried),
        api_version=OLD_API_VERSION if known else API_VERSION,
    )
    for node in sorted({node for one in carried for node in one.pinned}):
        yield _pinned(plan, tuple(one for one in carried if node in one.pinned), node)


def in_order(plan: UplinkPlan) -> tuple[Carried, ...]:
    """Return what the uplink carries, untagged first, then by VLAN id."""
    return tuple(sorted(plan.carried, key=lambda one: (int(one.vlan or 0), one.network)))


def _pinned(plan: UplinkPlan, carried: tuple[Carried, ...], node: str) -> Manifest:
    """Return a node's policy: its addresses, and the devices they stand on.

    These are told again, as the uplink's policy has them: whichever is applied first succeeds.
    """
    return policy(
        bounded(f"hyperleaf-uplink-{plan.pool}-{plan.name}-{node}"),
        (one.source for one in carried),
        {**plan.selector, HOSTNAME: node},
        _interfaces(plan, carried, node),
        annotations={PER_NODE: "host addresses are pinned: a policy for every node"},
        order=60,
    )


def _interfaces(
    plan: UplinkPlan, carried: Iterable[Carried], node: str | None = None
) -> list[dict[str, Any]]:
    """Return the uplink's devices and those of what it carries, each network's together."""
    ways = tuple(carried)
    made = [_base(plan, ways, node)]
    for one in ways:
        if one.vlan is not None:
            made.append(_vlan(plan, one, node))
        if one.bridge is not None:
            made.append(_bridge(plan, one, one.bridge, node))
    return made


def _base(plan: UplinkPlan, carried: Iterable[Carried], node: str | None) -> dict[str, Any]:
    """Return the NIC or bond: without addresses, unless the node itself uses it untagged.

    A NIC is named only for that: NetworkManager would ask for a lease there.
    """
    own = next((one for one in carried if one.device == plan.device and not one.bridge), None)
    made: dict[str, Any] = {
        "name": plan.device,
        "type": "bond" if plan.bond else "ethernet",
        "state": "up",
        **({} if plan.mtu is None else {"mtu": int(plan.mtu)}),
        **(_none() if own is None else _addresses(own, node)),
    }
    if plan.bond is not None:
        made["link-aggregation"] = {"mode": plan.bond.mode, "port": list(plan.bond.nics)}
    return made


def _vlan(plan: UplinkPlan, one: Carried, node: str | None) -> dict[str, Any]:
    return {
        "name": one.device,
        "type": "vlan",
        "state": "up",
        **_mtu(plan, one),
        "vlan": {"base-iface": plan.device, "id": int(one.vlan or 0)},
        **(_none() if one.bridge else _addresses(one, node)),
    }


def _bridge(plan: UplinkPlan, one: Carried, name: str, node: str | None) -> dict[str, Any]:
    return {
        "name": name,
        "type": "linux-bridge",
        "state": "up",
        **_mtu(plan, one),
        **_addresses(one, node),
        "bridge": bridge_of((one.device,)),
    }


def _mtu(plan: UplinkPlan, one: Carried) -> dict[str, int]:
    """Return the MTU; objects taken over as they were written state none but the uplink's own."""
    return {} if plan.compatibility and plan.mtu is None else {"mtu": int(one.mtu)}


def _none() -> dict[str, Any]:
    return {"ipv4": off(), "ipv6": off()}


def _addresses(one: Carried, node: str | None) -> dict[str, Any]:
    """Return the node's own addresses on what carries a network.

    Pinned ones are in the node's policy; the others' says nothing, lest it take them away again.
    """
    if one.host_addresses == "dhcp":
        return {"ipv4": {**LEASED}, "ipv6": off()}
    if one.host_addresses == "none":
        return _none()
    return static((one.pinned[node],)) if node is not None else {}
