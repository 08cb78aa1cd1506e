"""Runs inside a lab's kernel as somebody who is no part of the estate: what gets in, as JSON.

Nothing of hyperleaf is imported here. The first argument says what is tried, the second how, as an
object: `bgp` opens a session with a reflector and counts the routes it is given, `vxlan` sends
frames to a tunnel's end as if from a guest, `hear` waits for what such frames carry.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from typing import Any

BGP, HEADER = 179, 19
OPEN, UPDATE, NOTIFICATION, KEEPALIVE = 1, 2, 3, 4
# Capabilities: EVPN (AFI 25, SAFI 70), AS numbers of four bytes.
L2VPN, EVPN = 25, 70
HOLD_SECONDS = 90
VERSION = 4
TOKEN = b"hyperleaf, from a stranger"
FRAMES, EVERY_SECONDS = 5, 0.1
ETHERNET_IPV4, UDP = 0x0800, 17
VNI_VALID = 0x08


def message(kind: int, body: bytes = b"") -> bytes:
    """Return a BGP message (RFC 4271 4.1)."""
    return b"\xff" * 16 + struct.pack("!HB", HEADER + len(body), kind) + body


def opening(asn: int, identifier: str) -> bytes:
    """Return an OPEN for EVPN."""
    evpn = struct.pack("!BBHBB", 1, 4, L2VPN, 0, EVPN)
    four = struct.pack("!BBI", 65, 4, asn)
    parameter = struct.pack("!BB", 2, len(evpn + four)) + evpn + four
    short = asn if asn < 1 << 16 else 23456
    head = struct.pack("!BHH4sB", VERSION, short, HOLD_SECONDS, socket.inet_aton(identifier), 0)
    return message(OPEN, head[:-1] + bytes([len(parameter)]) + parameter)


def bgp(how: dict[str, Any]) -> dict[str, Any]:
    """Try a session; `outcome` is silent, refused, closed or established."""
    deadline = time.monotonic() + how["seconds"]
    try:
        peer = socket.create_connection((how["target"], BGP), how["seconds"], (how["source"], 0))
    except TimeoutError:
        return {"outcome": "silent", "routes": 0}
    except OSError as error:
        return {"outcome": "refused", "routes": 0, "said": os.strerror(error.errno or 0)}
    with peer:
        heard: list[int] = []
        try:
            peer.sendall(opening(how["asn"], how["source"]))
            while (left := deadline - time.monotonic()) > 0:
                peer.settimeout(left)
                head = take(peer, HEADER)
                length, kind = struct.unpack("!HB", head[16:])
                take(peer, length - HEADER)
                heard.append(kind)
                if kind == OPEN:
                    peer.sendall(message(KEEPALIVE))
                if kind == NOTIFICATION:
                    break
        except (TimeoutError, OSError, EOFError):
            pass
    up = KEEPALIVE in heard and NOTIFICATION not in heard
    return {"outcome": "established" if up else "closed", "routes": heard.count(UPDATE)}


def take(peer: socket.socket, count: int) -> bytes:
    """Return the next bytes of a connection; EOFError at its end."""
    taken = b""
    while len(taken) < count:
        part = peer.recv(count - len(taken))
        if not part:
            raise EOFError
        taken += part
    return taken


def frame(how: dict[str, Any]) -> bytes:
    """Return a guest's Ethernet frame: UDP to another guest's address and MAC."""
    ends = [socket.inet_aton(how[one]) for one in ("inner_source", "inner_target")]
    udp = struct.pack("!HHHH", how["heard"], how["heard"], 8 + len(TOKEN), 0) + TOKEN
    length = 20 + len(udp)
    bare = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 0, 0, 64, UDP, 0, *ends)
    total = sum(struct.unpack("!10H", bare))
    total = (total & 0xFFFF) + (total >> 16)
    packet = bare[:10] + struct.pack("!H", ~total & 0xFFFF) + bare[12:]
    macs = [bytes.fromhex(how[one].replace(":", "")) for one in ("target_mac", "source_mac")]
    return b"".join(macs) + struct.pack("!H", ETHERNET_IPV4) + packet + udp


def vxlan(how: dict[str, Any]) -> dict[str, Any]:
    """Send frames in VXLAN (RFC 7348) to a leaf."""
    head = struct.pack("!B3xI", VNI_VALID, how["vni"] << 8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tunnel:
        tunnel.bind((how["source"], 0))
        for _ in range(FRAMES):
            tunnel.sendto(head + frame(how), (how["target"], how["port"]))
            time.sleep(EVERY_SECONDS)
    return {}


def hear(how: dict[str, Any]) -> dict[str, Any]:
    """Wait for what the frames carry; `heard` says whether it came."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("", how["heard"]))
        ear.settimeout(how["seconds"])
        try:
            return {"heard": ear.recv(100) == TOKEN}
        except TimeoutError:
            return {"heard": False}


if __name__ == "__main__":
    TRIED = {"bgp": bgp, "vxlan": vxlan, "hear": hear}
    json.dump(TRIED[sys.argv[1]](json.loads(sys.argv[2])), sys.stdout)
