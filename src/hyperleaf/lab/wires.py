"""Socket pairs become wires between kernels.

Each end is a `vec` device of User-Mode Linux: it reads and writes whole frames on a socket that it
inherited when its kernel began. Taken down it closes that socket for good, so it stays up where
nobody touches it, in the kernel's own namespace; a wire is a VLAN on it, as many as are wanted.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

# A jumbo frame of a switch (9216) and the tag of its wire.
TRUNK_MTU = 9300
TRUNK = "trunk{}"
_BUFFER_BYTES = 4 << 20
# Every frame goes to the other end, whoever sent it: a cable, not a switch.
_CABLE = "type bridge ageing_time 0 mcast_snooping 0 stp_state 0 group_fwd_mask 0xfff8"


@dataclass(frozen=True, slots=True)
class End:
    """A device in a namespace."""

    namespace: str
    device: str


@dataclass(frozen=True, slots=True)
class Nic:
    """A NIC that a kernel starts with: its name, the socket that it inherits, and the other end.

    The other end is held as well: a socket that nobody holds any more is an error at every look,
    and the kernel that lost its neighbour would look for ever, and do nothing else.
    """

    name: str
    descriptor: int
    other: int

    def parameter(self, place: int) -> str:
        """Return what User-Mode Linux is told of it."""
        return f"vec{place}:transport=fd,fd={self.descriptor},mtu={TRUNK_MTU}"


@dataclass(slots=True)
class Patch:
    """The trunks from the first kernel to each other one, and the wires on them."""

    nics: dict[int, list[Nic]] = field(default_factory=dict)
    wires: dict[tuple[End, End], int] = field(default_factory=dict)
    _inner: list[socket.socket] = field(default_factory=list)

    def join(self, kernel: int) -> None:
        """Join a kernel to the first one."""
        near, far = _pair()
        self._inner += (near, far)
        for place, name, own, other in (
            (0, TRUNK.format(kernel), near, far),
            (kernel, TRUNK.format(0), far, near),
        ):
            self.nics.setdefault(place, []).append(Nic(name, own.fileno(), other.fileno()))

    def wire(self, ends: tuple[End, End]) -> int:
        """Return the number of the wire between two ends: whoever comes back has the same."""
        return self.wires.setdefault(ends, len(self.wires) + 1)

    def let_go(self) -> None:
        """Close the sockets: kernels have inherited them by now."""
        for end in self._inner:
            end.close()
        self._inner.clear()


def _pair() -> tuple[socket.socket, socket.socket]:
    # Datagrams: a frame is a packet, and the end of one process is nothing to the other.
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for end in pair:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
    return pair


def start(nics: list[Nic]) -> list[str]:
    """Return what `ip -batch` does to a kernel's NICs at its start."""
    return [
        line
        for place, nic in enumerate(nics)
        for line in (
            f"link set dev vec{place} name {nic.name} addrgenmode none",
            f"link set dev {nic.name} up",
        )
    ]


def near(wire: int, kernel: int, end: End, mtu: int) -> str:
    """Return the commands that make a wire's end where the world is: a VLAN of the trunk."""
    return (
        f"ip -n {end.namespace} link show dev {end.device} >/dev/null 2>&1 || "
        f"ip link add link {TRUNK.format(kernel)} name {end.device} mtu {mtu} "
        f"netns {end.namespace} type vlan id {wire}"
    )


def far(wire: int, end: End, mtu: int) -> str:
    """Return the commands that make a wire's other end: an Ethernet device as any other."""
    tag, plug, joint = f"t{wire}", f"w{wire}", f"c{wire}"
    return f"""set -e
ip link show dev {joint} >/dev/null 2>&1 || {{
  ip link add {joint} mtu {mtu} {_CABLE}
  ip link add link {TRUNK.format(0)} name {tag} mtu {mtu} type vlan id {wire}
  ip link set {tag} master {joint} addrgenmode none up
  ip link set {joint} addrgenmode none up
}}
ip link add {plug} mtu {mtu} type veth peer name {end.device} mtu {mtu} netns {end.namespace}
ip link set {plug} master {joint} addrgenmode none up
"""
