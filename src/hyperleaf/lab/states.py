"""Expectations become looks at leaves: what packets alone do not show in so small a lab."""

from __future__ import annotations

import json
from ipaddress import IPv6Address, ip_network
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.outcome import Checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Kernel

Link = dict[str, Any]


def look(kernel: Kernel, stated: Mapping[str, Any], around: Surroundings) -> Iterator[Checked]:
    """Yield what is so on every leaf: router-ids, gateways, tunnels and their bridge ports."""
    for cluster in stated["forbidden"]["ranges"]:
        for leaf in around.leaves(cluster):
            links = {
                one["ifname"]: one
                for one in json.loads(kernel.run("ip -j -d addr", node=leaf.name).out)
            }
            yield from of_leaf(leaf, links, stated)
            for name, domain in stated["domains"].items():
                if domain["device"] in links:
                    words = f"ip -j route show table {domain['table']}; echo; "
                    words += f"ip -j -6 route show table {domain['table']}"
                    said = kernel.run(words, node=leaf.name).out.splitlines()
                    routes = [one for line in said if line for one in json.loads(line)]
                    title = f"{leaf.name}: {name} knows no other tenant's networks"
                    fault = ", ".join(strange(name, routes, stated))
                    yield Checked(title, fault, places=(leaf.name,), subject=name)


def strange(vrf: str, routes: Iterable[Link], stated: Mapping[str, Any]) -> list[str]:
    """Return the routes of a VRF that lead into another one's subnets, and are no crossing.

    Packets alone do not show it: without a way back nothing answers, and all the same they arrive.
    """
    may = {
        ip_network(prefix)
        for one in stated["crossings"]
        if one["from"] == vrf
        for prefix in one["prefixes"]
    }
    theirs = [
        subnet
        for one in stated["segments"].values()
        if one["vrf"] not in {vrf, None}
        for subnet in map(ip_network, one["subnets"])
        if subnet not in may
    ]
    found = []
    for route in routes:
        if route.get("type", "unicast") == "unicast" and route["dst"] != "default":
            to = ip_network(route["dst"])
            if any(to[0] in one and to.prefixlen >= one.prefixlen for one in theirs):
                found.append(str(to))
    return found


def advertised(
    kernel: Kernel, stated: Mapping[str, Any], guests: Sequence[Guest]
) -> Iterator[Checked]:
    """Yield whether guests with IPv6 have the anycast gateway for a router, as RAs tell them."""
    for guest in guests:
        gateway = guest.gateways.get(6)
        if gateway is None or guest.attachment is None:
            continue
        macs = {
            one["address"].partition("/")[0]: one["mac"]
            for one in stated["segments"][guest.network]["gateways"]
        }
        wanted = str(link_local(macs[gateway]))
        said = kernel.run("ip -j -6 route show default", node=guest.namespace).out
        routers = sorted(
            hop["gateway"]
            for one in json.loads(said or "[]")
            for hop in one.get("nexthops", [one])
            if one.get("protocol") == "ra"
        )
        title = f"{guest.expected}({guest.namespace}): its IPv6 router is {wanted}"
        told = f"is {', '.join(routers)}" if routers else "nobody told it of one"
        fault = "" if routers == [wanted] else told
        yield Checked(
            title,
            fault,
            kind="router",
            ends=(guest.namespace,),
            places=(guest.place,),
            subject=guest.network,
        )


def link_local(mac: str) -> IPv6Address:
    """Return a MAC's link-local address (modified EUI-64, RFC 4291)."""
    parts = bytes.fromhex(mac.replace(":", ""))
    host = bytes([parts[0] ^ 2, *parts[1:3], 0xFF, 0xFE, *parts[3:]])
    return IPv6Address((0xFE80 << 112) | int.from_bytes(host))


