"""What expected.json promises becomes probes between the guests that stand for its ends.

The shape of expected.json is told in `hyperleaf.plan.expected`; it is expanded here anew, so that
a mistake in one of the two shows.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import decoys
from hyperleaf.lab.checks import ECHO_PORT, Probe
from hyperleaf.lab.limits import limits
from hyperleaf.lab.world import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from ipaddress import IPv4Address, IPv6Address

    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.guests import Guest

    Address = IPv4Address | IPv6Address

ALL_ROUTERS = "ff02::2"


def promises(
    stated: Mapping[str, Any], guests: Sequence[Guest], around: Surroundings
) -> Iterator[Probe]:
    """Yield every probe: pairs of guests, the outside, nodes, forbidden services, the MTU."""
    ways = {one["name"]: one for one in stated["guests"]}
    for a in guests:
        for b in guests:
            if a is not b:
                yield from _pair(stated, a, b)
        if a.vrf:
            continue
        yield from _gateways(stated, a, around)
        yield from _outside(ways[a.expected], a, around)
        if a.attachment is None:
            continue
        for node in around.nodes if stated["forbidden"]["ranges"] else ():
            yield from _nodes(stated, a, node)
        yield from _forbidden(stated, a, around)
    yield from limits(stated, guests, around)


def _pair(stated: Mapping[str, Any], a: Guest, b: Guest) -> Iterator[Probe]:
    for version, address in b.addresses.items():
        if version not in a.addresses or (a.vrf and b.vrf):
            continue
        how, target = _how(stated, a, b, version), str(address.ip)
        title = f"{a.expected}({a.namespace}) to {b.expected}({b.namespace}) IPv{version}: {how}"
        one = Probe(title, a, target, how is not None, to=b.namespace, place=b.place)
        # A border stands on every segment of its own.
        yield one if a.vrf or b.vrf or how is None else replace(one, routed=how != "same segment")
        if how == "same segment" and not (a.vrf or b.vrf):
            title = f"{a.expected}({a.namespace}) resolves {b.expected}({b.namespace}) IPv{version}"
            yield replace(one, title=title, asks="who", says=b.namespace, kind="resolve")


def _how(stated: Mapping[str, Any], a: Guest, b: Guest, version: int) -> str | None:
    """Return how one end reaches another, or None."""
    if a.network == b.network:
        places = {each["name"]: each["at"] for each in stated["guests"]}
        transport = stated["segments"][a.network]["transport"]
        stretched = transport == "evpn" or places[a.expected] == places[b.expected]
        return "same segment" if stretched else None
    behind = b.attachment is None
    return _across(stated, a, b.network, b.addresses[version].ip, behind_borders=behind)


def _across(
    stated: Mapping[str, Any], a: Guest, network: str, to: Address, *, behind_borders: bool
) -> str | None:
    """Return how a guest reaches an address of another network, or None."""
    one, other = stated["segments"][a.network], stated["segments"][network]
    if not (one["vrf"] and other["vrf"] and one["subnets"] and other["subnets"]):
        return None
    if one["vrf"] == other["vrf"]:
        return "routed"
    forth = _crossing(stated, one["vrf"], other["vrf"], at_borders=a.attachment is None)
    back = _crossing(stated, other["vrf"], one["vrf"], at_borders=behind_borders)
    if _within(to, forth):
        return "leaked" if _within(a.addresses[to.version].ip, back) else None
    # Whoever is behind the borders may be found from outside, and so by a node's way out.
    out = next(each for each in stated["guests"] if each["name"] == a.expected)["outside"]
    entered = stated["domains"][other["vrf"]]["egress"] == "border" and behind_borders
    private = _within(to, stated["domains"][one["vrf"]]["private"])
    around = out.get(str(to.version)) == "nat" and a.attachment is not None
    return "nat" if around and entered and not private else None


def _crossing(stated: Mapping[str, Any], vrf: str, other: str, *, at_borders: bool) -> list[str]:
    """Return the prefixes that a VRF has from another, on a leaf or a border."""
    found = [one for one in stated["crossings"] if (one["from"], one["to"]) == (vrf, other)]
    return [each for one in found if at_borders or "at" not in one for each in one["prefixes"]]


def _within(address: Address, prefixes: Sequence[str]) -> bool:
    return any(address in ip_network(one) for one in prefixes)


def _gateways(stated: Mapping[str, Any], a: Guest, around: Surroundings) -> Iterator[Probe]:
    """Yield what a guest sees of its own gateway, and what answers it at other networks'."""
    who, segment = f"{a.expected}({a.namespace})", stated["segments"][a.network]
    macs = {one["address"].partition("/")[0]: one["mac"] for one in segment["gateways"]}
    for version, gateway in a.gateways.items():
        if version in a.addresses:
            title = f"{who} to its gateway IPv{version}"
            one = Probe(title, a, gateway, reached=True, routed=False, kind="gateway")
            yield one
            title = f"{who} resolves its gateway IPv{version}"
            yield replace(one, title=title, asks="who", says=macs[gateway], routed=None)
    told = segment.get("advertised")
    if told and 6 in a.addresses:  # noqa: PLR2004 - IPv6
        flags = [word for word in ("managed", "other") if told[word]]
        says = " ".join([told["router"], *flags, str(segment["mtu"])])
        title = f"{who} is advertised {says}"
        yield Probe(title, a, ALL_ROUTERS, reached=True, asks="router", says=says, kind="router")
    for name, other in stated["segments"].items():
        for one in other["gateways"] if other["vrf"] != segment["vrf"] else ():
            to = ip_address(one["address"].partition("/")[0])
            if to.version in a.addresses:
                how = _across(stated, a, name, to, behind_borders=bool(around.borders))
                title = f"{who} to {name}'s gateway IPv{to.version}: {how}"
                yield Probe(title, a, str(to), how is not None, kind="gateway")


