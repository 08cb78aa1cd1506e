"""What expected.json promises becomes probes between the guests that stand for its ends.

The shape of expected.json is told in `hyperleaf.plan.expected`; it is expanded here anew, so that
a mistake in one of the two shows.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.checks import ECHO_PORT, Probe
from hyperleaf.lab.world import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.guests import Guest


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
        yield from _gateway(a)
        yield from _outside(ways[a.expected], a, around)
        for node in around.nodes if stated["forbidden"]["ranges"] else ():
            yield from _nodes(stated, a, node)
        yield from _forbidden(stated, a)
    yield from _limits(stated, guests)


def _pair(stated: Mapping[str, Any], a: Guest, b: Guest) -> Iterator[Probe]:
    for version, address in b.addresses.items():
        if version not in a.addresses or (a.vrf and b.vrf):
            continue
        how = _how(stated, a, b, version)
        title = f"{a.expected}({a.namespace}) to {b.expected}({b.namespace}) IPv{version}: {how}"
        yield Probe(title, a, str(address.ip), how is not None, to=b.namespace, place=b.place)


def _how(stated: Mapping[str, Any], a: Guest, b: Guest, version: int) -> str | None:
    """Return how one end reaches another, or None."""
    segments = stated["segments"]
    one, other = segments[a.network], segments[b.network]
    if a.network == b.network:
        places = {each["name"]: each["at"] for each in stated["guests"]}
        stretched = one["transport"] == "evpn" or places[a.expected] == places[b.expected]
        return "same segment" if stretched else None
    if not (one["vrf"] and other["vrf"] and one["subnets"] and other["subnets"]):
        return None
    if one["vrf"] == other["vrf"]:
        return "routed"
    crossing = {(each["from"], each["to"]): each["prefixes"] for each in stated["crossings"]}
    forth = crossing.get((one["vrf"], other["vrf"]), [])
    back = crossing.get((other["vrf"], one["vrf"]), [])
    if _within(b.addresses[version].ip, forth) and _within(a.addresses[version].ip, back):
        return "leaked"
    return None


def _within(address: object, prefixes: Sequence[str]) -> bool:
    return any(ip_address(str(address)) in ip_network(one) for one in prefixes)


def _gateway(a: Guest) -> Iterator[Probe]:
    for version, gateway in a.gateways.items():
        title = f"{a.expected}({a.namespace}) to its gateway IPv{version}"
        yield Probe(title, a, gateway, reached=True, kind="gateway")


def _outside(stated: Mapping[str, Any], a: Guest, around: Surroundings) -> Iterator[Probe]:
    for there in around.outside:
        version = str(there.version)
        if there.version not in a.addresses:
            continue
        way = stated["outside"].get(version)
        seen = ""
        if way:
            node = next(one for one in around.nodes if one.name == a.place)
            mine = (
                node.address if stated["seen"][version] == "node" else a.addresses[there.version].ip
            )
            seen = str(mine)
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
    if node.pod is not None:
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
        yield Probe(
            title,
            node.name,
            str(address.ip),
            reached=False,
            kind="node",
            to=a.namespace,
            place=a.place,
        )


def _forbidden(stated: Mapping[str, Any], a: Guest) -> Iterator[Probe]:
    for one in stated["forbidden"]["services"]:
        places = []
        if one["on"] == "gateway":
            places = list(a.gateways.values())
        elif one["on"] != "node":
            places = [one["on"]]
            title = f"{a.expected}({a.namespace}) to {one['on']}"
            yield Probe(title, a, one["on"], reached=False, kind="service")
        for place in places:
            title = f"{a.expected}({a.namespace}) to {one['name']} at {place}"
            yield Probe(title, a, place, reached=False, port=one["port"], kind="service")
    title = f"{a.expected}({a.namespace}) to OVN's own address"
    yield Probe(title, a, "169.254.169.2", reached=False, kind="service")


def _limits(stated: Mapping[str, Any], guests: Sequence[Guest]) -> Iterator[Probe]:
    """Yield packets of exactly the MTU, and of one byte more, for a pair of each network."""
    done = set()
    for a in guests:
        for b in guests:
            far = a.place != b.place and not a.vrf and not b.vrf
            if far and a.network == b.network and (a.network, a.place, b.place) not in done:
                done.add((a.network, a.place, b.place))
                mtu = stated["segments"][a.network]["mtu"]
                for version, address in b.addresses.items():
                    title = f"{a.expected}({a.namespace}) to {b.namespace} IPv{version}"
                    whole = Probe(
                        f"{title}, {mtu} bytes",
                        a,
                        str(address.ip),
                        reached=True,
                        size=mtu,
                        kind="mtu",
                        to=b.namespace,
                        place=b.place,
                    )
                    yield whole
                    title = f"{title}, {mtu + 1}"
                    yield replace(whole, title=title, reached=False, size=mtu + 1)
