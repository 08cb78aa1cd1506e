"""Rendered DHCP becomes servers behind the borders and relays on them; guests ask for leases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.guests import BORDERS, Guest, attached, plug_in, unplug
from hyperleaf.lab.outcome import Checked
from hyperleaf.lab.world import DATA_CENTRE, IPV4, IPV6, TRANSFER_LENGTHS, batch, transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from hyperleaf.lab.facts import Surroundings
    from hyperleaf.lab.kernel import Kernel, Ran
    from hyperleaf.lab.reading import Rendered

SERVER = "dhcp"
SERVERS = {4: "kea-dhcp4", 6: "kea-dhcp6"}
FAMILIES = {"ipv4": 4, "ipv6": 6}
AT_ONCE = 4
LEASE_SECONDS = 40
# The numbers of transfer networks: those below are for ways out.
FIRST_JOINT, SERVERS_JOINT = 40, 63
# What a client was told, as it tells its script.
_TOLD = """#!/bin/sh
[ "$1" = bound ] && printf '{"ip":"%s","router":"%s","mtu":"%s","server":"%s","dns":"%s"}\\n' \
 "${ipv6:-$ip}" "$router" "$mtu" "$serverid" "$dns"
exit 0
"""
_CLIENTS = {
    IPV4: "udhcpc -f -q -n -t 5 -T 2 -O mtu -O dns -i eth0 -s /run/told",
    IPV6: "busybox udhcpc6 -f -q -n -t 5 -T 2 -O dns -i eth0 -s /run/told",
}


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay on a border: from a network's bridge, by a VRF, to servers of one family.

    `own` is the address it asks from: giaddr, or the link address of DHCPv6.
    """

    border: str
    family: int
    vni: int
    vrf: str
    vrf_vni: int
    table: int
    own: str
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joint:
    """A transfer network between a border's VRF and the data centre's router."""

    number: int
    device: str

    def here(self, family: int) -> str:
        """Return the border's address."""
        return transfer(self.number, 1, family)

    def there(self, family: int) -> str:
        """Return the router's address."""
        return transfer(self.number, 2, family)


def relays(rendered: Rendered) -> Iterator[Relay]:
    """Yield the relays of the borders' sheets."""
    for border in rendered.borders.values():
        tables = {one["name"]: one["table"] for one in border.devices["vrfs"]}
        for vrf in border.sheet["vrfs"]:
            device = f"vrf{vrf['l3vni']}"
            for network in vrf["networks"]:
                for one in network.get("dhcpRelay", ()):
                    yield Relay(
                        border.name,
                        FAMILIES[one["family"]],
                        network["l2vni"],
                        device,
                        vrf["l3vni"],
                        tables[device],
                        one.get("giaddr") or one["linkAddress"],
                        tuple(one["servers"]),
                    )


def serve(kernel: Kernel, rendered: Rendered) -> None:
    """Put the DHCP servers behind the borders' VRFs, and start servers and relays."""
    wanted = [one for one in relays(rendered) if f"{SERVERS[one.family]}.conf" in rendered.dhcp]
    if not wanted:
        return
    _place(kernel, promised(rendered))
    joints: dict[tuple[str, str], Joint] = {}
    for one in wanted:
        key = (one.border, one.vrf)
        if key not in joints:
            joints[key] = _join(kernel, one, FIRST_JOINT + len(joints))
        joint = joints[key]
        there, here = joint.there(one.family), joint.here(one.family)
        ways = [f"route replace {each} via {there} table {one.table}" for each in one.servers]
        batch(kernel, one.border, ways)
        batch(kernel, DATA_CENTRE, [f"route replace {one.own} via {here}"])
    for key, joint in joints.items():
        _relay(kernel, joint, [one for one in wanted if (one.border, one.vrf) == key])
    for family in sorted({one.family for one in wanted}):
        name = SERVERS[family]
        kernel.write(f"/run/{name}.conf", rendered.dhcp[f"{name}.conf"])
        words = f"{name} -c /run/{name}.conf >/run/{name} 2>&1 </dev/null & sleep 0.2"
        kernel.run(words, node=SERVER)