def _outside(stated: Mapping[str, Any], a: Guest, around: Surroundings) -> Iterator[Probe]:
    for there in around.outside:
        version = str(there.version)
        if there.version not in a.addresses:
            continue
        way = stated["outside"].get(version)
        seen = ""
        if way:
            seen = str(a.addresses[there.version].ip)
            if stated["seen"][version] == "node":
                node = next(one for one in around.nodes if one.name == a.place)
                seen = next(str(one.ip) for one in node.addresses if one.version == there.version)
        title = f"{a.expected}({a.namespace}) to outside IPv{version}: {way}"
        outside = Probe(title, a, str(there.ip), way is not None, kind="outside", to=OUTSIDE)
        yield outside
        yield replace(outside, title=f"{title}, TCP", port=ECHO_PORT, seen=seen)
        entered = there.version in stated["entered"]
        title = f"outside to {a.expected}({a.namespace}) IPv{version}"
        target = str(a.addresses[there.version].ip)
        yield Probe(title, OUTSIDE, target, entered, kind="outside", to=a.namespace, place=a.place)


def _nodes(stated: Mapping[str, Any], a: Guest, node: Node) -> Iterator[Probe]:
    """Yield what a guest tries on a node, and a node on a guest: all of it is refused."""
    targets = [str(one.ip) for one in node.addresses if one.version in a.addresses]
    if node.pod is not None and 4 in a.addresses:  # noqa: PLR2004 - IPv4
        targets.append(str(node.pod.ip))
    for target in targets:
        title = f"{a.expected}({a.namespace}) to {node.name} {target}"
        tried = Probe(title, a, target, reached=False, kind="node", to=node.name, place=node.name)
        yield tried
        for one in stated["forbidden"]["services"]:
            if one["on"] == "node":
                title = f"{a.expected}({a.namespace}) to {one['name']} of {node.name} {target}"
                yield replace(tried, title=title, port=one["port"])
    for version, address in a.addresses.items():
        title = f"{node.name} to {a.expected}({a.namespace}) IPv{version}"
        one = Probe(title, node.name, str(address.ip), reached=False, kind="node")
        yield replace(one, to=a.namespace, place=a.place)


def _forbidden(stated: Mapping[str, Any], a: Guest, around: Surroundings) -> Iterator[Probe]:
    who = f"{a.expected}({a.namespace})"
    for one in stated["forbidden"]["services"]:
        places = []
        if one["on"] == "gateway":
            places = [to for version, to in a.gateways.items() if version in a.addresses]
        elif one["on"] != "node":
            places = [one["on"]]
            title = f"{who} to {one['on']}"
            yield Probe(title, a, one["on"], reached=False, kind="service")
        for place in places:
            title = f"{who} to {one['name']} at {place}"
            yield Probe(title, a, place, reached=False, port=one["port"], kind="service")
    for to in decoys.addresses(stated, around):
        if to.version in a.addresses:
            title = f"{who} to a host's range: {to}"
            yield Probe(title, a, str(to), reached=False, kind="service")
    title = f"{who} to OVN's own address"
    yield Probe(title, a, "169.254.169.2", reached=False, kind="service")
