"""A border's rendered files become an EVPN switch: its devices, and FRR with its configuration."""

from __future__ import annotations

import re
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import daemons, world
from hyperleaf.lab.agents import frr_text
from hyperleaf.lab.world import Port, batch, forward, plug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.facts import BorderPlace, Interface, Surroundings
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import Border, Rendered

UPLINK = "eth0"
# Wide enough for every segment: what is narrow is the outside.
LINK_MTU = 9216
_APART = """
table inet apart {
 chain forward {
  type filter hook forward priority 0
  iifname "b*" oifname "b*" counter drop
 }
}
"""
DAEMONS = {"bgpd": "yes", "bfdd": "yes"}


def build(
    kernel: Kernel, around: Surroundings, border: Border, place: BorderPlace, number: int
) -> None:
    """Make a border's namespace and devices as its devices.json says."""
    name, devices = border.name, border.devices
    segment = next(one for one in around.segments if one.name == place.segment)
    length = segment.gateways[0].network.prefixlen
    own: Interface = ip_interface(f"{devices['local']}/{length}")
    kernel.run(["ip", "netns", "add", name])
    forward(kernel, name)
    kernel.run(["sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0"], node=name)
    plug(kernel, around, Port(place.segment, number, name, UPLINK, (own,)))
    batch(kernel, name, ["link set lo up", *_devices(devices)])
    kernel.run(["sh", "-c", _flags(devices)], node=name)


def _devices(devices: dict[str, Any]) -> Iterator[str]:
    for one in devices["vrfs"]:
        yield f"link add {one['name']} type vrf table {one['table']}"
        yield f"link set {one['name']} up"
    for one in devices["bridges"]:
        yield f"link add {one['name']} type bridge stp_state 0"
        yield from _set(one, one["vrf"])
    for one in devices["gateways"]:
        yield f"link add {one['name']} link {one['bridge']} type macvlan mode private"
        yield from _set(one, one["vrf"])
        if "linkLocal" in one:
            yield f"addr replace {one['linkLocal']} dev {one['name']} nodad"
    for one in devices["vxlans"]:
        yield (
            f"link add {one['name']} type vxlan id {one['vni']} local {devices['local']} "
            f"dev {UPLINK} dstport {devices['port']} nolearning"
        )
        yield f"link set {one['name']} master {one['bridge']} mtu {one['mtu']} addrgenmode none up"


def _set(one: dict[str, Any], master: str) -> Iterator[str]:
    address = f"address {one['mac']} " if "mac" in one else ""
    yield f"link set {one['name']} {address}master {master} mtu {one['mtu']} up"
    prefix = "" if one["name"].startswith("br") else " noprefixroute"
    yield from (
        f"addr add {each} dev {one['name']} nodad{prefix}" for each in one.get("addresses", ())
    )


def _flags(devices: dict[str, Any]) -> str:
    """Return what makes tunnels quiet, and either device answer for its own address only."""
    lines = [
        f"bridge link set dev {one['name']} learning off neigh_suppress on"
        for one in devices["vxlans"]
    ]
    # Unknown to the bridge, the gateway's MAC would be flooded, and every leaf route a copy.
    lines += [
        f"bridge fdb replace {one['mac']} dev {one['bridge']} self local"
        for one in devices["gateways"]
    ]
    for one in (*devices["bridges"], *devices["gateways"]):
        conf = f"net.ipv4.conf.{one['name']}"
        lines.append(f"sysctl -qw {conf}.arp_ignore=1 {conf}.arp_announce=2 {conf}.arp_accept=1")
    return "set -e\n" + "\n".join(lines)


def start_frr(kernel: Kernel, border: Border) -> None:
    """Start a border's FRR."""
    daemons.start(kernel, border.name, _with_passwords(border), DAEMONS)
    daemons.stand_beside(kernel, border.name, border.neighbours)


def _with_passwords(border: Border) -> str:
    """Return a border's configuration with what its sheet says is to be added."""
    added = [
        f" neighbor {one['address']} password {frr_text.password(one['password']['secret'])}"
        for one in border.sheet["neighbours"]
        if "password" in one
    ]
    (router,) = re.findall(r"(?m)^router bgp \d+$", border.frr_conf)
    return "\n".join([border.frr_conf, router, *added, "exit", ""]) if added else border.frr_conf


def give_way_out(kernel: Kernel, rendered: Rendered) -> None:
    """Join the VRFs that leave by the data centre to its router, and route their networks back."""
    stated = rendered.expected
    leaving = [one for one in stated["domains"].values() if one["egress"] == "border"]
    number = 0
    back: dict[str, list[str]] = {}
    for domain in leaving:
        subnets = [
            subnet
            for network in domain["networks"]
            for subnet in stated["segments"][network]["subnets"]
        ]
        families = {6 if ":" in subnet else 4 for subnet in subnets}
        for border in rendered.borders.values():
            number += 1
            _join(kernel, border, domain, number, families)
            for subnet in subnets:
                near = world.transfer(number, 1, 6 if ":" in subnet else 4)
                back.setdefault(subnet, []).append(f"nexthop via {near}")
    batch(
        kernel,
        world.DATA_CENTRE,
        [f"route add {one} {' '.join(hops)}" for one, hops in back.items()],
    )
    # A data centre keeps its VRFs apart: what leaves one does not enter another.
    kernel.run(["nft", "-f", "-"], node=world.DATA_CENTRE, stdin=_APART)
    gateways = [one.partition("/")[0] for one in world.WAY_OUT[1]]
    batch(kernel, world.ROUTER, [f"route add {one} via {gateways[':' in one]}" for one in back])


def _join(
    kernel: Kernel, border: Border, domain: dict[str, Any], number: int, families: set[int]
) -> None:
    """Join a VRF of a border to the data centre's router, and let it leave by there."""
    wan, there, table = f"wan{domain['vni']}", world.DATA_CENTRE, domain["table"]
    here = [
        f"link add {wan} mtu {LINK_MTU} type veth peer name b{number} mtu {LINK_MTU} netns {there}",
        f"link set {wan} master {domain['device']} up",
    ]
    router = [f"link set b{number} up"]
    for family in sorted(families):
        near, far = (world.transfer(number, host, family) for host in (1, 2))
        length = world.TRANSFER_LENGTHS[family]
        here.append(f"addr add {near}/{length} dev {wan} nodad")
        router.append(f"addr add {far}/{length} dev b{number} nodad")
    batch(kernel, border.name, here)
    batch(kernel, there, router)
    # Only now is the other end of the link up.
    ways = [
        f"route add default via {world.transfer(number, 2, one)} table {table}"
        for one in sorted(families)
    ]
    batch(kernel, border.name, ways)
