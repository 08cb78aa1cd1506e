"""Promised MTUs become probes of exactly that many bytes, and of more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.checks import Probe
from hyperleaf.lab.world import INTERNET_MTU, OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hyperleaf.lab.facts import Surroundings
    from hyperleaf.lab.guests import Guest

# Linux leaves room for a VLAN's tag on every link: only what is longer still is dropped.
TAG = 4
# What a guest's NIC is given that is to send more than it may: so much more.
MORE = 8


def limits(
    stated: Mapping[str, Any], guests: Sequence[Guest], around: Surroundings
) -> Iterator[Probe]:
    """Yield packets of the MTU and beyond, for a pair of each network on two leaves.

    The first of a network is given too large an MTU: within the segment its giants are dropped
    without a word, on routed ways whoever cannot pass them on says how much would do. The others
    have their own MTU, and send no more.
    """
    done: set[tuple[str, str, str]] = set()
    real = [one for one in guests if one.attachment is not None]
    widened: set[str] = set()
    for a in real:
        for b in real:
            ends = (a.network, a.place, b.place)
            if a.place == b.place or a.network != b.network or ends in done:
                continue
            done |= {ends, (a.network, b.place, a.place)}
            yield from _within(stated, a, b)
            if a.network not in widened:
                widened.add(a.network)
                yield from _giants(stated, a, b)
                yield from _routed(stated, a, real)
                yield from _outwards(stated, a, around)


def _mtu(stated: Mapping[str, Any], guest: Guest) -> int:
    return int(stated["segments"][guest.network]["mtu"])


def _sized(a: Guest, b: Guest, version: int, size: int, what: str) -> Probe:
    title = f"{a.expected}({a.namespace}) to {b.namespace} IPv{version}, {size} bytes: {what}"
    target = str(b.addresses[version].ip)
    return Probe(
        title, a, target, reached=False, size=size, kind="mtu", to=b.namespace, place=b.place
    )


def _within(stated: Mapping[str, Any], a: Guest, b: Guest) -> Iterator[Probe]:
    """Yield what passes within a segment, and what does not."""
    mtu = _mtu(stated, a)
    for version in a.addresses.keys() & b.addresses.keys():
        for one, other in ((a, b), (b, a)):
            whole = _sized(one, other, version, mtu, "whole")
            yield replace(whole, reached=True, routed=False)
        yield _sized(b, a, version, mtu + 1, "its NIC takes no more")


def _giants(stated: Mapping[str, Any], a: Guest, b: Guest) -> Iterator[Probe]:
    """Yield what a segment drops."""
    mtu = _mtu(stated, a)
    for version in a.addresses.keys() & b.addresses.keys():
        giant = _sized(a, b, version, mtu + TAG + 1, "dropped without a word")
        yield replace(giant, mtu=mtu + MORE)


def _routed(stated: Mapping[str, Any], a: Guest, guests: Sequence[Guest]) -> Iterator[Probe]:
    """Yield a packet that is one byte too long for another network of the VRF, and must hear so."""
    vrf, mtu = stated["segments"][a.network]["vrf"], _mtu(stated, a)
    others = [
        one
        for one in guests
        if one.network != a.network
        and stated["segments"][one.network]["vrf"] == vrf
        and _mtu(stated, one) <= mtu
    ]
    for version in a.addresses:
        b = next((one for one in others if vrf and version in one.addresses), None)
        if b is not None:
            most = _mtu(stated, b)
            whole = _sized(a, b, version, most, "routed whole")
            yield replace(whole, reached=True, routed=True)
            giant = _sized(a, b, version, most + 1, f"told that {most} do")
            yield replace(giant, told=most, mtu=mtu + MORE)


def _outwards(stated: Mapping[str, Any], a: Guest, around: Surroundings) -> Iterator[Probe]:
    """Yield the same for the outside, whose links are narrower than the fabric's."""
    ways = next(one for one in stated["guests"] if one["name"] == a.expected)["outside"]
    for there in around.outside:
        if str(there.version) in ways and there.version in a.addresses:
            who = f"{a.expected}({a.namespace}) to outside IPv{there.version}"
            title = f"{who}, {INTERNET_MTU} bytes"
            whole = Probe(title, a, str(there.ip), reached=True, size=INTERNET_MTU, kind="mtu")
            whole = replace(whole, to=OUTSIDE)
            yield whole
            if _mtu(stated, a) > INTERNET_MTU:
                giant = replace(whole, reached=False, size=INTERNET_MTU + 1, told=INTERNET_MTU)
                yield replace(giant, title=f"{who}, one more: told that {INTERNET_MTU} do")
