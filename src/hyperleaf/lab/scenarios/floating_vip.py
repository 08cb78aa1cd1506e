"""A floating address moves between guests of two leaves, as keepalived moves one.

Its new holder announces it, with a MAC of its own. The leaf must take it over from the other one,
and every host that knew the old MAC must learn the new one, wherever it is.
"""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import TYPE_CHECKING

from hyperleaf.lab import streams
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import arp, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.outcome import Told

NAME = "floating-vip"
# keepalived announces at once and again after five seconds (vrrp_garp_master_delay); whoever missed
# the first would wait for that.
LIMIT_SECONDS = 2.0
FOUND_SECONDS, AFTER_SECONDS = 10.0, 3.0
# Below the spare addresses of guests.
OFFSET = 30


def tell(lab: Lab) -> Iterator[Told]:
    """Move an address from one leaf's guest to another's and back, under streams to it."""
    pair = cast.apart(lab)
    if pair is None:
        yield Skipped(cast.NOT_APART)
        return
    first, second = pair
    own = first.addresses[cast.IPV4]
    vip = str(ip_address(int(own.ip) - OFFSET))
    ways = list(_ways(lab, pair, vip))
    _take(lab, first, vip, own.network.prefixlen)
    for way in ways:
        if not isinstance(way.source, str):
            streams.reach(lab.kernel, way.source, vip, FOUND_SECONDS)
    sent = streams.start(lab.kernel, ways)
    moves = []
    for before, after in ((first, second), (second, first)):
        time.sleep(1.5)
        _give(lab, before, vip, own.network.prefixlen)
        moved = sent.happened(f"{vip} moves from {before.place} to {after.place}")
        yield moved
        moves.append(moved.seconds)
        _take(lab, after, vip, own.network.prefixlen)
        time.sleep(AFTER_SECONDS)
    lines = sent.end()
    _give(lab, first, vip, own.network.prefixlen)
    yield from lines
    for line in lines:
        lost = not line.answered[-1]
        yield Checked(f"{line.title} at the end", "silent" if lost else "", kind=NAME)
        gap = max(line.between(begin, begin + AFTER_SECONDS).gap_seconds for begin in moves)
        yield Figure(f"gap, {line.title}", round(gap, 2), "s", limit=LIMIT_SECONDS)


def _ways(lab: Lab, pair: tuple[Guest, Guest], vip: str) -> Iterator[streams.Way]:
    """Yield who looks on: the segment on other leaves, its VRF, the data centre."""
    first, second = pair
    others = cast.elsewhere(lab, first.place, second.place)
    same = next((one for one in others if one.network == first.network), None)
    if same is not None:
        yield streams.Way(f"on the segment, from {same.place}", same, vip)
    routed = [
        one
        for one in (*others, *cast.real(lab))
        if one.network != first.network and cast.vrf(lab, one) == cast.vrf(lab, first) is not None
    ]
    if routed:
        yield streams.Way(f"from another segment, on {routed[0].place}", routed[0], vip)
    host = cast.data_centre(lab, first.network)
    if host is not None:
        yield streams.Way(f"from the data centre, behind {host.place}", host, vip)


def _take(lab: Lab, guest: Guest, vip: str, length: int) -> None:
    lab.kernel.run(["ip", "addr", "add", f"{vip}/{length}", "dev", "eth0"], node=guest.namespace)
    arp.announce(lab.kernel, guest, vip)


def _give(lab: Lab, guest: Guest, vip: str, length: int) -> None:
    lab.kernel.run(["ip", "addr", "del", f"{vip}/{length}", "dev", "eth0"], node=guest.namespace)
