"""Runs on every leaf beside FRR: an address that moves is taken over where it is heard, and told.

An address may move to a guest with another MAC on another leaf: keepalived does it, and a machine
that is built anew. FRR learns local addresses from the kernel's neighbours and writes those of
other leaves among them as NOARP; of these the kernel believes no announcement, so the leaf where
an address arrives would never tell the others (FRRouting/frr#14156). Nor do announcements cross
tunnels whose ports suppress ARP: hosts of other leaves would keep the MAC that they know. Hence:

* Who announces another leaf's address on a port here, has it: the neighbour becomes this leaf's,
  stale, so that the kernel asks before it relies on it, and FRR tells the others.
* When another leaf's address gets another MAC, this leaf announces it to its own ports.

No network is named: tenants' bridges are `br` and a number, their tunnels `vx` and a number. Only
Python's own library and Linux are needed, and the capabilities NET_ADMIN and NET_RAW.
"""

# ruff: noqa: PLR2004 - the lengths of what the kernel and the wire say

from __future__ import annotations

import contextlib
import ctypes
import re
import select
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BRIDGE, TUNNEL = re.compile(r"br\d+"), re.compile(r"vx\d+")
ARP, IPV6 = 0x0806, 0x86DD
NEW, GONE, ASK = 28, 29, 30  # RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH
NEIGHBOURS = 4  # RTMGRP_NEIGH
REQUEST, REPLACE, CREATE, DUMP = 0x1, 0x100, 0x400, 0x300
STALE, LEARNED = 0x04, 0x10  # NUD_STALE, NTF_EXT_LEARNED
ADDRESS, MAC, MASTER = 1, 2, 9  # NDA_DST, NDA_LLADDR, NDA_MASTER
AF_BRIDGE, OUTGOING, FILTER = 7, 4, 26  # PACKET_OUTGOING, SO_ATTACH_FILTER
ALL, ALL_V6 = b"\xff" * 6, b"\x33\x33\x00\x00\x00\x01"
ALL_NODES = socket.inet_pton(socket.AF_INET6, "ff02::1")
ICMPV6, ADVERTISEMENT, TARGET_MAC = 58, 136, 2
MOST = 100_000
# Of all IPv6 only neighbour advertisements: next header, then type.
ONLY_ADVERTISEMENTS = (
    (0x30, 0, 0, 6),
    (0x15, 0, 3, ICMPV6),
    (0x30, 0, 0, 40),
    (0x15, 0, 1, ADVERTISEMENT),
    (0x06, 0, 0, 0xFFFF),
    (0x06, 0, 0, 0),
)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What the kernel says of an address, or of a MAC in a bridge, on a device."""

    kind: int
    family: int
    device: int
    address: bytes
    mac: bytes
    remote: bool


def read(message: bytes) -> Iterator[Neighbour]:
    """Yield the neighbours in what netlink says."""
    at = 0
    while at + 16 <= len(message):
        length, kind = struct.unpack_from("=IH", message, at)
        if length < 16:
            return
        if kind in {NEW, GONE}:
            family, device, _state, flags = struct.unpack_from("=BxxxiHB", message, at + 16)
            found = dict(_attributes(message[at + 28 : at + length]))
            yield Neighbour(
                kind,
                family,
                device,
                found.get(ADDRESS, b""),
                found.get(MAC, b""),
                remote=bool(flags & LEARNED),
            )
        at += (length + 3) & ~3


def _attributes(text: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(text):
        length, kind = struct.unpack_from("=HH", text, at)
        if length < 4:
            return
        yield kind, text[at + 4 : at + length]
        at += (length + 3) & ~3


def message(kind: int, flags: int, head: tuple[int, int, int], *what: tuple[int, bytes]) -> bytes:
    """Return a netlink message about a neighbour: family, device and state, then attributes."""
    family, device, state = head
    body = struct.pack("=BxxxiHBB", family, device, state, 0, 0)
    for number, value in what:
        body += struct.pack("=HH", 4 + len(value), number) + value + b"\0" * (-len(value) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, flags | REQUEST, 1, 0) + body


def announced(protocol: int, packet: bytes) -> tuple[bytes, bytes] | None:
    """Return the address and the MAC that an ARP packet or an advertisement speaks for."""
    if protocol == ARP:
        if len(packet) < 28 or packet[:6] != b"\x00\x01\x08\x00\x06\x04" or not any(packet[14:18]):
            return None
        return packet[14:18], packet[8:14]
    options = packet[64:]
    while len(options) >= 8 and options[1]:
        if options[0] == TARGET_MAC:
            return packet[48:64], options[2:8]
        options = options[options[1] * 8 :]
    return None


def announcement(address: bytes, mac: bytes, sender: bytes) -> bytes:
    """Return the frame that tells a segment which MAC has an address."""
    if len(address) == 4:
        body = bytes.fromhex("0001080006040001") + mac + address + b"\0" * 6 + address
        return ALL + sender + struct.pack("!H", ARP) + body
    body = struct.pack("!BBHI", ADVERTISEMENT, 0, 0, 0x20000000) + address
    body += bytes((TARGET_MAC, 1)) + mac
    pseudo = address + ALL_NODES + struct.pack("!II", len(body), ICMPV6)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    head = struct.pack("!IHBB", 6 << 28, len(body), ICMPV6, 255) + address + ALL_NODES
    return ALL_V6 + sender + struct.pack("!H", IPV6) + head + body


def checksum(text: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(text) // 2}H", text))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def name(device: int) -> str:
    """Return a device's name, or nothing where it is gone."""
    try:
        return socket.if_indextoname(device)
    except OSError:
        return ""


