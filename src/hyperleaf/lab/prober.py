"""Runs inside a lab's kernel: sends many probes from many namespaces at once, tells their fates.

Nothing of hyperleaf is imported here. Input is a JSON list of probes: `namespace`, `source` and
`device` (to bind to, or empty), `target`, `port` (0 is an ICMP echo), `size` of the IP packet (0 is
a short one; otherwise it may not be fragmented), `mtu` that the asker's NIC is given (0 leaves it),
`asks` (`echo`, `who`: whose MAC the target is, by ARP or ND, `router`: who advertises itself) and
`hoped`, whether any answer is. Output is a list of answers in the same order: `outcome`
(`answered`, `refused`, `told` that the packet is too big, `silent`), `copies` (the most answers to
one packet), `left` (the hops that an echo's answer had left) and `said`.

First all that shall be reached is tried, again and again until it answers or its time is over; then
all that shall not be, some times, however often it stays silent.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import selectors
import socket
import struct
import sys
import time
from typing import Any

HOPE_SECONDS, HOPE_EVERY = 6.0, 0.5
DOUBT_SECONDS, DOUBT_TRIES, DOUBT_EVERY = 2.0, 3, 0.4
# A pause after so many packets: a neighbour that is not known yet holds a few of them only.
BURST, PAUSE_SECONDS = 8, 0.002
SHORT = 84
COOKIE = b"hyperleaf"
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PROBE = 10, 23, 3
IPV6_DONTFRAG = 62
V4, V6 = 4, 6
ECHO = {V4: (8, 0), V6: (128, 129)}
ERRORS = {V4: {3: "unreachable", 11: "time exceeded"}, V6: {1: "unreachable", 2: "too big"}}
# The ICMP messages that say how much would have passed, and where.
TOO_BIG = {V4: ((3, 4), 6), V6: ((2, 0), 6)}
HEADERS = {V4: 20, V6: 40}
# Where a header says what follows it, and what an echo's says.
PROTOCOL, ECHOES = {V4: 9, V6: 6}, {V4: socket.IPPROTO_ICMP, V6: socket.IPPROTO_ICMPV6}
ICMP = 8
NIC = b"eth0"
SIOCGIFMTU, SIOCSIFMTU = 0x8921, 0x8922
ETH_ARP, ETH_IP, BROADCAST = 0x0806, 0x0800, b"\xff" * 6
ARP = struct.Struct("!HHBBH6s4s6s4s")
SOLICIT_ROUTER, ADVERTISE_ROUTER, SOLICIT, ADVERTISE = 133, 134, 135, 136
SOURCE_MAC, TARGET_MAC, OPTION_MTU = 1, 2, 5
MANAGED, OTHER = 0x80, 0x40
ARP_REPLY = 2
FAMILIES = {V4: socket.AF_INET, V6: socket.AF_INET6}


class Probe:
    """A question on its way: what was sent, what came back."""

    def __init__(self, number: int, asked: dict[str, Any]) -> None:
        self.number = number
        self.asked = asked
        self.family = V6 if ":" in asked["target"] else V4
        self.sent = 0
        self.got: dict[int, int] = {}
        self.outcome = "silent"
        self.said = ""
        self.left = 0
        self.connection: socket.socket | None = None

    @property
    def answer(self) -> dict[str, Any]:
        """Return what became of it."""
        copies = max(self.got.values(), default=0)
        return {
            "outcome": self.outcome,
            "copies": copies,
            "left": self.left,
            "said": self.said,
        }

    def tell(self, said: str) -> None:
        """Note an answer in words; two different ones stay two."""
        known = self.said.split(", ") if self.outcome == "answered" else []
        self.said = ", ".join(sorted({*known, said}))
        self.outcome = "answered"


def checksum(packet: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet[: len(packet) // 2 * 2]))
    if len(packet) % 2:
        total += packet[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo(probe: Probe) -> bytes:
    """Return the next echo request of a probe."""
    payload = COOKIE.ljust((probe.asked["size"] or SHORT) - HEADERS[probe.family] - ICMP, b".")
    kind = ECHO[probe.family][0]
    head = struct.pack("!BBHHH", kind, 0, 0, probe.number, probe.sent)
    if probe.family == V4:
        head = struct.pack("!BBHHH", kind, 0, checksum(head + payload), probe.number, probe.sent)
    return head + payload


class Prober:
    """All probes, and the sockets they go out by: one a namespace, source and family."""

    def __init__(self, asked: list[dict[str, Any]]) -> None:
        self.probes = [Probe(number, one) for number, one in enumerate(asked)]
        self.selector = selectors.DefaultSelector()
        self.sockets: dict[tuple[str, str, str, int, bool], socket.socket] = {}
        self.wires: dict[str, socket.socket] = {}

    def widen(self) -> dict[str, int]:
        """Give NICs the MTU that somebody asks for, and return what they had."""
        asked = [one.asked for one in self.probes if one.asked["mtu"]]
        wanted = {one["namespace"]: one["mtu"] for one in asked}
        return {name: self.set_mtu(name, mtu) for name, mtu in wanted.items()}

    def set_mtu(self, namespace: str, mtu: int) -> int:
        """Give a namespace's NIC an MTU, and return what it had."""
        self.inside(namespace)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
            had = fcntl.ioctl(made, SIOCGIFMTU, struct.pack("16si20x", NIC, 0))
            fcntl.ioctl(made, SIOCSIFMTU, struct.pack("16si20x", NIC, mtu))
        return int(struct.unpack("16si20x", had)[1])

    def ask(self, hoped: bool) -> None:  # noqa: FBT001 - this half or the other
        """Ask those that shall be answered, or those that shall not."""
        probes = [one for one in self.probes if one.asked["hoped"] == hoped]
        began = time.monotonic()
        seconds, every = (HOPE_SECONDS, HOPE_EVERY) if hoped else (DOUBT_SECONDS, DOUBT_EVERY)
        rounds = 0
        while time.monotonic() < began + seconds:
            waiting = [one for one in probes if one.outcome == "silent"]
            if hoped and not waiting:
                break
            if hoped or rounds < DOUBT_TRIES:
                for number, one in enumerate(waiting):
                    self.send(one)
                    if number % BURST == 0:
                        self.hear(PAUSE_SECONDS)
                rounds += 1
            self.hear(every)
        # A copy of an answer comes at once or never.
        self.hear(0.2)

    def send(self, probe: Probe) -> None:
        """Send a probe's next packet; what the system itself refuses is noted."""
        try:
            if probe.asked["asks"] != "echo":
                self.wonder(probe)
            elif probe.asked["port"]:
                self.connect(probe)
            else:
                place = (probe.asked["target"], 0)
                self.raw(probe).sendto(echo(probe), place)
                probe.sent += 1
        except OSError as error:
            probe.said = os.strerror(error.errno or 0)

    def wonder(self, probe: Probe) -> None:
        """Ask the segment whose MAC an address is, or who routes."""
        wire, asked = self.wire(probe.asked["namespace"]), probe.asked
        mac = wire.getsockname()[4]
        target = socket.inet_pton(FAMILIES[probe.family], asked["target"])
        if asked["asks"] == "who" and probe.family == V4:
            own = socket.inet_aton(asked["source"])
            packet = ARP.pack(1, ETH_IP, 6, 4, 1, mac, own, BROADCAST, target)
            wire.sendto(packet, (NIC.decode(), ETH_ARP, 0, 0, BROADCAST))
            return
        option = bytes([SOURCE_MAC, 1]) + mac
        if asked["asks"] == "router":
            packet, to = struct.pack("!BBHI", SOLICIT_ROUTER, 0, 0, 0) + option, "ff02::2"
        else:
            packet = struct.pack("!BBHI", SOLICIT, 0, 0, 0) + target + option
            to = f"ff02::1:ff{target[13]:02x}:{target[14]:02x}{target[15]:02x}"
        self.raw(probe).sendto(packet, (to, 0, 0, self.nic(probe)))

    def nic(self, probe: Probe) -> int:
        """Return the number of a namespace's NIC, by which link-local packets go."""
        self.inside(probe.asked["namespace"])
        return socket.if_nametoindex(NIC.decode())

    def wire(self, namespace: str) -> socket.socket:
        """Return the socket of a namespace's NIC that hears ARP."""
        if namespace not in self.wires:
            self.inside(namespace)
            made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_ARP))
            made.bind((NIC.decode(), ETH_ARP))
            made.setblocking(False)  # noqa: FBT003 - its only form
            self.selector.register(made, selectors.EVENT_READ, namespace)
            self.wires[namespace] = made
        return self.wires[namespace]

    def inside(self, namespace: str) -> None:
        """Enter a namespace; sockets stay where they are made."""
        place = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
        try:
            os.setns(place, os.CLONE_NEWNET)  # type: ignore[attr-defined,unused-ignore] # 3.12
        finally:
            os.close(place)

    def bound(self, probe: Probe, made: socket.socket) -> socket.socket:
        """Bind a socket to a probe's device and source."""
        asked = probe.asked
        if asked["device"]:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, asked["device"].encode())
        if asked["source"]:
            made.bind((asked["source"], 0))
        made.setblocking(False)  # noqa: FBT003 - its only form
        return made

    def raw(self, probe: Probe) -> socket.socket:
        """Return the socket that a probe's echoes go out by."""
        asked, whole = probe.asked, bool(probe.asked["size"])
        key = (asked["namespace"], asked["device"], asked["source"], probe.family, whole)
        if key not in self.sockets:
            self.inside(asked["namespace"])
            protocol = socket.IPPROTO_ICMP if probe.family == V4 else socket.IPPROTO_ICMPV6
            opened = socket.socket(FAMILIES[probe.family], socket.SOCK_RAW, protocol)
            made = self.bound(probe, opened)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
            if probe.family == V6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            if whole and probe.family == V4:
                made.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PROBE)
            elif whole:
                made.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PROBE)
                made.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, 1)
            self.selector.register(made, selectors.EVENT_READ, (key[0], *key[3:]))
            self.sockets[key] = made
        return self.sockets[key]

    def connect(self, probe: Probe) -> None:
        """Begin a TCP connection, once: the system tries again by itself."""
        if probe.connection is not None:
            return
        self.inside(probe.asked["namespace"])
        opened = socket.socket(FAMILIES[probe.family], socket.SOCK_STREAM)
        probe.connection = self.bound(probe, opened)
        status = probe.connection.connect_ex((probe.asked["target"], probe.asked["port"]))
        if status not in {0, errno.EINPROGRESS}:
            raise OSError(status, "")
        events = selectors.EVENT_READ | selectors.EVENT_WRITE
        self.selector.register(probe.connection, events, probe)

    def hear(self, seconds: float) -> None:
        """Take in what comes within a time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                heard = key.fileobj
                assert isinstance(heard, socket.socket)  # noqa: S101 - nothing else is registered
                with contextlib.suppress(BlockingIOError):
                    if isinstance(key.data, Probe):
                        self.connected(key.data, heard)
                    elif isinstance(key.data, str):
                        self.resolved(key.data, heard.recv(64))
                    else:
                        self.take(heard, *key.data)

    def connected(self, probe: Probe, heard: socket.socket) -> None:
        """Note that a connection is up and what its other end says, or how it failed."""
        status = heard.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if status:
            probe.outcome = "refused" if status == errno.ECONNREFUSED else "silent"
            probe.said = os.strerror(status)
            self.selector.unregister(heard)
            return
        try:
            probe.said = heard.recv(64).decode("ascii", "replace").strip()
        except BlockingIOError:
            self.selector.modify(heard, selectors.EVENT_READ, probe)
            return
        except OSError as error:
            probe.said = os.strerror(error.errno or 0)
        probe.outcome = "answered"
        self.selector.unregister(heard)

    def take(self, heard: socket.socket, namespace: str, family: int, whole: bool) -> None:  # noqa: FBT001
        """Take a packet: an answer to one of ours, or somebody's word why there is none."""
        packet, notes, _, sender = heard.recvmsg(65535, 64)
        body = packet[(packet[0] & 15) * 4 :] if family == V4 else packet
        if len(body) < ICMP:
            return
        kind, _, _, number, sequence = struct.unpack("!BBHHH", body[:ICMP])
        if kind == ECHO[family][1] and body[ICMP:].startswith(COOKIE):
            probe = self.probes[number]
            if bool(probe.asked["size"]) != whole or probe.asked["target"] != sender[0]:
                return
            probe.outcome = "answered"
            probe.got[sequence] = probe.got.get(sequence, 0) + 1
            probe.left = packet[8] if family == V4 else struct.unpack("i", notes[0][2])[0]
        elif kind in ERRORS[family]:
            self.complained(family, body, sender[0])
        elif family == V6 and kind == ADVERTISE and not whole:
            self.advertised(namespace, body)
        elif family == V6 and kind == ADVERTISE_ROUTER and not whole:
            self.routed(namespace, body, sender[0].partition("%")[0])

    def complained(self, family: int, body: bytes, sender: str) -> None:
        """Note what somebody says of a packet of ours: no way, or too big."""
        kind, code = body[:2]
        inner = body[ICMP:]
        skip = (inner[0] & 15) * 4 if family == V4 and inner else HEADERS[family]
        # What is said of a connection has other things where an echo has its number.
        if len(inner) < skip + ICMP or inner[PROTOCOL[family]] != ECHOES[family]:
            return
        number = struct.unpack("!H", inner[skip + 4 : skip + 6])[0]
        if number >= len(self.probes):
            return
        probe, (what, place) = self.probes[number], TOO_BIG[family]
        if probe.outcome == "answered":
            return
        if (kind, code) == what and probe.asked["size"]:
            probe.outcome = "told"
            probe.said = f"{struct.unpack('!H', body[place : place + 2])[0]} by {sender}"
        else:
            probe.said = f"{ERRORS[family][kind]} ({code}), says {sender}"

    def waiting(self, namespace: str, asks: str) -> list[Probe]:
        """Return the questions of a kind that a namespace has asked."""
        return [
            one
            for one in self.probes
            if one.asked["asks"] == asks and one.asked["namespace"] == namespace
        ]

    def resolved(self, namespace: str, packet: bytes) -> None:
        """Note an answer of ARP."""
        if len(packet) < ARP.size:
            return
        *_, what, mac, address, _, _ = ARP.unpack(packet[: ARP.size])
        for one in self.waiting(namespace, "who"):
            if what == ARP_REPLY and one.asked["target"] == socket.inet_ntoa(address):
                one.tell(mac.hex(":"))

    def advertised(self, namespace: str, body: bytes) -> None:
        """Note an answer of ND."""
        address = socket.inet_ntop(socket.AF_INET6, body[8:24])
        mac = options(body[24:]).get(TARGET_MAC)
        for one in self.waiting(namespace, "who"):
            if mac is not None and one.asked["target"] == address:
                one.tell(mac[:6].hex(":"))

    def routed(self, namespace: str, body: bytes, sender: str) -> None:
        """Note a router's advertisement: who, what guests shall ask DHCP for, the MTU."""
        mtu = options(body[16:]).get(OPTION_MTU, b"\0" * 6)
        flags = [word for bit, word in ((MANAGED, "managed"), (OTHER, "other")) if body[5] & bit]
        told = " ".join([sender, *flags, str(struct.unpack("!2xI", mtu)[0])])
        for one in self.waiting(namespace, "router"):
            one.tell(told)


def options(body: bytes) -> dict[int, bytes]:
    """Return the options of a message of ND, without their first two bytes (RFC 4861)."""
    found = {}
    while len(body) >= ICMP and body[1]:
        found[body[0]] = body[2 : body[1] * 8]
        body = body[body[1] * 8 :]
    return found


def main() -> None:
    """Ask what standard input holds."""
    prober = Prober(json.load(sys.stdin))
    before = prober.widen()
    prober.ask(hoped=True)
    prober.ask(hoped=False)
    for namespace, mtu in before.items():
        prober.set_mtu(namespace, mtu)
    json.dump([one.answer for one in prober.probes], sys.stdout)


if __name__ == "__main__":
    main()
