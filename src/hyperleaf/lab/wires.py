"""Socket pairs become wires between kernels, and between a kernel and a process beside it.

Each end is a `vec` device of User-Mode Linux: it reads and writes whole frames on a socket that it
inherited when its kernel began. Taken down it closes that socket for good, so it stays up where
nobody touches it, in the kernel's own namespace; a wire is a VLAN on it, as many as are wanted.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

# A jumbo frame of a switch (9216) and the tag of its wire.
TRUNK_MTU = 9300
OUTLET_MTU = 9216
TRUNK, OUTLET = "trunk{}", "outlet{}"
_BUFFER_BYTES = 4 << 20
# Every frame goes to the other end, whoever sent it: a cable, not a switch.
_CABLE = "type bridge ageing_time 0 mcast_snooping 0 stp_state 0 group_fwd_mask 0xfff8"


@dataclass(frozen=True, slots=True)
class End:
    """A device in a namespace."""

    namespace: str
    device: str


@dataclass(slots=True)
class Outlet:
    """A NIC of a kernel whose other end is ours: a socket of frames, for a guest's process."""

    number: int
    kernel: int
    socket: socket.socket
    end: End | None = None

    @property
    def name(self) -> str:
        """Return the name of the NIC in its kernel's own namespace."""
        return OUTLET.format(self.number)


@dataclass(frozen=True, slots=True)
class Nic:
    """A NIC that a kernel starts with: its name, and the socket that it inherits."""

    name: str
    descriptor: int
    mtu: int

    def parameter(self, place: int) -> str:
        """Return what User-Mode Linux is told of it."""
        return f"vec{place}:transport=fd,fd={self.descriptor},mtu={self.mtu}"


@dataclass(slots=True)
class Patch:
    """The trunks from the first kernel to each other one, every kernel's outlets, and the wires."""

    nics: dict[int, list[Nic]] = field(default_factory=dict)
    outlets: list[Outlet] = field(default_factory=list)
    wires: dict[tuple[End, End], int] = field(default_factory=dict)
    _inner: list[socket.socket] = field(default_factory=list)

    def join(self, kernel: int) -> None:
        """Join a kernel to the first one."""
        near, far = _pair()
        self._plug(0, TRUNK.format(kernel), near, TRUNK_MTU)
        self._plug(kernel, TRUNK.format(0), far, TRUNK_MTU)

    def add_outlet(self, kernel: int) -> None:
        """Give a kernel a NIC whose other end is ours."""
        inner, outer = _pair()
        outlet = Outlet(len(self.outlets), kernel, outer)
        self.outlets.append(outlet)
        self._plug(kernel, outlet.name, inner, OUTLET_MTU)

    def wire(self, ends: tuple[End, End]) -> int:
        """Return the number of the wire between two ends: whoever comes back has the same."""
        return self.wires.setdefault(ends, len(self.wires) + 1)

    def take_outlet(self, kernel: int, end: End) -> Outlet:
        """Return an outlet of a kernel that nobody uses; LookupError where there is none."""
        for outlet in self.outlets:
            if outlet.kernel == kernel and outlet.end is None:
                outlet.end = end
                return outlet
        raise LookupError(f"no outlet is left in kernel {kernel}")

    def let_go(self) -> None:
        """Close the ends that kernels have inherited by now."""
        for end in self._inner:
            end.close()
        self._inner.clear()

    def close(self) -> None:
        """Close what is still ours."""
        self.let_go()
        for outlet in self.outlets:
            outlet.socket.close()

    def _plug(self, kernel: int, name: str, end: socket.socket, mtu: int) -> None:
        self.nics.setdefault(kernel, []).append(Nic(name, end.fileno(), mtu))
        self._inner.append(end)


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
    tag = f"t{wire}"
    add = f"ip link add link {TRUNK.format(0)} name {tag} mtu {mtu} type vlan id {wire}"
    return f"ip link show dev {tag} >/dev/null 2>&1 || {add}\n{plugged(tag, f'w{wire}', end, mtu)}"


def plugged(nic: str, wire: str, end: End, mtu: int) -> str:
    """Return the commands that lead a NIC of the kernel's to a device in a namespace."""
    return f"""set -e
ip link show dev {wire}c >/dev/null 2>&1 || {{
  ip link add {wire}c mtu {mtu} {_CABLE}
  ip link set {nic} mtu {mtu} master {wire}c addrgenmode none up
  ip link set {wire}c addrgenmode none up
}}
ip link add {wire} mtu {mtu} type veth \
 peer name {end.device} mtu {mtu} netns {end.namespace}
ip link set {wire} master {wire}c addrgenmode none up
"""


def unplugged(wire: str) -> str:
    """Return the command that takes away what `plugged` made of a wire."""
    return f"ip link del {wire}; ip link del {wire}c"
