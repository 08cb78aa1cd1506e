"""Surroundings become namespaces: an underlay as a cloud's, a router, an outside, a data centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.lab import trunks
from hyperleaf.lab.wires import End

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.lab.facts import Interface, Node, Segment, Surroundings
    from hyperleaf.lab.kernel import Kernel

UNDERLAY, ROUTER, OUTSIDE, DATA_CENTRE = "ul", "rt", "out", "dc"
IPV4, IPV6 = 4, 6
SWITCH_MTU = 9216
# A node's other NICs have MACs beyond those of ports.
FIRST_OTHER = 0x1000
CREDENTIALS = "169.254.169.254"
# Documentation's ranges: nothing of an estate's is there.
INTERNET_MTU = 1500
TRANSFER_LENGTHS = {IPV4: 30, IPV6: 112}
# Between the router and the data centre: the one's addresses, then the other's.
WAY_OUT = (
    ("198.51.100.1/30", "3fff:1::1/112"),
    ("198.51.100.2/30", "3fff:1::2/112"),
)


def transfer(number: int, host: int, family: int) -> str:
    """Return an address on one of the small networks within the data centre."""
    return f"192.0.2.{number * 4 + host}" if family == IPV4 else f"3fff::{number:x}:{host}"


def mac(number: int) -> str:
    """Return the MAC that the cloud assigned to its port `number`."""
    return f"0a:00:00:00:{number >> 8:02x}:{number & 255:02x}"


def build(kernel: Kernel, around: Surroundings) -> None:
    """Make the underlay's segments, the router between them, and the outside."""
    batch(kernel, "", [f"netns add {one}" for one in (UNDERLAY, ROUTER, OUTSIDE, DATA_CENTRE)])
    forward(kernel, ROUTER)
    forward(kernel, DATA_CENTRE)
    lines = ["link set lo up", f"addr add {CREDENTIALS}/32 dev lo"]
    for number, segment in enumerate(around.segments):
        batch(
            kernel,
            UNDERLAY,
            [
                f"link add s{number} type bridge",
                f"link set s{number} mtu {segment.mtu} addrgenmode none up",
                f"link add r{number} type veth peer name in{number} netns {ROUTER}",
                f"link set r{number} master s{number} mtu {segment.mtu} addrgenmode none up",
            ],
        )
        lines += [f"link set in{number} mtu {segment.mtu} up"]
        lines += [f"addr add {one} dev in{number} nodad" for one in segment.gateways]
    batch(kernel, ROUTER, [*lines, *_way_out(around)])
    batch(kernel, OUTSIDE, ["link set lo up", *_addresses("eth0", around.outside, INTERNET_MTU)])
    batch(kernel, OUTSIDE, [f"route add default via {one.ip}" for one in around.outside_gateways])
    batch(kernel, DATA_CENTRE, ["link set lo up", *_addresses("wan0", WAY_OUT[1])])
    ways = [f"route add default via {one.partition('/')[0]}" for one in WAY_OUT[0]]
    batch(kernel, DATA_CENTRE, ways)
    _narrow(kernel, around)


def _way_out(around: Surroundings) -> Iterator[str]:
    yield f"link add out0 type veth peer name eth0 netns {OUTSIDE}"
    yield from _addresses("out0", around.outside_gateways, INTERNET_MTU)
    yield f"link add dc0 type veth peer name wan0 netns {DATA_CENTRE}"
    yield from _addresses("dc0", WAY_OUT[0])


def _addresses(device: str, addresses: Iterable[Interface | str], mtu: int = 9001) -> Iterator[str]:
    yield f"link set {device} mtu {mtu} up"
    yield from (f"addr add {one} dev {device} nodad" for one in addresses)


def _narrow(kernel: Kernel, around: Surroundings) -> None:
    """Let no packet longer than a segment's path MTU pass between segments; tell its sender."""
    lines = [
        f"route change {gateway.network} dev in{number} proto kernel scope link "
        f"src {gateway.ip} mtu lock {segment.path_mtu}"
        for number, segment in enumerate(around.segments)
        for gateway in segment.gateways
        if gateway.version == IPV4 and segment.path_mtu < segment.mtu
    ]
    batch(kernel, ROUTER, lines)


