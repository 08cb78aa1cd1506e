"""Runs inside a lab's kernel: sends many probes from many namespaces at once, tells their fates.

Nothing of hyperleaf is imported here. Input is a JSON list of probes: `namespace`, `source` and
`device` (to bind to, or empty), `target`, `port` (0 is an ICMP echo), `size` of the IP packet (0 is
a short one; otherwise it may not be fragmented) and `reached`, what is hoped for. Output is a list
of answers in the same order: `outcome` (`answered`, `refused`, `silent`), `copies` (the most
answers to one packet) and `said`.

First all that shall be reached is tried, again and again until it answers or its time is over; then
all that shall not be, some times, however often it stays silent.
"""

from __future__ import annotations

import contextlib
import errno
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
HEADERS = {V4: 20, V6: 40}
ICMP = 8


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
        self.connection: socket.socket | None = None

    @property
    def answer(self) -> dict[str, Any]:
        """Return what became of it."""
        copies = max(self.got.values(), default=0)
        return {"outcome": self.outcome, "copies": copies, "said": self.said}


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

    def ask(self, hoped: bool) -> None:  # noqa: FBT001 - this half or the other
        """Ask those that shall be reached, or those that shall not."""
        probes = [one for one in self.probes if one.asked["reached"] == hoped]
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
            if probe.asked["port"]:
                self.connect(probe)
            else:
                place = (probe.asked["target"], 0)
                self.raw(probe).sendto(echo(probe), place)
                probe.sent += 1
        except OSError as error:
            probe.said = os.strerror(error.errno or 0)

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
            family, protocol = (
                (socket.AF_INET, socket.IPPROTO_ICMP)
                if probe.family == V4
                else (socket.AF_INET6, socket.IPPROTO_ICMPV6)
            )
            made = self.bound(probe, socket.socket(family, socket.SOCK_RAW, protocol))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
            if whole and probe.family == V4:
                made.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PROBE)
            elif whole:
                made.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PROBE)
                made.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, 1)
            self.selector.register(made, selectors.EVENT_READ, (probe.family, whole))
            self.sockets[key] = made
        return self.sockets[key]

    def connect(self, probe: Probe) -> None:
        """Begin a TCP connection, once: the system tries again by itself."""
        if probe.connection is not None:
            return
        self.inside(probe.asked["namespace"])
        family = socket.AF_INET if probe.family == V4 else socket.AF_INET6
        probe.connection = self.bound(probe, socket.socket(family, socket.SOCK_STREAM))
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
                if isinstance(key.data, Probe):
                    self.connected(key.data, heard)
                else:
                    with contextlib.suppress(BlockingIOError):
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

    def take(self, heard: socket.socket, family: int, whole: bool) -> None:  # noqa: FBT001
        """Take a packet: an answer to one of ours, or somebody's word why there is none."""
        packet, sender = heard.recvfrom(65535)
        body = packet[(packet[0] & 15) * 4 :] if family == V4 else packet
        if len(body) < ICMP:
            return
        kind, code, _, number, sequence = struct.unpack("!BBHHH", body[:ICMP])
        if kind == ECHO[family][1] and body[ICMP:].startswith(COOKIE):
            probe = self.probes[number]
            if bool(probe.asked["size"]) != whole or probe.asked["target"] != sender[0]:
                return
            probe.outcome = "answered"
            probe.got[sequence] = probe.got.get(sequence, 0) + 1
        elif kind in ERRORS[family]:
            inner = body[ICMP:]
            skip = (inner[0] & 15) * 4 if family == V4 else HEADERS[V6]
            if len(inner) >= skip + ICMP:
                number = struct.unpack("!H", inner[skip + 4 : skip + 6])[0]
                if number < len(self.probes):
                    word = ERRORS[family][kind]
                    self.probes[number].said = f"{word} ({code}), says {sender[0]}"


def main() -> None:
    """Ask what standard input holds."""
    prober = Prober(json.load(sys.stdin))
    prober.ask(hoped=True)
    prober.ask(hoped=False)
    json.dump([one.answer for one in prober.probes], sys.stdout)


if __name__ == "__main__":
    main()