def promised(rendered: Rendered) -> set[tuple[int, str]]:
    """Return the servers that leases are promised from: a relay may lead to another address."""
    return {
        (6 if ":" in server else 4, server)
        for segment in rendered.expected["segments"].values()
        for lease in segment.get("lease", ())
        for server in lease["servers"]
    }


def _place(kernel: Kernel, servers: Iterable[tuple[int, str]]) -> None:
    """Make the servers' namespace, with all their addresses, behind the data centre's router."""
    kernel.run(["ip", "netns", "add", SERVER])
    kernel.run(["sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0"], node=SERVER)
    near = [f"link add dhcp0 type veth peer name eth0 netns {SERVER}", "link set dhcp0 up"]
    far = ["link set lo up", "link set eth0 up"]
    source = dict(sorted(servers, reverse=True))
    for family in FAMILIES.values():
        router = transfer(SERVERS_JOINT, 1, family)
        own = transfer(SERVERS_JOINT, 2, family)
        near.append(f"addr add {router}/{TRANSFER_LENGTHS[family]} dev dhcp0 nodad")
        far.append(f"addr add {own}/{TRANSFER_LENGTHS[family]} dev eth0 nodad")
        for server in sorted(each for version, each in servers if version == family):
            far.append(f"addr add {server} dev eth0 nodad")
            near.append(f"route add {server} via {own}")
        if family in source:
            far.append(f"route add default via {router} src {source[family]}")
    batch(kernel, DATA_CENTRE, near[:2])
    batch(kernel, SERVER, far)
    batch(kernel, DATA_CENTRE, near[2:])


def _join(kernel: Kernel, relay: Relay, number: int) -> Joint:
    """Join a border's VRF to the data centre's router, for the servers alone."""
    joint = Joint(number, f"srv{relay.vrf_vni}")
    border = [
        f"link add {joint.device} type veth peer name s{number} netns {DATA_CENTRE}",
        f"link set {joint.device} master {relay.vrf} up",
    ]
    router = [f"link set s{number} up"]
    for family, length in TRANSFER_LENGTHS.items():
        border.append(f"addr add {joint.here(family)}/{length} dev {joint.device} nodad")
        router.append(f"addr add {joint.there(family)}/{length} dev s{number} nodad")
    batch(kernel, relay.border, border)
    batch(kernel, DATA_CENTRE, router)
    return joint


def _relay(kernel: Kernel, joint: Joint, wanted: list[Relay]) -> None:
    """Start the relays of one VRF on one border: one a network, and one for all of DHCPv6."""
    border, vrf = wanted[0].border, wanted[0].vrf
    lines = [
        f"dhcrelay -4 -q --no-pid -id br{one.vni} -iu {joint.device} {' '.join(one.servers)}"
        for one in wanted
        if one.family == IPV4
    ]
    six = [one for one in wanted if one.family == IPV6]
    if six:
        # All of them share a port, so there can be but one.
        below = " ".join(f"-l {one.own}%br{one.vni}" for one in six)
        servers = dict.fromkeys(server for one in six for server in one.servers)
        above = " ".join(f"-u {server}%{joint.device}" for server in servers)
        lines.append(f"dhcrelay -6 -q --no-pid -I {below} {above}")
    said = f">>/run/relay-{border}-{vrf} 2>&1 </dev/null"
    kernel.run("\n".join(f"ip vrf exec {vrf} {one} {said}" for one in lines), node=border)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A guest that asks one server's lease, heard by one border alone."""

    guest: Guest
    border: str
    lease: Mapping[str, Any]
    future: Future[Ran]


