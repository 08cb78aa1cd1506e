"""A real guest boots and asks for a lease: what it is told, and the longest packet it sends."""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.outcome import Figure, Skipped
from hyperleaf.lab.scenarios import moving
from hyperleaf.lab.vms import VmError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Address, IPv6Address

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Checked, Told
    from hyperleaf.lab.vms import Running

KIND = "guest-leases"
# From the moment that its NIC is up: what is before is the guest's own boot.
LEASE_LIMIT_SECONDS = 5.0
# A guest waits for a router and for its own address to be free before it asks.
SIX_SECONDS = 30
HEADERS = 28
# A bridge lets pass what is longer than its MTU by a VLAN's tag, whether there is one or not.
TAG = 4


def tell(lab: Lab) -> Iterator[Told]:
    """Boot a real guest, and hold what it was told against what a lease must say."""
    play = moving.stage(lab)
    if play is None:
        yield Skipped(moving.NO_STAGE)
        return
    lease = play.lease
    if lease is None:
        yield Skipped("no segment that a real guest could be plugged into has leases")
        return
    yield from moving.carefully(KIND, _tell(lab, play, lease))


def _tell(lab: Lab, play: moving.Stage, lease: Mapping[str, Any]) -> Iterator[Told]:
    six = next((one for one in play.segment["lease"] if ":" in one["subnet"]), None)
    vm = replace(play.vm("leased", 1), ipv6=six is not None)
    with moving.on_stage(lab, play, vm) as guest:
        told = guest.told("lease")
        took = time.monotonic() - guest.began
        up = guest.told("up")
        title = "from a real guest's start (its kernel's boot included) until its lease"
        yield Figure(title, round(took, 1), "s")
        asked = round(max(0.0, told["uptime"] - up["uptime"]), 2)
        yield Figure("from its NIC's start until its lease", asked, "s", LEASE_LIMIT_SECONDS)
        where = f"a real guest of {play.network} on {play.home.name}"
        yield play.checked(KIND, f"{where}: lease of {lease['subnet']}", fault(told, lease))
        router = str(lease["router"])
        wrong = _gateway(guest, router, play.gateways.get(router, ""))
        yield play.checked(KIND, f"{where}: its router {router} is the anycast gateway", wrong)
        if six is not None:
            yield play.checked(KIND, f"{where}: DHCPv6 lease of {six['subnet']}", _six(guest, six))
        yield from _longest(lab, play, guest, str(ip_interface(told["ip"]).ip))


def fault(told: Mapping[str, Any], lease: Mapping[str, Any]) -> str:
    """Return what is wrong with what a guest was told, or nothing."""
    address = ip_interface(told["ip"])
    if address.network != ip_network(lease["subnet"]):
        return f"{address} is of another subnet"
    if not _within(address.ip, lease):
        return f"{address.ip} is in none of the ranges"
    if told["router"] != lease["router"]:
        return f"its router is {told['router'] or 'not told'}, not {lease['router']}"
    if told["told"] != str(lease["mtu"]):
        return f"its MTU is {told['told'] or 'not told'}, not {lease['mtu']}"
    if told["mtu"] != str(lease["mtu"]):
        return f"its NIC has the MTU {told['mtu']}, not {lease['mtu']}"
    return ""


def _six(guest: Running, lease: Mapping[str, Any]) -> str:
    """Return what is wrong with a guest's DHCPv6 lease, or nothing."""
    try:
        told = guest.told("lease6", SIX_SECONDS)
    except VmError:
        return f"none in {SIX_SECONDS} s"
    address = ip_interface(told["ip"]).ip
    return "" if _within(address, lease) else f"{address} is in none of its ranges"


def _within(address: IPv4Address | IPv6Address, lease: Mapping[str, Any]) -> bool:
    ranges = [(ip_address(first), ip_address(last)) for first, last in lease["ranges"]]
    return any(int(first) <= int(address) <= int(last) for first, last in ranges)


def _gateway(guest: Running, router: str, mac: str) -> str:
    """Return what is wrong with a guest's gateway, or nothing."""
    status, said = guest.run(f"ping -q -c 2 -W 2 {router}")
    if status:
        return f"does not answer: {said.splitlines()[-1] if said else 'silence'}"
    found = moving.neighbour(guest.run(f"ip neigh show {router}")[1])
    return "" if found == mac else f"is {found}, not {mac}"


def _longest(lab: Lab, play: moving.Stage, guest: Running, address: str) -> Iterator[Checked]:
    """Send packets of the MTU's length from a guest, and one byte more towards it."""
    mtu, other = guest.vm.mtu, play.other
    status, _ = guest.run(f"ip link set eth0 mtu {mtu + 1}")
    title = f"a real guest's NIC takes no MTU above its network's {mtu}"
    yield play.checked(KIND, title, "" if status else f"it took {mtu + 1}")
    if other is None:
        return
    size, more = mtu - HEADERS, mtu + TAG + 1
    status, said = guest.run(f"ping -q -c 3 -W 2 -s {size} {moving.ipv4(other)}")
    title = f"a packet of {mtu} bytes goes whole from {guest.node} to {other.place} and back"
    yield play.checked(KIND, title, _last(said) if status else "", other)
    kernel, name = lab.kernel, other.namespace
    kernel.run(f"ip link set eth0 mtu {more}", node=name)
    longer = f"ping -n -q -c 3 -W 1 -M do -s {more - HEADERS} {address}"
    ran = kernel.run(longer, node=name, check=False)
    kernel.run(f"ip link set eth0 mtu {mtu}", node=name)
    fault = "" if ran.status else "it was answered"
    title = f"one of {more} bytes from {other.place} does not arrive (a tag's {TAG} bytes may more)"
    yield play.checked(KIND, title, fault, other, hoped=False)


def _last(said: str) -> str:
    return said.strip().splitlines()[-1] if said.strip() else "silence"
