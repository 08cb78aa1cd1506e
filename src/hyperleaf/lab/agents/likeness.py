"""A node's network becomes facts that two kinds of agents must agree on: nothing left to chance.

Left out are who set a route (`protocol`) and at which metric, MACs that the kernel draws, the
ports of guests, which CNI names by chance, and the name that FRR's daemons were started under.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import daemons

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from hyperleaf.lab.kernel import Kernel

Facts = dict[str, list[str]]
Link = dict[str, Any]
# The kernel or Open vSwitch draws their MACs.
DRAWN = ("vxlan", "vrf", "openvswitch")
GUEST_PORT, DATAPATH = "veth", "ovs-system"
TARGET = re.compile(r"RT:\d+:\d+")
MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
# MACs that the underlay assigned or a rendered file says; the zero one stands for flooding.
GIVEN = ("0a:00:00:", "02:68:6c:", "02:69:", "00:00:00:00:00:00")
LINK_LOCAL = "fe80:"
VXLAN = ("id", "local", "link", "port", "learning")
BRIDGE = ("stp_state", "vlan_filtering")
PORT = ("learning", "neigh_suppress", "isolated")
WITHOUT = ("protocol", "metric", "flags", "nhid", "pref", "cache", "expires")
_OFF = "cd /proc/sys/net/ipv6/conf && grep -H . */disable_ipv6"


def facts(kernel: Kernel, node: str, guests: Mapping[str, str], *, routing: bool) -> Facts:
    """Read a node's links, addresses and routes; with `routing`, what FRR says and the FDB too.

    `guests` are their names by their MACs.
    """
    ask = _Asked(kernel, node)
    modes = {one["ifname"]: one.get("inet6_addr_gen_mode") for one in ask.json("ip -j -d link")}
    found = of_links(ask.json("ip -j -d addr"), modes, ask.text(_OFF))
    four, six = (ask.json(f"ip -j -{family} route show table all") for family in (4, 6))
    found |= of_routes([*four, *six])
    filtering = _filtering(ask.json("ip -j -d link"))
    found["vlans"] = of_vlans(ask.json("bridge -j -compressvlans vlan show"), filtering)
    if routing:
        text = daemons.vtysh(kernel, node, "show running-config")
        found["frr"] = [line for line in text.splitlines() if not line.startswith("hostname ")]
        table = json.loads(daemons.vtysh(kernel, node, "show bgp l2vpn evpn json"))
        found["evpn"] = sorted({named(line, guests) for line in of_evpn(table)})
        found["fdb"] = sorted({named(line, guests) for line in of_fdb(ask.json("bridge -j fdb"))})
    return found


def named(line: str, guests: Mapping[str, str]) -> str:
    """Return a line with guests' names in place of their MACs, and no MAC that chance made."""

    def known(found: re.Match[str]) -> str:
        mac = found[0]
        return guests.get(mac) or (mac if mac.startswith(GIVEN) else "drawn")

    return MAC.sub(known, line)


class _Asked:
    """Commands on a node."""

    def __init__(self, kernel: Kernel, node: str) -> None:
        self.kernel, self.node = kernel, node

    def text(self, command: str) -> str:
        return self.kernel.run(command, node=self.node).out

    def json(self, command: str) -> list[Link]:
        said: list[Link] = json.loads(self.text(command) or "[]")
        return said


def of_links(links: Iterable[Link], modes: Mapping[str, Any], disabled: str) -> Facts:
    """Return facts about each device: `ip -j -d addr`, and by device how IPv6 is set there."""
    off = {
        line.partition("/")[0]: "off" if line.endswith("1") else "on"
        for line in disabled.splitlines()
    }
    found: Facts = {}
    for one in links:
        name, kind = one["ifname"], _kind(one)
        # A guest's port; a NIC that Open vSwitch holds, where NetworkManager finds nothing to say.
        if name.startswith(GUEST_PORT) or one.get("master") == DATAPATH:
            continue
        told = [
            f"{kind} master={one.get('master', '-')} mtu={one['mtu']} up={'UP' in one['flags']}"
        ]
        if kind not in DRAWN:
            told.append(named(f"address {one.get('address', '-')}", {}))
        told.append(f"ipv6 {off.get(name, '-')} {modes.get(name)}")
        info = _part(one, "info_data")
        wanted = {"vxlan": VXLAN, "bridge": BRIDGE, "vrf": ("table",)}.get(kind, ())
        told += [f"{kind}.{key}={info.get(key)}" for key in wanted]
        if _about(one, "info_slave_kind") == "bridge":
            port = _part(one, "info_slave_data")
            told += [f"port.{key}={port.get(key)}" for key in PORT]
        for each in one["addr_info"]:
            own = each["local"].startswith(LINK_LOCAL)
            if kind in DRAWN and own:
                continue
            bare = " noprefixroute" if each.get("noprefixroute") and not own else ""
            told.append(f"{each['local']}/{each['prefixlen']} {each['scope']}{bare}")
        found[f"link {name}"] = sorted(told)
    return found