class Watch:
    """What is known of tenants' addresses here, and what is done when one of them moves."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, bytes], tuple[bytes, bool]] = {}
        self.events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.events.bind((0, NEIGHBOURS))
        self.questions = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.questions.settimeout(1)
        self.out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.heard = [self._listen(ARP), self._listen(IPV6)]
        self.events.send(message(ASK, DUMP, (socket.AF_UNSPEC, 0, 0)))

    def _listen(self, protocol: int) -> socket.socket:
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(protocol))
        if protocol == IPV6:
            code = b"".join(struct.pack("HBBI", *one) for one in ONLY_ADVERTISEMENTS)
            held = ctypes.create_string_buffer(code)
            words = struct.pack("HL", len(ONLY_ADVERTISEMENTS), ctypes.addressof(held))
            opened.setsockopt(socket.SOL_SOCKET, FILTER, words)
        return opened

    def told(self, text: bytes) -> None:
        """Note what the kernel tells of neighbours; announce a remote one that has moved."""
        for one in read(text):
            if one.family == AF_BRIDGE or not BRIDGE.fullmatch(name(one.device)):
                continue
            if len(self.known) > MOST:
                self.known.clear()
            place = (one.device, one.address)
            before, _ = self.known.get(place, (b"", False))
            remote = one.remote and one.kind == NEW
            self.known[place] = (one.mac or before, remote)
            if remote and before and one.mac and one.mac != before:
                self.announce(one.device, one.address, one.mac)

    def announce(self, device: int, address: bytes, mac: bytes) -> None:
        """Tell a bridge's own ports who has an address; tunnels suppress it."""
        with contextlib.suppress(OSError):
            self.out.bind((name(device), 0))
            own = self.out.getsockname()[4]
            self.out.send(announcement(address, mac, own))

    def hear(self, opened: socket.socket) -> None:
        """Take over another leaf's address that is announced here."""
        packet, (device, protocol, kind, _, _) = opened.recvfrom(2048)
        if kind == OUTGOING or not BRIDGE.fullmatch(device):
            return
        found = announced(protocol, packet)
        if found is None:
            return
        address, mac = found
        bridge = socket.if_nametoindex(device)
        _, remote = self.known.get((bridge, address), (b"", False))
        if remote and self.here(bridge, mac):
            family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
            what = ((ADDRESS, address), (MAC, mac))
            flags = REPLACE | CREATE
            self.questions.send(message(NEW, flags, (family, bridge, STALE), *what))

    def here(self, bridge: int, mac: bytes) -> bool:
        """Tell whether a MAC is behind one of the bridge's own ports, and not behind a tunnel."""
        what = ((MAC, mac), (MASTER, struct.pack("=I", bridge)))
        self.questions.send(message(ASK, 0, (AF_BRIDGE, 0, 0), *what))
        ports = [name(one.device) for one in read(self.questions.recv(65536))]
        return any(not TUNNEL.fullmatch(port) for port in ports)

    def run(self) -> None:
        """Watch for ever."""
        while True:
            ready, _, _ = select.select([self.events, *self.heard], [], [])
            for one in ready:
                # A device may go at any moment; what was lost of the kernel's words comes again.
                with contextlib.suppress(OSError):
                    if one is self.events:
                        self.told(one.recv(1 << 20))
                    else:
                        self.hear(one)


if __name__ == "__main__":
    Watch().run()
