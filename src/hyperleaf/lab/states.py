"""Expectations become looks at leaves: what packets alone do not show in so small a lab."""

from __future__ import annotations

import json
from ipaddress import IPv6Address, ip_network
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import readings
from hyperleaf.lab.leaf import lacking, unset
from hyperleaf.lab.outcome import Checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.readings import Reading, Route

Link = dict[str, Any]


def look(kernel: Kernel, stated: Mapping[str, Any], around: Surroundings) -> Iterator[Checked]:
    """Yield what is so on every leaf: router-ids, gateways, tunnels, settings, filters, routes."""
    clusters = {place for one in stated["segments"].values() for place in one["clusters"]}
    hosts = [one for cluster in sorted(clusters) for one in around.hosts(cluster)]
    leaves = [one for cluster in stated["forbidden"]["ranges"] for one in around.leaves(cluster)]
    said = readings.take(kernel, {one.name for one in (*hosts, *leaves)})
    for host in hosts:
        yield from of_trunk(host, said[host.name].links, stated)
    for leaf in leaves:
        yield from of_leaf(leaf, said[leaf.name].links, stated)
        yield from of_host(leaf, said[leaf.name], stated)
        yield from of_routes(leaf, said[leaf.name], stated)


def of_trunk(host: Node, links: Mapping[str, Link], stated: Mapping[str, Any]) -> Iterator[Checked]:
    """Yield whether the VLANs of a host's networks are on its NICs.

    Hosts that are all wrong in the same way reach each other: packets alone do not show it.
    """
    there = {
        _about(one, "info_data").get("id")
        for one in links.values()
        if one.get("linkinfo", {}).get("info_kind") == "vlan"
    }
    for name, segment in stated["segments"].items():
        if segment["transport"] == "vlan" and host.cluster in segment["clusters"]:
            title = f"{host.name}: VLAN {segment['vlan']} of {name} is on a NIC"
            known = ", ".join(str(one) for one in sorted(filter(None, there))) or "none"
            fault = "" if segment["vlan"] in there else f"there is {known}"
            yield Checked(title, fault, places=(host.name,), subject=name)


def of_host(leaf: Node, said: Reading, stated: Mapping[str, Any]) -> Iterator[Checked]:
    """Yield whether a leaf's kernel settings and its filter are a leaf's."""
    wrong = [f"{name} is not {value}" for name, value, _ in unset(said.settings)]
    title = f"{leaf.name}: its kernel settings are a leaf's"
    yield Checked(title, ", ".join(wrong), places=(leaf.name,))
    ranges = stated["forbidden"]["ranges"][leaf.cluster]
    wrong = [what for what, _ in lacking(said.filters, ranges)]
    title = f"{leaf.name}: its filter keeps tenants off hosts"
    yield Checked(title, ", ".join(wrong), places=(leaf.name,))


def of_routes(leaf: Node, said: Reading, stated: Mapping[str, Any]) -> Iterator[Checked]:
    """Yield whether a leaf's VRFs know no other tenant's networks, and announce their own."""
    here = _segments(leaf, stated)
    for name, domain in stated["domains"].items():
        if domain["device"] not in said.links:
            continue
        title = f"{leaf.name}: {name} knows no other tenant's networks"
        odd = strange(name, said.within(domain["table"], "unicast"), stated)
        yield Checked(title, ", ".join(odd), places=(leaf.name,), subject=name)
        title = f"{leaf.name}: {name} drops what is for hosts, and what leads nowhere"
        fault = "; ".join(kept_in(said.within(domain["table"]), stated, leaf.cluster))
        yield Checked(title, fault, places=(leaf.name,), subject=name)
        own = [
            subnet
            for one in here.values()
            if one["vrf"] == name and one["gateways"]
            for subnet in one["subnets"]
        ]
        known = said.speaker.announced(domain["vni"]) if said.speaker is not None else set()
        missing = ", ".join(one for one in own if one not in known)
        title = f"{leaf.name}: {name}'s networks are announced to other leaves"
        fault = f"not {missing}" if missing else ""
        yield Checked(title, fault, places=(leaf.name,), subject=name)


def kept_in(routes: Sequence[Route], stated: Mapping[str, Any], cluster: str) -> Iterator[str]:
    """Yield what a VRF's table does not drop though it must; IPv4's, which every VRF has.

    Packets alone do not show it where something else drops them as well, today.
    """
    if not any(one.to == "0.0.0.0/0" for one in routes):
        yield "it has no last route that drops: it falls through to the main table"
    dropped = [ip_network(one.to) for one in routes if one.kind == "blackhole"]
    ranges = [ip_network(one) for one in stated["forbidden"]["ranges"][cluster] if ":" not in one]
    known = [one for one in dropped if one.prefixlen]
    for one in ranges:
        if not any(one.version == each.version and one.subnet_of(each) for each in known):  # type: ignore[arg-type]
            yield f"{one} is not dropped"


def strange(vrf: str, routes: Iterable[Route], stated: Mapping[str, Any]) -> list[str]:
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
        to = ip_network(route.to)
        if to.prefixlen and any(to[0] in one and to.prefixlen >= one.prefixlen for one in theirs):
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
    here = _segments(leaf, stated)
    domains = {name: stated["domains"][name] for name in {one["vrf"] for one in here.values()}}
    own = f"{leaf.address}/32"
    for device in ("lo", *(one["device"] for one in domains.values())):
        addresses = _addresses(links.get(device, {}))
        fault = "" if own in addresses else f"has {', '.join(addresses) or 'no address'}"
        title = f"{leaf.name}: {device} has the router-id {own}"
        subject = next((name for name, one in domains.items() if one["device"] == device), "")
        table = _about(links.get(device, {}), "info_data").get("table")
        if subject and table is not None and table != domains[subject]["table"]:
            fault = f"has the table {table}, not {domains[subject]['table']}"
        yield Checked(title, fault, places=(leaf.name,), subject=subject)
    for name, segment in here.items():
        yield from _gateways(leaf, links, name, segment)
        yield _tunnel(leaf, links, name, segment["vni"], segment["mtu"])
        yield _ports(leaf, links, name, segment)
    for name, domain in domains.items():
        yield _tunnel(leaf, links, name, domain["vni"], None)
        yield _router_mac(leaf, links, name, domain["vni"])


def _segments(leaf: Node, stated: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: one
        for name, one in stated["segments"].items()
        if one["transport"] == "evpn" and leaf.cluster in one["clusters"]
    }


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
    if _about(links.get(tunnel.get("master", ""), {}), "info_data").get("vlan_filtering"):
        wrong.append("its bridge filters VLANs")
    return Checked(title, ", ".join(wrong), places=(leaf.name,), subject=name)


def _ports(leaf: Node, links: Mapping[str, Link], name: str, segment: Mapping[str, Any]) -> Checked:
    """Check that guests on a segment's bridge were plugged in with its MTU."""
    vni = segment["vni"]
    tunnel = next(
        (one for one in links.values() if _about(one, "info_data").get("id") == vni), {"master": ""}
    )
    wrong = {
        one["mtu"]
        for one in links.values()
        if one.get("master") == tunnel.get("master") != ""
        and one.get("linkinfo", {}).get("info_kind") == "veth"
        and one["mtu"] != segment["mtu"]
    }
    title = f"{leaf.name}: guests of {name} have its MTU {segment['mtu']}"
    fault = f"some have {', '.join(map(str, sorted(wrong)))}" if wrong else ""
    return Checked(title, fault, places=(leaf.name,), subject=name)


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
