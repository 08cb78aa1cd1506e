"""Who plays in scenarios: pairs of guests and kinds of nodes, found in a lab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.guests import Guest

REFLECTOR = "hyperleaf.dev/reflector"
IPV4 = 4
NOT_APART = "no segment of a fabric has guests on two leaves"
# FRR's own, where a profile says nothing else: milliseconds, and packets.
BFD_INTERVAL, BFD_MULTIPLIER = 300, 3


def reflectors(lab: Lab) -> list[Node]:
    """Return the reflectors, the one whose paths are best first.

    Of equal paths that by the lowest neighbour is best (RFC 4271 9.1.2.2).
    """
    found = [one for one in lab.around.nodes if REFLECTOR in one.labels]
    return sorted(found, key=lambda one: int(one.address))


def real(lab: Lab) -> list[Guest]:
    """Return the guests on nodes that have IPv4 on a segment of the fabric."""
    segments = lab.rendered.expected["segments"]
    return [
        one
        for one in lab.guests
        if one.attachment and IPV4 in one.addresses and segments[one.network]["transport"] == "evpn"
    ]


def apart(lab: Lab) -> tuple[Guest, Guest] | None:
    """Return two guests of one segment on two leaves."""
    return next(
        (
            (one, other)
            for one in real(lab)
            for other in real(lab)
            if one.network == other.network and one.place != other.place
        ),
        None,
    )


def together(lab: Lab, place: str = "") -> tuple[Guest, Guest] | None:
    """Return two guests on one leaf, or on that one, of a segment or at least of a VRF."""
    pairs = [
        (one, other)
        for one in real(lab)
        for other in real(lab)
        if one is not other and one.place == other.place and place in {"", one.place}
    ]
    near = (pair for pair in pairs if pair[0].network == pair[1].network)
    routed = (pair for pair in pairs if vrf(lab, pair[0]) == vrf(lab, pair[1]) is not None)
    return next(near, None) or next(routed, None)


def elsewhere(lab: Lab, *places: str) -> list[Guest]:
    """Return the guests on leaves that are none of these."""
    return [one for one in real(lab) if one.place not in places]


def data_centre(lab: Lab, network: str) -> Guest | None:
    """Return a host of a segment on a VLAN behind a border."""
    return next(
        (
            one
            for one in lab.guests
            if one.bridge and one.network == network and IPV4 in one.addresses
        ),
        None,
    )


def vrf(lab: Lab, guest: Guest) -> str | None:
    """Return the VRF that a guest's segment is routed in, or None."""
    found: str | None = lab.rendered.expected["segments"][guest.network]["vrf"]
    return found


def node(lab: Lab, name: str) -> Node:
    """Return a node by its name."""
    return next(one for one in lab.around.nodes if one.name == name)


def ipv4(guest: Guest) -> str:
    """Return a guest's IPv4 address."""
    return str(guest.addresses[IPV4].ip)


def detection(lab: Lab) -> tuple[float, str]:
    """Return after how many seconds a silent neighbour counts as lost, and what says so."""
    for objects in lab.rendered.clusters.values():
        for one in objects.frr:
            neighbours = list(_neighbours(one.bgp))
            profiles = {each["name"]: each for each in one.bgp.get("bfdProfiles", [])}
            for each in neighbours:
                if each.get("bfdProfile") in profiles:
                    profile = profiles[each["bfdProfile"]]
                    interval = profile.get("receiveInterval", BFD_INTERVAL)
                    return interval * profile.get("detectMultiplier", BFD_MULTIPLIER) / 1000, "BFD"
    return hold(lab), "hold time"


def hold(lab: Lab) -> float:
    """Return the sessions' hold time in seconds, FRR's own where none is stated."""
    stated = [
        float(each["holdTime"].removesuffix("s"))
        for objects in lab.rendered.clusters.values()
        for one in objects.frr
        for each in _neighbours(one.bgp)
        if "holdTime" in each
    ]
    return max(stated, default=180.0)


def _neighbours(bgp: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for router in bgp.get("routers", []):
        yield from router.get("neighbors", [])