def ask(kernel: Kernel, rendered: Rendered, around: Surroundings) -> Iterator[Checked]:
    """Let new guests of each network with leases ask for one, one a border; yield what they got."""
    kernel.write("/run/told", _TOLD, mode="0755")
    wanted = list(_clients(rendered, around))
    _heard_by_one(kernel, rendered, wanted)
    with kernel.together(AT_ONCE) as pool:
        list(pool.map(lambda one: plug_in(kernel, one[0]), wanted))
    asked = [
        _Asked(guest, border, lease, _start(kernel, guest, lease))
        for guest, border in wanted
        for lease in rendered.expected["segments"][guest.network]["lease"]
    ]
    answers = [kernel.wait(one.future, LEASE_SECONDS) for one in asked]
    with kernel.together(AT_ONCE) as pool:
        list(pool.map(lambda one: unplug(kernel, one[0]), wanted))
    for one, ran in zip(asked, answers, strict=True):
        guest, subnet = one.guest, one.lease["subnet"]
        yield Checked(
            f"{guest.expected} on {guest.place}: lease of {subnet} by {one.border}",
            fault(ran.out, ran.err, one.lease),
            kind="lease",
            ends=(guest.namespace,),
            places=(guest.place, one.border),
            subject=guest.network,
        )


def _clients(rendered: Rendered, around: Surroundings) -> Iterator[tuple[Guest, str]]:
    """Yield new guests without an address, and the border that shall hear each.

    Every place that a network is attached in asks, and every border is asked.
    """
    stated = rendered.expected
    borders = list(rendered.borders)
    for name, segment in stated["segments"].items():
        places = [
            one for one in stated["guests"] if one["network"] == name and one["at"] != BORDERS
        ]
        wanted = max(len(places), len(borders)) if places and segment.get("lease") else 0
        for number in range(wanted):
            one, border = places[number % len(places)], borders[number % len(borders)]
            host = around.hosts(one["at"])[-1 - number % len(around.hosts(one["at"]))].name
            namespace = f"d{segment['vni']}x{number}"
            attachment = attached(rendered, one)
            mac = f"02:d0:{number:02x}:{segment['vni'].to_bytes(3).hex(':')}"
            asking = Guest(one["name"], name, namespace, host, {}, {}, attachment, mac=mac)
            yield asking, border


def _heard_by_one(kernel: Kernel, rendered: Rendered, wanted: Iterable[tuple[Guest, str]]) -> None:
    """Make every border deaf to the questions of guests that shall be heard by another."""
    for name in rendered.borders:
        others = [guest.mac for guest, border in wanted if border != name]
        if others:
            kernel.run(["nft", "-f", "-"], node=name, stdin=_deaf(others))


def _deaf(macs: Iterable[str]) -> str:
    return f"""
table bridge relays
delete table bridge relays
table bridge relays {{
 chain hear {{
  type filter hook prerouting priority 0
  ether saddr {{ {", ".join(macs)} }} udp dport {{ 67, 547 }} counter drop
 }}
}}
"""


def _start(kernel: Kernel, guest: Guest, lease: Mapping[str, Any]) -> Future[Ran]:
    family = ip_network(lease["subnet"]).version
    return kernel.ask(_CLIENTS[family], node=guest.namespace, seconds=LEASE_SECONDS)


def fault(out: str, err: str, lease: Mapping[str, Any]) -> str:
    """Return what is wrong with what a client was told (a line of JSON in `out`), or nothing."""
    told = next((json.loads(line) for line in out.splitlines() if line.startswith("{")), None)
    if told is None:
        return f"none: {err.strip().splitlines()[-1] if err.strip() else 'silence'}"
    return next(_wrong(told, lease), "")


def _wrong(told: Mapping[str, str], lease: Mapping[str, Any]) -> Iterator[str]:
    address = ip_address(told["ip"])
    if address not in ip_network(lease["subnet"]):
        yield f"{address} is of another subnet"
    ranges = [(ip_address(first), ip_address(last)) for first, last in lease["ranges"]]
    if not any(int(first) <= int(address) <= int(last) for first, last in ranges):
        yield f"{address} is in none of the ranges"
    resolvers = " ".join(lease.get("dns", []))
    if told["dns"] != resolvers:
        yield f"its resolvers are {told['dns'] or 'none'}, not {resolvers or 'none'}"
    if address.version == IPV4:  # by DHCPv6 nobody is told of these: advertisements have them
        if told["router"] != lease["router"]:
            yield f"its router is {told['router']}, not {lease['router']}"
        if told["mtu"] != str(lease["mtu"]):
            yield f"its MTU is {told['mtu'] or 'not told'}, not {lease['mtu']}"