def _filtering(links: Iterable[Link]) -> set[str]:
    """Return the bridges that look at VLANs, and their ports."""
    listed = list(links)
    bridges = {one["ifname"] for one in listed if _part(one, "info_data").get("vlan_filtering")}
    return bridges | {one["ifname"] for one in listed if one.get("master") in bridges}


def of_vlans(ports: Iterable[Link], filtering: Collection[str]) -> list[str]:
    """Return the VLANs of each port that matters: `bridge -j -compressvlans vlan show`."""
    return sorted(
        f"{port['ifname']} {each['vlan']}-{each.get('vlanEnd', each['vlan'])} "
        f"{' '.join(each.get('flags', []))}"
        for port in ports
        if port["ifname"] in filtering and not port["ifname"].startswith(GUEST_PORT)
        for each in port.get("vlans", [])
    )


def of_routes(routes: Iterable[Link]) -> Facts:
    """Return the routes of each table, next hops in order; own addresses are no routes."""
    found: dict[str, list[str]] = {}
    for one in routes:
        table = str(one.get("table", "main"))
        if table == "local" or one.get("type") in {"local", "broadcast", "multicast", "anycast"}:
            continue
        if str(one["dst"]).startswith((LINK_LOCAL, "ff00:")):
            continue
        kept = {key: value for key, value in one.items() if key not in WITHOUT}
        for hop in kept.get("nexthops", []):
            hop.pop("flags", None)
        kept["nexthops"] = sorted(
            json.dumps(hop, sort_keys=True) for hop in one.get("nexthops", [])
        )
        found.setdefault(f"routes {table}", []).append(json.dumps(kept, sort_keys=True))
    return {name: sorted(set(lines)) for name, lines in found.items()}


def of_evpn(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield each route that FRR holds: whose it is, where its packets go, its route targets.

    The number in a route distinguisher follows from the order in which VNIs came up.
    """
    for rd, prefixes in table.items():
        if not isinstance(prefixes, dict) or "rd" not in prefixes:
            continue
        for prefix, told in prefixes.items():
            if isinstance(told, dict) and "paths" in told and LINK_LOCAL not in prefix:
                paths = [each for group in told["paths"] for each in _listed(group)]
                hops = {hop["ip"] for path in paths for hop in path.get("nexthops", [])}
                said = " ".join(str(path.get("extendedCommunity", "")) for path in paths)
                targets = set(TARGET.findall(said))
                yield f"{rd.partition(':')[0]} {prefix} {' '.join(sorted(hops | targets))}"


def of_fdb(entries: Iterable[Link]) -> list[str]:
    """Return where frames go, from `bridge -j fdb`: what BGP says, what stays for ever."""
    return [
        f"{one['mac']} {one['ifname']} {one.get('dst', '-')} {one.get('state', '-')}"
        for one in entries
        if "dst" in one
    ]


def differences(ours: Mapping[str, Facts], theirs: Mapping[str, Facts]) -> list[str]:
    """Return what only one of two labs has: `node, subject: - line` is ours, `+` theirs."""
    found = []
    for node in sorted({*ours, *theirs}):
        mine, other = ours.get(node, {}), theirs.get(node, {})
        for subject in sorted({*mine, *other}):
            one, two = mine.get(subject, []), other.get(subject, [])
            found += [f"{node}, {subject}: - {line}" for line in one if line not in two]
            found += [f"{node}, {subject}: + {line}" for line in two if line not in one]
    return found


def _listed(group: Any) -> list[Link]:
    return group if isinstance(group, list) else [group]


def _kind(link: Link) -> str:
    return str(_about(link, "info_kind") or link.get("link_type", ""))


def _about(link: Link, key: str) -> str:
    return str(link.get("linkinfo", {}).get(key, ""))


def _part(link: Link, key: str) -> Link:
    found = link.get("linkinfo", {}).get(key, {})
    return found if isinstance(found, dict) else {}