def of_leaf(leaf: Node, links: Mapping[str, Link], stated: Mapping[str, Any]) -> Iterator[Checked]:
    """Yield what `ip -j -d addr` of a leaf says against what is stated."""
    here = {
        name: one
        for name, one in stated["segments"].items()
        if one["transport"] == "evpn" and leaf.cluster in one["clusters"]
    }
    domains = {name: stated["domains"][name] for name in {one["vrf"] for one in here.values()}}
    own = f"{leaf.address}/32"
    for device in ("lo", *(one["device"] for one in domains.values())):
        addresses = _addresses(links.get(device, {}))
        fault = "" if own in addresses else f"has {', '.join(addresses) or 'no address'}"
        title = f"{leaf.name}: {device} has the router-id {own}"
        subject = next((name for name, one in domains.items() if one["device"] == device), "")
        yield Checked(title, fault, places=(leaf.name,), subject=subject)
    for name, segment in here.items():
        yield from _gateways(leaf, links, name, segment)
        yield _tunnel(leaf, links, name, segment["vni"], segment["mtu"])
    for name, domain in domains.items():
        yield _tunnel(leaf, links, name, domain["vni"], None)
        yield _router_mac(leaf, links, name, domain["vni"])


def _addresses(link: Link) -> list[str]:
    return [f"{one['local']}/{one['prefixlen']}" for one in link.get("addr_info", [])]


def _gateways(
    leaf: Node, links: Mapping[str, Link], name: str, segment: Mapping[str, Any]
) -> Iterator[Checked]:
    for gateway in segment["gateways"]:
        title = f"{leaf.name}: {name}'s gateway {gateway['address']} is {gateway['mac']}"
        found = [one for one in links.values() if gateway["address"] in _addresses(one)]
        if not found:
            fault = "no device has the address"
        elif found[0]["address"] != gateway["mac"]:
            fault = f"{found[0]['ifname']} is {found[0]['address']}"
        elif found[0]["mtu"] != segment["mtu"]:
            fault = f"its MTU is {found[0]['mtu']}, not {segment['mtu']}"
        else:
            fault = ""
        yield Checked(title, fault, places=(leaf.name,), subject=name)


def _tunnel(leaf: Node, links: Mapping[str, Link], name: str, vni: int, mtu: int | None) -> Checked:
    """Check a tunnel: from the node's address, BGP alone says who is where, nobody floods ARP."""
    title = f"{leaf.name}: the tunnel of {name}, VNI {vni}"
    tunnel = next(
        (one for one in links.values() if _about(one, "info_data").get("id") == vni), None
    )
    if tunnel is None:
        return Checked(title, "is not there", places=(leaf.name,), subject=name)
    told, port = _about(tunnel, "info_data"), _about(tunnel, "info_slave_data")
    wrong = []
    if told.get("local") != str(leaf.address):
        wrong.append(f"comes from {told.get('local')}")
    if mtu is not None and tunnel["mtu"] != mtu:
        wrong.append(f"MTU {tunnel['mtu']}, not {mtu}")
    if told.get("learning") or port.get("learning"):
        wrong.append("learns from frames")
    if not port.get("neigh_suppress"):
        wrong.append("floods what could be answered")
    return Checked(title, ", ".join(wrong), places=(leaf.name,), subject=name)


def _router_mac(leaf: Node, links: Mapping[str, Link], name: str, vni: int) -> Checked:
    """Check that a VRF's router MAC is the node's own, so that no two leaves have the same."""
    title = f"{leaf.name}: {name}'s router MAC is its uplink's"
    tunnel = next((one for one in links.values() if _about(one, "info_data").get("id") == vni), {})
    bridge = links.get(tunnel.get("master", ""), {})
    wanted = links[leaf.uplink]["address"]
    fault = "" if bridge.get("address") == wanted else f"is {bridge.get('address')}, not {wanted}"
    return Checked(title, fault, places=(leaf.name,), subject=name)


def _about(link: Link, part: str) -> Link:
    found = link.get("linkinfo", {}).get(part, {})
    return found if isinstance(found, dict) else {}
