"""The leaves' plan becomes NMState policies: a small one for a node's identity, one per VRF.

A VRF device must list its bridges, so a VRF is the least unit that depends on no other policy; and
a policy is applied whole, so that one for all VRFs would touch every tenant of a node whenever one
of them gains a network (docs/adr/0001). A policy serves every node of a class: what differs
from node to node is captured there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperleaf.render.node_policy import (
    HOSTNAME,
    PER_NODE,
    STATIC_4,
    STATIC_6,
    address,
    bounded,
    bridge_of,
    digest,
    off,
    policy,
    static,
)
from hyperleaf.values.addresses import IPV6
from hyperleaf.values.macs import Mac

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.plan.borders import ReflectorPlan
    from hyperleaf.plan.leaf import LeafPlan, LeafVrf, NodeClass, Segment
    from hyperleaf.render.manifest import Manifest
    from hyperleaf.values.addresses import Address
    from hyperleaf.values.numbers import Mtu, Port, Vni

BR_EX = "br-ex"
# The type that nmstate shows for what carries the default route, by the kind of uplink. br-ex is
# two interfaces of one name: the ovs-bridge has neither an address nor the MAC.
UPLINK_TYPES = {"br-ex": "ovs-interface", "nic": "ethernet", "bond": "bond", "vlan": "vlan"}
MAIN_TABLE = 254
HOST_BITS = 32
# Locally administered, and none of the gateways' (02:68:6c).
PINNED_ROUTER_MACS = 0x026C << 32


@dataclass(frozen=True, slots=True)
class Node:
    """How a policy says what differs between nodes: as captured, or as the estate pins it.

    `suffix` ends the policy's name; a change of the capture block must change it, because the
    operator freezes what it captured in the node's enactment and fails on an edited block.
    `base` is None where the device under the tunnels is not known.
    """

    suffix: str
    selector: Mapping[str, str]
    capture: Mapping[str, str]
    vtep: str
    base: str | None
    router_mac: str
    note: Mapping[str, str]


def evpn_policies(leaves: LeafPlan) -> Iterator[Manifest]:
    """Yield the policies of a cluster's leaves: their number depends on classes and VRFs only.

    With pinned tunnel endpoints it depends on the nodes too, as the objects' annotation says.
    """
    nodes = tuple(_pinned(leaves) if leaves.pinned_vteps else map(_captured, leaves.classes))
    for node in nodes:
        yield _base(leaves.source, node)
    for vrf in leaves.vrfs:
        for node in nodes:
            yield _vrf_policy(vrf, node, leaves.port)


def reflector_policies(reflectors: ReflectorPlan) -> Iterator[Manifest]:
    """Yield the policy that gives reflectors their identity.

    On a control plane a floating address may be the highest, and would end every session when it
    moves: FRR takes its router-id from the highest.
    """
    yield _base(reflectors.source, _captured(reflectors.nodes))


def capture_block(kind: str, device: str | None) -> dict[str, str]:
    """Return the captures that find a node's tunnel endpoint and router MAC.

    Default routes of all tables come in one list, so those that leaked into a tenant's are left
    out, and of several in the main table the one by the uplink is meant, where its name is known.
    Its `source` is the node's address: the first on the uplink may be a floating one.
    """
    known = BR_EX if kind == "br-ex" else device
    block = {
        "defaults": 'routes.running.destination=="0.0.0.0/0"',
        "main-defaults": f"capture.defaults | routes.running.table-id=={MAIN_TABLE}",
    }
    if known is not None:
        main = f'capture.main-defaults | routes.running.next-hop-interface=="{known}"'
        block["default-route"] = main
    else:
        block["default-route"] = block.pop("main-defaults")
    block["named"] = "interfaces.name==capture.default-route.routes.running.0.next-hop-interface"
    block["uplink"] = f'capture.named | interfaces.type=="{UPLINK_TYPES[kind]}"'
    return block


def _captured(one: NodeClass) -> Node:
    block = capture_block(one.kind, one.device)
    canonical = "\n".join(f"{name}: {block[name]}" for name in sorted(block))
    return Node(
        suffix=f"{one.name}-{digest(canonical)}",
        selector=one.selector,
        capture=block,
        vtep="{{ capture.default-route.routes.running.0.source }}",
        base="{{ capture.default-route.routes.running.0.next-hop-interface }}",
        # A router MAC is the leaf's own and stable, where a gateway's is the same on all.
        router_mac="{{ capture.uplink.interfaces.0.mac-address }}",
        note={},
    )


def _pinned(leaves: LeafPlan) -> Iterator[Node]:
    """Yield one for every node and class: a node is of one class, so that only one applies."""
    note = {PER_NODE: "tunnel endpoints are pinned: a policy for every node and VRF"}
    for node, vtep in sorted(leaves.pinned_vteps.items()):
        for one in leaves.classes:
            alone = len(leaves.classes) == 1
            yield Node(
                suffix=node if alone else f"{node}-{one.name}",
                selector={**one.selector, HOSTNAME: node},
                capture={},
                vtep=str(vtep),
                base=BR_EX if one.kind == "br-ex" else one.device,
                router_mac=str(pinned_router_mac(vtep)),
                note=note,
            )


def pinned_router_mac(vtep: Address) -> Mac:
    """Return the router MAC of a leaf whose tunnel endpoint is written in the estate.

    02:6c and the IPv4 address: as unique as the endpoint, and no capture is needed.
    """
    return Mac(PINNED_ROUTER_MACS | int(vtep) & 0xFFFFFFFF)


def _base(source: str, node: Node) -> Manifest:
    """Return the policy that puts the node's address on `lo`, where FRR takes its router-id from.

    So it is in each L2VNI's distinguisher. FRR would take the highest address else: OVN-Kubernetes'
    management port's, which repeats in other clusters, or a floating one.
    """
    interface = {
        "name": "lo",
        "type": "loopback",
        "state": "up",
        "ipv4": {**STATIC_4, "address": [address("127.0.0.1", 8), address(node.vtep, HOST_BITS)]},
    }
    return policy(
        bounded(f"hyperleaf-base-{node.suffix}"),
        (source,),
        node.selector,
        [interface],
        capture=node.capture,
        annotations=node.note,
        order=40,
    )


def _vrf_policy(vrf: LeafVrf, node: Node, port: Port) -> Manifest:
    interfaces = [
        _tunnel(vrf.vxlan, vrf.vni, vrf.mtu, port, node),
        _router_bridge(vrf, node),
    ]
    for segment in vrf.segments:
        interfaces.append(_tunnel(segment.vxlan, segment.vni, segment.mtu, port, node))
        interfaces.append(_gateway_bridge(segment))
    interfaces.append(_vrf_device(vrf, node))
    return policy(
        _vrf_name(vrf.name, node.suffix),
        (vrf.source, *(segment.source for segment in vrf.segments)),
        node.selector,
        interfaces,
        capture=node.capture,
        annotations=node.note,
    )


def _vrf_name(vrf: str, suffix: str) -> str:
    """Shorten a long VRF's name first: the capture block's digest must stay whole."""
    name = f"hyperleaf-vrf-{vrf}-{suffix}"
    short = f"hyperleaf-vrf-{digest(vrf)}-{suffix}"
    return name if name == bounded(name) else bounded(short)


def _tunnel(name: str, vni: Vni, mtu: Mtu, port: Port, node: Node) -> dict[str, Any]:
    """MACs behind tunnels come from BGP alone, so the device learns none from frames."""
    vxlan: dict[str, Any] = {"id": int(vni), "local": node.vtep}
    if node.base is not None:
        vxlan["base-iface"] = node.base
    return {
        "name": name,
        "type": "vxlan",
        "state": "up",
        "mtu": int(mtu),
        "ipv4": off(),
        "ipv6": off(),
        "vxlan": {**vxlan, "destination-port": int(port), "learning": False},
    }


def _router_bridge(vrf: LeafVrf, node: Node) -> dict[str, Any]:
    """Return an L3VNI's bridge: it has no address, but routes IPv6 only where that is on."""
    return {
        "name": vrf.bridge,
        "type": "linux-bridge",
        "state": "up",
        "mac-address": node.router_mac,
        "mtu": int(vrf.mtu),
        "ipv4": off(),
        "ipv6": {**STATIC_6} if vrf.has_ipv6 else off(),
        "bridge": bridge_of((vrf.vxlan,)),
    }