def forward(kernel: Kernel, namespace: str) -> None:
    """Let a namespace route."""
    settings = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    quiet = ("net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
    kernel.run(["sysctl", "-qw", *settings, *quiet], node=namespace)


def batch(kernel: Kernel, namespace: str, lines: Iterable[str]) -> None:
    """Give `ip` many lines at once, in a namespace or in the kernel's first one."""
    text = "".join(f"{line}\n" for line in lines)
    where = ["-n", namespace] if namespace else []
    if text:
        kernel.run(["ip", *where, "-batch", "-"], beside=namespace, stdin=text)


@dataclass(frozen=True, slots=True)
class Port:
    """A machine's place in the underlay: the device that has the addresses assigned to it.

    `nics` are what is plugged in, where that is not the device itself; `vlan` is the one that the
    switch expects its frames in, or 0 for none.
    """

    segment: str
    number: int
    namespace: str
    device: str
    addresses: tuple[Interface, ...]
    nics: tuple[str, ...] = ()
    vlan: int = 0


def plug(kernel: Kernel, around: Surroundings, machine: Port) -> None:
    """Give a machine its port: an uplink with the MAC and the addresses assigned to it."""
    wire(kernel, around, machine)
    batch(kernel, machine.namespace, addressed(around, machine))


def segment(around: Surroundings, machine: Port) -> tuple[int, Segment]:
    """Return the number and the segment of a machine's port."""
    return next(
        (number, one) for number, one in enumerate(around.segments) if one.name == machine.segment
    )


def wire(kernel: Kernel, around: Surroundings, machine: Port) -> None:
    """Plug a machine's NICs in: each has the MAC that the underlay assigned."""
    place, here = segment(around, machine)
    for number, nic in enumerate(machine.nics or (machine.device,)):
        port = f"p{machine.number}" + "abcd"[number] * bool(number)
        into = f"{port}v" if machine.vlan else port
        lines = []
        kernel.link(End(UNDERLAY, port), End(machine.namespace, nic), here.mtu)
        if machine.vlan:
            lines = [
                f"link set {port} mtu {here.mtu} addrgenmode none up",
                f"link add {into} link {port} type vlan id {machine.vlan}",
            ]
        lines.append(f"link set {into} master s{place} mtu {here.mtu} addrgenmode none up")
        batch(kernel, UNDERLAY, lines)
        up = f"link set {nic} address {mac(machine.number)} mtu {here.mtu} up"
        batch(kernel, machine.namespace, [up])
        rules = _guard(into, machine.number, machine.addresses)
        kernel.run(["nft", "-f", "-"], node=UNDERLAY, stdin=rules)


def addressed(around: Surroundings, machine: Port) -> Iterator[str]:
    """Yield what `ip` gives a machine's device: its addresses, and default routes, as DHCP does."""
    _, here = segment(around, machine)
    device, addresses = machine.device, machine.addresses
    yield f"link set {device} up"
    yield from (f"addr add {one} dev {device} nodad" for one in addresses)
    for gateway in here.gateways:
        mine = next((one.ip for one in addresses if one.version == gateway.version), None)
        if mine is not None:
            yield f"route add default via {gateway.ip} dev {device} proto dhcp src {mine} metric 48"


def cable(kernel: Kernel, node: Node, number: int) -> None:
    """Plug a node's other NICs into their switches, which pass every VLAN."""
    for place, nic in enumerate(node.nics):
        port, switch = f"n{number}x{place}", f"t-{nic.switch}"[:15]
        kernel.link(End(UNDERLAY, port), End(node.name, nic.device), SWITCH_MTU)
        # Several nodes may be the first; whoever comes second finds the switch there.
        kernel.run(f"ip -n {UNDERLAY} link add {switch} type bridge", check=False)
        batch(
            kernel,
            UNDERLAY,
            [
                f"link set {switch} mtu {SWITCH_MTU} addrgenmode none up",
                f"link set {port} master {switch} mtu {SWITCH_MTU} addrgenmode none up",
            ],
        )
        if nic.drops:
            own = mac(number + FIRST_OTHER * (place + 1))
            batch(kernel, node.name, [f"link set {nic.device} address {own}"])
            guard = trunks.rules(port, own, nic.drops)
            kernel.run(["nft", "-f", "-"], node=UNDERLAY, stdin=guard)


def _guard(port: str, number: int, addresses: tuple[Interface, ...]) -> str:
    """Return the rules of a port: what the cloud did not assign is dropped in both directions."""
    # Whoever has no address yet may ask for one.
    mine = {IPV4: ["0.0.0.0"], IPV6: ["::", "fe80::/10"]}  # noqa: S104
    for one in addresses:
        mine[one.version].append(str(one.ip))
    four, six = (", ".join(mine[version]) for version in (IPV4, IPV6))
    return f"""
table bridge cloud {{
 chain {port}-in {{
  type filter hook prerouting priority 0
  iifname != "{port}" accept
  ether saddr != {mac(number)} counter drop
  ip saddr != {{ {four} }} counter drop
  ip6 saddr != {{ {six} }} counter drop
  arp saddr ip != {{ {four} }} counter drop
 }}
 chain {port}-out {{
  type filter hook postrouting priority 0
  oifname != "{port}" accept
  meta pkttype host ether daddr != {mac(number)} counter drop
 }}
}}
"""
