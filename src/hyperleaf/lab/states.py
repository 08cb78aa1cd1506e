"""Expectations become looks at leaves: what packets alone do not show in so small a lab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.checks import Checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.lab.facts import Node, Surroundings
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
        yield Checked(f"{leaf.name}: {device} has the router-id {own}", fault)
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
            yield Checked(title, "no device has the address")
        elif found[0]["address"] != gateway["mac"]:
            yield Checked(title, f"{found[0]['ifname']} is {found[0]['address']}")
        elif found[0]["mtu"] != segment["mtu"]:
            yield Checked(title, f"its MTU is {found[0]['mtu']}, not {segment['mtu']}")
        else:
            yield Checked(title, "")


def _tunnel(leaf: Node, links: Mapping[str, Link], name: str, vni: int, mtu: int | None) -> Checked:
    """Check a tunnel: from the node's address, BGP alone says who is where, nobody floods ARP."""
    title = f"{leaf.name}: the tunnel of {name}, VNI {vni}"
    tunnel = next(
        (one for one in links.values() if _about(one, "info_data").get("id") == vni), None
    )
    if tunnel is None:
        return Checked(title, "is not there")
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
    return Checked(title, ", ".join(wrong))


def _router_mac(leaf: Node, links: Mapping[str, Link], name: str, vni: int) -> Checked:
    """Check that a VRF's router MAC is the node's own, so that no two leaves have the same."""
    title = f"{leaf.name}: {name}'s router MAC is its uplink's"
    tunnel = next((one for one in links.values() if _about(one, "info_data").get("id") == vni), {})
    bridge = links.get(tunnel.get("master", ""), {})
    wanted = links[leaf.uplink]["address"]
    fault = "" if bridge.get("address") == wanted else f"is {bridge.get('address')}, not {wanted}"
    return Checked(title, fault)


def _about(link: Link, part: str) -> Link:
    found = link.get("linkinfo", {}).get(part, {})
    return found if isinstance(found, dict) else {}
