"""A policy's desired interfaces become words of `ip` and `sysctl`, as NetworkManager sets them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.agents.captures import State, fill, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hyperleaf.lab.reading import Policy

OVS_BRIDGE = "ovs-bridge"
# Open vSwitch's own device in every namespace, which nmstate does not show.
DATAPATH = "ovs-system"
MAIN_TABLE = 254
TABLES = {"main": 254, "default": 253, "local": 255}
# NetworkManager gives a bridge's own subnet this metric.
BRIDGE_METRIC = 425


class UnsupportedError(Exception):
    """A desired state that this agent cannot carry out."""


@dataclass(frozen=True, slots=True)
class Enacted:
    """A policy on a node: what its captures found stays what it was found to be at first."""

    policy: str
    capture: Mapping[str, str]
    captured: Mapping[str, State]


def state(addresses: str, routes: str, typed: Sequence[tuple[str, str]]) -> State:
    """Return a node's state from `ip -j -d addr` and `ip -j route show table all`.

    `typed` are names with the type that nmstate gives them where the kernel's differs: a bridge of
    Open vSwitch is nothing of the kernel's, and comes before its own port of the same name.
    """
    links = {one["ifname"]: one for one in json.loads(addresses) if one["ifname"] != DATAPATH}
    kinds = {name: kind for name, kind in typed if name in links and kind != OVS_BRIDGE}
    beyond = [(name, kind) for name, kind in typed if name not in kinds or kind == OVS_BRIDGE]
    interfaces: list[State] = [{"name": name, "type": kind} for name, kind in beyond]
    interfaces += [
        {
            "name": name,
            "type": kinds.get(name, one.get("linkinfo", {}).get("info_kind", "ethernet")),
            "mac-address": one.get("address", "").upper(),
            "mtu": one["mtu"],
            **_families(one),
        }
        for name, one in links.items()
    ]
    interfaces.sort(key=lambda one: (one["name"], one["type"]))
    running = [
        {
            "destination": "0.0.0.0/0" if one["dst"] == "default" else one["dst"],
            "next-hop-interface": one.get("dev", ""),
            "next-hop-address": one.get("gateway", ""),
            "table-id": _table(one.get("table")),
            **({"source": one["prefsrc"]} if "prefsrc" in one else {}),
        }
        for one in json.loads(routes)
        if one.get("type", "unicast") == "unicast"
    ]
    return {"interfaces": interfaces, "routes": {"running": running}}


def _families(link: Mapping[str, Any]) -> State:
    """Return a link's addresses as nmstate lists them, by family."""
    found: State = {}
    for family, word in (("ipv4", "inet"), ("ipv6", "inet6")):
        held = [
            {"ip": one["local"], "prefix-length": one["prefixlen"]}
            for one in link.get("addr_info", [])
            if one["family"] == word
        ]
        found[family] = {"enabled": bool(held), **({"address": held} if held else {})}
    return found


def _table(named: Any) -> int:
    return MAIN_TABLE if named is None else TABLES.get(str(named)) or int(named)


def enact(policy: Policy, state: State, before: Enacted | None) -> tuple[Enacted, list[State]]:
    """Return the enactment and the interfaces it asks for; captures of an earlier one are kept."""
    captured = before.captured if before is not None else resolve(policy.capture, state)
    filled = fill(policy.desired, captured)
    return Enacted(policy.name, policy.capture, captured), filled.get("interfaces", [])


def links(interfaces: Iterable[State]) -> Iterator[str]:
    """Yield the lines of `ip -batch` that make devices that do not exist yet."""
    wanted = list(interfaces)
    master = {port: one["name"] for one in wanted for port in _ports(one)}
    for one in sorted(wanted, key=lambda one: ORDER.index(_kind(one))):
        yield from _made(one)
        yield from _addressed(one, master)


ORDER = ("loopback", "vrf", "linux-bridge", "ethernet", "bond", "vlan", "vxlan")


def _kind(one: State) -> str:
    if one["type"] not in ORDER:
        raise UnsupportedError(f"interface {one['name']}: type {one['type']}")
    return str(one["type"])


def _ports(one: State) -> list[str]:
    if one["type"] == "vrf":
        return list(one["vrf"]["port"])
    return [port["name"] for port in one.get("bridge", {}).get("port", [])]


def _made(one: State) -> Iterator[str]:
    name = one["name"]
    match one["type"]:
        case "vrf":
            yield f"link add {name} type vrf table {one['vrf']['route-table-id']}"
        case "linux-bridge":
            yield f"link add {name} type bridge stp_state 0 vlan_filtering {int(_filters(one))}"
        case "vlan":
            vlan = one["vlan"]
            yield f"link add {name} link {vlan['base-iface']} type vlan id {vlan['id']}"
        case "bond":
            bond = one["link-aggregation"]
            yield f"link add {name} type bond mode {bond['mode']} miimon 100"
            for port in bond["port"]:
                yield f"link set dev {port} down"
                yield f"link set dev {port} master {name}"
        case "vxlan":
            vxlan = one["vxlan"]
            learning = "" if vxlan.get("learning", True) else " nolearning"
            yield (
                f"link add {name} type vxlan id {vxlan['id']} local {vxlan['local']} "
                f"dev {vxlan['base-iface']} dstport {vxlan['destination-port']}{learning}"
            )


def _filters(bridge: State) -> bool:
    """Tell whether a bridge looks at VLANs: the handler takes a port that says none for a trunk.

    Its untagged frames still pass, as VLAN 1, but FRR no longer finds the segment's address.
    """
    return any(port.get("vlan", True) for port in bridge.get("bridge", {}).get("port", []))


def _addressed(one: State, master: Mapping[str, str]) -> Iterator[str]:
    name = one["name"]
    if one["type"] != "loopback":
        settings = f"address {one['mac-address']} " if "mac-address" in one else ""
        if name in master:
            settings += f"master {master[name]} "
        if "mtu" in one:
            settings += f"mtu {one['mtu']} "
        mode = "eui64" if one.get("ipv6", {}).get("enabled") else "none"
        yield f"link set dev {name} {settings}addrgenmode {mode} up"
    for family in ("ipv4", "ipv6"):
        for address in one.get(family, {}).get("address", []):
            place = f"{address['ip']}/{address['prefix-length']}"
            yield f"addr replace {place} dev {name} noprefixroute"


def subnet_routes(interfaces: Iterable[State]) -> Iterator[str]:
    """Yield the lines of `ip -batch` for the routes that NetworkManager adds to addresses."""
    wanted = list(interfaces)
    tables = {
        port: one["vrf"]["route-table-id"]
        for one in wanted
        if one["type"] == "vrf"
        for port in _ports(one)
    }
    for one in wanted:
        for family in ("ipv4", "ipv6"):
            for address in one.get(family, {}).get("address", []):
                place = ip_interface(f"{address['ip']}/{address['prefix-length']}")
                if place.network.prefixlen < place.max_prefixlen and one["type"] != "loopback":
                    source = f"src {place.ip} scope link " if family == "ipv4" else ""
                    table = tables.get(one["name"], MAIN_TABLE)
                    yield (
                        f"route replace {place.network} dev {one['name']} proto kernel {source}"
                        f"metric {BRIDGE_METRIC} table {table}"
                    )


def without_ipv6(interfaces: Iterable[State]) -> list[str]:
    """Return the devices on which IPv6 is switched off."""
    return [
        one["name"]
        for one in interfaces
        if one["type"] != "loopback" and not one.get("ipv6", {}).get("enabled", False)
    ]
