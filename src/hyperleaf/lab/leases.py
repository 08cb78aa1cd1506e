"""Rendered DHCP becomes servers behind the borders and relays on them; guests ask for leases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import world
from hyperleaf.lab.guests import BORDERS, Guest, plug_in
from hyperleaf.lab.outcome import Checked
from hyperleaf.lab.world import DATA_CENTRE, batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.lab.facts import Surroundings
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import Rendered

SERVER = "dhcp"
KEA4 = "kea-dhcp4.conf"
LEASE_SECONDS = 40
# What udhcpc was told, as it tells its script.
_TOLD = """#!/bin/sh
[ "$1" = bound ] || [ "$1" = deconfig ] || exit 0
[ "$1" = bound ] && printf '{"ip":"%s","router":"%s","mtu":"%s","server":"%s"}\\n' \
 "$ip" "$router" "$mtu" "$serverid"
exit 0
"""


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay on a border: from a network's bridge, by a VRF, to a server."""

    border: str
    vni: int
    vrf: str
    vrf_vni: int
    table: int
    giaddr: str
    servers: tuple[str, ...]


def relays(rendered: Rendered) -> Iterator[Relay]:
    """Yield the IPv4 relays of the borders' sheets."""
    for border in rendered.borders.values():
        tables = {one["name"]: one["table"] for one in border.devices["vrfs"]}
        for vrf in border.sheet["vrfs"]:
            device = f"vrf{vrf['l3vni']}"
            for network in vrf["networks"]:
                for one in network.get("dhcpRelay", ()):
                    if one["family"] == "ipv4":
                        yield Relay(
                            border.name,
                            network["l2vni"],
                            device,
                            vrf["l3vni"],
                            tables[device],
                            one["giaddr"],
                            tuple(one["servers"]),
                        )


def serve(kernel: Kernel, rendered: Rendered) -> None:
    """Put the DHCP servers behind the borders' VRFs, and start servers and relays."""
    wanted = list(relays(rendered))
    if not wanted or KEA4 not in rendered.dhcp:
        return
    servers = sorted({server for one in wanted for server in one.servers})
    near, far = f"{world.TRANSFER}.253", f"{world.TRANSFER}.254"
    lines = [f"link add dhcp0 type veth peer name eth0 netns {SERVER}", "link set dhcp0 up"]
    kernel.run(["ip", "netns", "add", SERVER])
    batch(kernel, DATA_CENTRE, [*lines, f"addr add {near}/30 dev dhcp0"])
    batch(
        kernel,
        SERVER,
        [
            *("link set lo up", "link set eth0 up", f"addr add {far}/30 dev eth0"),
            *(f"addr add {one}/32 dev eth0" for one in servers),
            f"route add default via {near} src {servers[0]}",
        ],
    )
    batch(kernel, DATA_CENTRE, [f"route add {one}/32 via {far}" for one in servers])
    joined: dict[tuple[str, str], tuple[str, str]] = {}
    for one in wanted:
        if (one.border, one.vrf) not in joined:
            number = 40 + len(joined)
            joined[one.border, one.vrf] = _join(kernel, one, number)
        here, device = joined[one.border, one.vrf]
        batch(kernel, DATA_CENTRE, [f"route add {one.giaddr}/32 via {here}"])
        listening = f"-id br{one.vni} -iu {device} {' '.join(one.servers)}"
        relay = f"ip vrf exec {one.vrf} dhcrelay -4 -q --no-pid {listening}"
        kernel.run(f"exec {relay} >/run/relay-{one.vni} 2>&1", node=one.border)
    kernel.write(f"/run/{KEA4}", rendered.dhcp[KEA4])
    kernel.run(f"kea-dhcp4 -c /run/{KEA4} >/run/kea-dhcp4 2>&1 </dev/null & sleep 0.2", node=SERVER)


def _join(kernel: Kernel, relay: Relay, number: int) -> tuple[str, str]:
    """Join a border's VRF to the data centre's router, for the servers alone."""
    here, there = f"{world.TRANSFER}.{number * 4 + 1}", f"{world.TRANSFER}.{number * 4 + 2}"
    device = f"srv{relay.vrf_vni}"
    batch(
        kernel,
        relay.border,
        [
            f"link add {device} type veth peer name s{number} netns {DATA_CENTRE}",
            f"link set {device} master {relay.vrf} up",
            f"addr add {here}/30 dev {device}",
            *(f"route add {one}/32 via {there} table {relay.table}" for one in relay.servers),
        ],
    )
    batch(kernel, DATA_CENTRE, [f"link set s{number} up", f"addr add {there}/30 dev s{number}"])
    return here, device


def ask(kernel: Kernel, rendered: Rendered, around: Surroundings) -> Iterator[Checked]:
    """Let a new guest of each network with leases ask for one; yield what it was told."""
    kernel.write("/run/told", _TOLD, mode="0755")
    asked = []
    for number, one in enumerate(rendered.expected["guests"]):
        segment = rendered.expected["segments"][one["network"]]
        leases = [each for each in segment.get("lease", ()) if ":" not in each["subnet"]]
        if one["at"] == BORDERS or not leases:
            continue
        attachment = next(
            each
            for each in rendered.clusters[one["at"]].attachments
            if (each.namespace, each.name) == (one["namespace"], one["attachment"])
        )
        place = around.hosts(one["at"])[-1].name
        guest = Guest(one["name"], one["network"], f"d{number}", place, {}, {}, attachment)
        plug_in(kernel, guest)
        words = "udhcpc -f -q -n -t 8 -T 2 -O mtu -i eth0 -s /run/told"
        future = kernel.ask(words, node=guest.namespace, seconds=LEASE_SECONDS)
        asked.append((guest, leases[0], future))
    for guest, lease, future in asked:
        ran = kernel.wait(future, LEASE_SECONDS)
        title = f"{guest.expected} on {guest.place}: lease of {lease['subnet']}"
        yield Checked(
            title,
            _fault(ran.out, ran.err, lease),
            kind="lease",
            ends=(guest.namespace,),
            places=(guest.place,),
            subject=guest.network,
        )


def _fault(out: str, err: str, lease: Mapping[str, Any]) -> str:
    """Return what is wrong with a lease, or nothing."""
    told = next((json.loads(line) for line in out.splitlines() if line.startswith("{")), None)
    if told is None:
        return f"none: {err.strip().splitlines()[-1] if err.strip() else 'silence'}"
    address = ip_address(told["ip"])
    if address not in ip_network(lease["subnet"]):
        return f"{address} is of another subnet"
    ranges = [(ip_address(first), ip_address(last)) for first, last in lease["ranges"]]
    if not any(int(first) <= int(address) <= int(last) for first, last in ranges):
        return f"{address} is in none of the ranges"
    if told["router"] != lease["router"]:
        return f"its router is {told['router']}, not {lease['router']}"
    if told["mtu"] != str(lease["mtu"]):
        return f"its MTU is {told['mtu'] or 'not told'}, not {lease['mtu']}"
    return ""
