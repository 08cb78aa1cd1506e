"""A policy's desired interfaces become words of `ip` and `sysctl`, as NetworkManager sets them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_interface
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.agents.captures import State, fill, resolve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from hyperleaf.lab.reading import Policy

OVS_BRIDGE = "ovs-bridge"
# Open vSwitch's own device in every namespace, which nmstate does not show.
DATAPATH = "ovs-system"
MAIN_TABLE = 254
TABLES = {"main": 254, "default": 253, "local": 255}
# NetworkManager gives a bridge's own subnet this metric.
BRIDGE_METRIC = 425
LOOPBACK_METRIC = 30


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
            "type": kinds.get(name) or _type(one),
            "mac-address": one.get("address", "").upper(),
            "mtu": one["mtu"],
            **_families(one),
        }
        for name, one in links.items()
    ]
    interfaces.sort(key=lambda one: (one["name"], one["type"]))
    running = [
        {
            "destination": _everywhere(one) if one["dst"] == "default" else one["dst"],
            "next-hop-interface": one.get("dev", ""),
            "next-hop-address": one.get("gateway", ""),
            "table-id": _table(one.get("table")),
            **({"source": one["prefsrc"]} if "prefsrc" in one else {}),
        }
        for one in json.loads(routes)
        if one.get("type", "unicast") == "unicast"
    ]
    return {"interfaces": interfaces, "routes": {"running": running}}


def _everywhere(route: Mapping[str, Any]) -> str:
    """Return what `default` means: `ip` calls that of both families so."""
    told = (str(route.get(one, "")) for one in ("gateway", "prefsrc"))
    return "::/0" if any(":" in one for one in told) else "0.0.0.0/0"


def _type(link: Mapping[str, Any]) -> str:
    """Return the type that the kernel gives a link: nmstate's words are the same, but for NICs."""
    kind = link.get("linkinfo", {}).get("info_kind")
    return str(kind or ("loopback" if link.get("link_type") == "loopback" else "ethernet"))


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


def links(interfaces: Iterable[State], existing: Collection[str] = ()) -> Iterator[str]:
    """Yield the lines of `ip -batch` that make devices; those that exist get their settings."""
    named = list(interfaces)
    wanted = [one for one in named if not _absent(one)]
    master = {port: one["name"] for one in wanted for port in _ports(one)}
    for one in sorted(wanted, key=lambda one: ORDER.index(_kind(one))):
        if one["name"] not in existing:
            yield from _made(one)
        yield from _addressed(one, master)
    # Tunnels, their bridges, then VRFs: the other way round zebra has been seen to crash.
    for one in sorted(filter(_absent, named), key=lambda one: -ORDER.index(_kind(one))):
        if one["name"] in existing:
            yield f"link del dev {one['name']}"


def _absent(one: State) -> bool:
    return bool(one.get("state") == "absent")


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
                yield f"link set dev {port} down addrgenmode none"
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


def trunks(interfaces: Iterable[State]) -> Iterator[str]:
    """Yield the lines of `bridge -batch` for ports that say nothing of VLANs: the handler's own."""
    for one in interfaces:
        if one["type"] == "linux-bridge" and not _absent(one):
            for port in one.get("bridge", {}).get("port", []):
                if "vlan" not in port:
                    yield f"vlan add vid 2-4094 dev {port['name']}"


def _addressed(one: State, master: Mapping[str, str]) -> Iterator[str]:
    name = one["name"]
    # NetworkManager makes link-local addresses by itself; the kernel would as a device comes up.
    yield f"link set dev {name} addrgenmode none"
    if one["type"] != "loopback":
        settings = f"address {one['mac-address']} " if "mac-address" in one else ""
        if name in master:
            settings += f"master {master[name]} "
        if "mtu" in one:
            settings += f"mtu {one['mtu']} "
        yield f"link set dev {name} {settings}up"
    bare = "" if one["type"] == "loopback" else " noprefixroute"
    for family in ("ipv4", "ipv6"):
        for address in one.get(family, {}).get("address", []):
            place = f"{address['ip']}/{address['prefix-length']}"
            yield f"addr replace {place} dev {name}{bare}"


def link_locals(interfaces: Iterable[State], macs: Mapping[str, str], node: str) -> Iterator[str]:
    """Yield the lines of `ip -batch` for link-local addresses, from `macs` by device.

    A stable-privacy address follows from a secret of the node (RFC 7217): no two nodes have one.
    """
    wanted = list(interfaces)
    ports = _enslaved(wanted)
    for one in wanted:
        name, six = one["name"], one.get("ipv6", {})
        if not six.get("enabled") or name in ports or one["type"] == "loopback" or _absent(one):
            continue
        if six.get("addr-gen-mode", "eui64") == "eui64":
            parts = bytes.fromhex(macs[name].replace(":", ""))
            host = bytes([parts[0] ^ 2, *parts[1:3], 0xFF, 0xFE, *parts[3:]])
        else:
            host = hashlib.sha256(f"{node} {name}".encode()).digest()[:8]
        yield f"addr replace {IPv6Address((0xFE80 << 112) | int.from_bytes(host))}/64 dev {name}"


def _enslaved(interfaces: Iterable[State]) -> set[str]:
    """Return the ports of bridges: they have no addresses, and no setting of IPv6."""
    return {port for one in interfaces if one["type"] == "linux-bridge" for port in _ports(one)}


def subnet_routes(interfaces: Iterable[State]) -> Iterator[str]:
    """Yield the lines of `ip -batch` for the routes that NetworkManager adds to addresses."""
    wanted = [one for one in interfaces if not _absent(one)]
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
                if place.network.prefixlen < place.max_prefixlen:
                    source = f"src {place.ip} scope link " if family == "ipv4" else ""
                    table = tables.get(one["name"], MAIN_TABLE)
                    metric = LOOPBACK_METRIC if one["type"] == "loopback" else BRIDGE_METRIC
                    yield (
                        f"route replace {place.network} dev {one['name']} proto kernel {source}"
                        f"metric {metric} table {table}"
                    )
        if one["type"] == "loopback":
            yield f"route replace ::1 dev {one['name']} proto kernel metric {LOOPBACK_METRIC}"


def without_ipv6(interfaces: Iterable[State]) -> list[str]:
    """Return the devices on which IPv6 is switched off."""
    wanted = [one for one in interfaces if not _absent(one)]
    ports = _enslaved(wanted)
    return [
        one["name"]
        for one in wanted
        if one["type"] != "loopback"
        and one["name"] not in ports
        and not one.get("ipv6", {}).get("enabled", False)
    ]