def _gateway_bridge(segment: Segment) -> dict[str, Any]:
    """Return a segment's bridge, the anycast gateway: one address and one MAC on every leaf.

    Its link-local address, which router advertisements name, follows from that MAC (EUI-64):
    nmstate ignores one that is written.
    """
    addresses = static(segment.gateways)
    if any(gateway.version == IPV6 for gateway in segment.gateways):
        addresses["ipv6"] = {**addresses["ipv6"], "addr-gen-mode": "eui64"}
    return {
        "name": segment.bridge,
        "type": "linux-bridge",
        "state": "up",
        "mac-address": str(segment.gateway_mac),
        "mtu": int(segment.mtu),
        **addresses,
        "bridge": bridge_of((segment.vxlan,)),
    }


def _vrf_device(vrf: LeafVrf, node: Node) -> dict[str, Any]:
    """Return the VRF device; the node's address there becomes the VRF's router-id.

    With the anycast gateway's instead, all leaves would share a distinguisher and a reflector would
    keep one of them. FRR does not announce the address. Segments route IPv6 even where the VRF
    device has it off, but then the kernel refuses every route that leads into the VRF from another
    table: leaks, and the way back of what is translated.
    """
    return {
        "name": vrf.device,
        "type": "vrf",
        "state": "up",
        "ipv4": {**STATIC_4, "address": [address(node.vtep, HOST_BITS)]},
        "ipv6": {**STATIC_6} if vrf.has_ipv6 else off(),
        "vrf": {
            "port": [vrf.bridge, *(segment.bridge for segment in vrf.segments)],
            "route-table-id": vrf.table,
        },
    }
