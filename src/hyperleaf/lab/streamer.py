"""Runs inside a lab's kernel: pings along many ways at a steady pace, tells which were answered.

Nothing of hyperleaf is imported here. The first argument is a file: the streams end once it is
there, or after `seconds`. Input is a JSON object: `seconds`, `every`, `wait` (for the last answers)
and `streams`, each with `namespace`, `device` and `source` (to bind to, or empty) and `target`.
Output is a list for each stream: whether each of its packets was answered, in order.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

COOKIE = b"hyperleaf-stream"
V4, V6 = 4, 6
ECHO = {V4: (8, 0), V6: (128, 129)}
ICMP = 8


def checksum(packet: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet[: len(packet) // 2 * 2]))
    if len(packet) % 2:
        total += packet[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def enter(namespace: str) -> None:
    """Enter a network namespace, given by its file."""
    place = os.open(namespace, os.O_RDONLY)
    os.setns(place, os.CLONE_NEWNET)  # type: ignore[attr-defined,unused-ignore] # Python 3.12
    os.close(place)


class Stream:
    """One way that packets are sent along, and which of them came back."""

    def __init__(self, number: int, asked: dict[str, Any]) -> None:
        self.number = number
        self.target = asked["target"]
        self.family = V6 if ":" in self.target else V4
        self.answered: list[bool] = []
        enter(f"/run/netns/{asked['namespace']}")
        family, protocol = (
            (socket.AF_INET, socket.IPPROTO_ICMP)
            if self.family == V4
            else (socket.AF_INET6, socket.IPPROTO_ICMPV6)
        )
        self.socket = socket.socket(family, socket.SOCK_RAW, protocol)
        if asked.get("device"):
            self.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_BINDTODEVICE, asked["device"].encode()
            )
        if asked.get("source"):
            self.socket.bind((asked["source"], 0))
        self.socket.setblocking(False)  # noqa: FBT003 - its only form

    def send(self) -> None:
        """Send the next packet; one that the system refuses is one without an answer."""
        sequence = len(self.answered)
        self.answered.append(False)
        kind = ECHO[self.family][0]
        # The ICMP sequence has 16 bits: the whole one is in the payload.
        payload = COOKIE + struct.pack("!I", sequence)
        head = struct.pack("!BBHHH", kind, 0, 0, self.number, sequence & 0xFFFF)
        if self.family == V4:
            total = checksum(head + payload)
            head = struct.pack("!BBHHH", kind, 0, total, self.number, sequence & 0xFFFF)
        try:
            self.socket.sendto(head + payload, (self.target, 0))
        except OSError:
            return

    def hear(self) -> None:
        """Take a packet, and note what it answers."""
        try:
            packet, sender = self.socket.recvfrom(65535)
        except OSError:
            return
        body = packet[(packet[0] & 15) * 4 :] if self.family == V4 else packet
        if len(body) < ICMP + len(COOKIE) + 4 or body[0] != ECHO[self.family][1]:
            return
        number = struct.unpack("!H", body[4:6])[0]
        rest = body[ICMP:]
        if number != self.number or not rest.startswith(COOKIE) or sender[0] != self.target:
            return
        sequence = struct.unpack("!I", rest[len(COOKIE) : len(COOKIE) + 4])[0]
        if sequence < len(self.answered):
            self.answered[sequence] = True


def main() -> None:
    """Send until the time is over or the file is there."""
    asked = json.load(sys.stdin)
    until_file = Path(sys.argv[1])
    streams = [Stream(number, one) for number, one in enumerate(asked["streams"])]
    # Back home: whoever ends all processes of a namespace must not end this one.
    enter("/proc/1/ns/net")
    selector = selectors.DefaultSelector()
    for one in streams:
        selector.register(one.socket, selectors.EVENT_READ, one)
    Path(f"{until_file}.began").touch()
    began = time.monotonic()
    ticks = 0
    while (now := time.monotonic() - began) < asked["seconds"] and not until_file.exists():
        if now >= ticks * asked["every"]:
            ticks += 1
            for one in streams:
                one.send()
        left = max(0.0, ticks * asked["every"] - (time.monotonic() - began))
        for key, _ in selector.select(left):
            key.data.hear()
    end = time.monotonic() + asked["wait"]
    while (left := end - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            key.data.hear()
    json.dump([one.answered for one in streams], sys.stdout)


if __name__ == "__main__":
    main()
