"""Addresses that move between leaves: what is read of the kernel and the wire, what is said."""

from __future__ import annotations

import socket
import struct

import pytest

from hyperleaf.render.node import neighbours
from hyperleaf.render.node.neighbours import announced, announcement, checksum, message, read

FOUR = socket.inet_aton("172.20.100.9")
SIX = socket.inet_pton(socket.AF_INET6, "2001:db8::9")
OLD, NEW_MAC, GATEWAY = (bytes.fromhex(f"02000000000{one}") for one in (1, 2, 3))
BRIDGE = 7


def _payload(frame: bytes) -> tuple[int, bytes]:
    return struct.unpack("!H", frame[12:14])[0], frame[14:]


@pytest.mark.parametrize("address", [FOUR, SIX])
def test_what_is_announced_is_heard_as_it_was_said(address: bytes) -> None:
    frame = announcement(address, NEW_MAC, GATEWAY)
    assert announced(*_payload(frame)) == (address, NEW_MAC)


def test_an_announcement_of_ipv6_has_a_right_checksum() -> None:
    _, packet = _payload(announcement(SIX, NEW_MAC, GATEWAY))
    length = len(packet) - 40
    pseudo = packet[8:40] + struct.pack("!II", length, neighbours.ICMPV6)
    assert checksum(pseudo + packet[40:]) == 0


def test_who_only_asks_whether_an_address_is_free_announces_nothing() -> None:
    protocol, packet = _payload(announcement(FOUR, NEW_MAC, GATEWAY))
    probe = packet[:14] + b"\0" * 4 + packet[18:]
    assert announced(protocol, probe) is None


def test_an_advertisement_without_a_mac_announces_nothing() -> None:
    protocol, packet = _payload(announcement(SIX, NEW_MAC, GATEWAY))
    assert announced(protocol, packet[:64]) is None


def _said(kind: int, address: bytes, mac: bytes, flags: int) -> bytes:
    family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
    head = (family, BRIDGE, neighbours.STALE)
    text = message(kind, 0, head, (neighbours.ADDRESS, address), (neighbours.MAC, mac))
    return text[:26] + bytes([flags]) + text[27:]


def test_the_kernels_neighbours_are_read_one_after_another() -> None:
    text = _said(neighbours.NEW, FOUR, OLD, neighbours.LEARNED)
    text += _said(neighbours.GONE, SIX, NEW_MAC, 0)
    first, second = read(text)
    assert (first.device, first.address, first.mac, first.remote) == (BRIDGE, FOUR, OLD, True)
    assert (second.kind, second.address, second.remote) == (neighbours.GONE, SIX, False)


class _Told(neighbours.Watch):
    """A watch that keeps what it would announce."""

    def __init__(self) -> None:
        self.known = {}
        self.said: list[tuple[bytes, bytes]] = []

    def announce(self, device: int, address: bytes, mac: bytes) -> None:
        assert device == BRIDGE
        self.said.append((address, mac))


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> _Told:
    monkeypatch.setattr(neighbours, "name", lambda device: f"br{device}")
    return _Told()


def test_another_leafs_address_with_another_mac_is_told_to_the_ports_here(watch: _Told) -> None:
    watch.told(_said(neighbours.NEW, FOUR, OLD, neighbours.LEARNED))
    watch.told(_said(neighbours.NEW, FOUR, NEW_MAC, neighbours.LEARNED))
    assert watch.said == [(FOUR, NEW_MAC)]


def test_an_address_that_was_withdrawn_between_is_told_as_well(watch: _Told) -> None:
    watch.told(_said(neighbours.NEW, FOUR, OLD, neighbours.LEARNED))
    watch.told(_said(neighbours.GONE, FOUR, OLD, neighbours.LEARNED))
    watch.told(_said(neighbours.NEW, FOUR, NEW_MAC, neighbours.LEARNED))
    assert watch.said == [(FOUR, NEW_MAC)]


def test_an_address_of_this_leaf_is_told_by_its_guest_alone(watch: _Told) -> None:
    watch.told(_said(neighbours.NEW, FOUR, OLD, neighbours.LEARNED))
    watch.told(_said(neighbours.NEW, FOUR, NEW_MAC, 0))
    assert watch.said == []


def test_a_neighbour_on_no_tenants_bridge_is_none_of_its_business(
    watch: _Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "name", lambda _: "br-ex")
    watch.told(_said(neighbours.NEW, FOUR, OLD, neighbours.LEARNED))
    watch.told(_said(neighbours.NEW, FOUR, NEW_MAC, neighbours.LEARNED))
    assert watch.said == []
