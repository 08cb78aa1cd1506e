"""A node's FRRConfigurations become one FRR configuration, as frr-k8s 0.0.25 writes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hyperleaf.lab.reading import FrrConfiguration

HEAD = """log stdout informational
log timestamp precision 3
hostname {hostname}
ip nht resolve-via-default
ipv6 nht resolve-via-default
"""
FAMILIES = ("ip", "ipv6")
SECONDS = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def text(
    configurations: Iterable[FrrConfiguration],
    hostname: str,
) -> str:
    """Return the configuration of a node that all of `configurations` are meant for.

    Neighbours, timers, BFD profiles and passwords are carried out; prefixes are not announced or
    received by the typed part of any object of ours.
    """
    ordered = sorted(configurations, key=lambda one: (one.priority, one.name))
    lines = [HEAD.format(hostname=hostname)]
    for one in ordered:
        for router in one.bgp.get("routers", []):
            lines.extend(_filters(router))
            lines.extend(_router(router))
        lines.extend(_profiles(one.bgp.get("bfdProfiles", [])))
    lines.extend(one.raw for one in ordered)
    return "\n".join(lines)


def password(secret: str) -> str:
    """Return what a lab takes for the password in a Secret, whose content no estate knows."""
    return f"lab-{secret}"


def _filters(router: Mapping[str, Any]) -> Iterator[str]:
    """Yield what keeps unicast prefixes from being announced to a neighbour and taken from it."""
    for neighbour in router.get("neighbors", []):
        name = neighbour["address"]
        # The list of what is taken has one name for both families, and one count of its entries.
        outgoing = (f"{name}-allowed-ipv4", 1), (f"{name}-allowed-ipv6", 1)
        incoming = (f"{name}-inpl-ipv4", 1), (f"{name}-inpl-ipv4", 2)
        for way, lists, number in (("out", outgoing, 1), ("in", incoming, 3)):
            for place, (filtered, entry) in enumerate(lists):
                word = FAMILIES[place]
                yield f"{word} prefix-list {filtered} seq {entry} deny any"
                yield f"route-map {name}-{way} permit {number + place}"
                yield f" match {word} address prefix-list {filtered}"
                yield "exit"


def _router(router: Mapping[str, Any]) -> Iterator[str]:
    yield f"router bgp {router['asn']}"
    yield " no bgp ebgp-requires-policy"
    yield " no bgp network import-check"
    yield " no bgp default ipv4-unicast"
    yield " bgp graceful-restart preserve-fw-state"
    for one in router.get("neighbors", []):
        yield from _neighbour(one)
    for one in router.get("neighbors", []):
        name = one["address"]
        family = "ipv6" if ":" in name else "ipv4"
        yield f" address-family {family} unicast"
        yield f"  neighbor {name} activate"
        yield f"  neighbor {name} route-map {name}-in in"
        yield f"  neighbor {name} route-map {name}-out out"
        yield " exit-address-family"
    yield "exit"


def _neighbour(one: Mapping[str, Any]) -> Iterator[str]:
    name = one["address"]
    yield f" neighbor {name} remote-as {one['asn']}"
    if one.get("ebgpMultiHop"):
        yield f" neighbor {name} ebgp-multihop"
    if "port" in one:
        yield f" neighbor {name} port {one['port']}"
    if "keepaliveTime" in one:
        hold = _seconds(one["holdTime"])
        yield f" neighbor {name} timers {_seconds(one['keepaliveTime'])} {hold}"
    if "connectTime" in one:
        yield f" neighbor {name} timers connect {_seconds(one['connectTime'])}"
    if "passwordSecret" in one:
        yield f" neighbor {name} password {password(one['passwordSecret']['name'])}"
    if "bfdProfile" in one:
        yield f" neighbor {name} bfd"
        yield f" neighbor {name} bfd profile {one['bfdProfile']}"


def _profiles(profiles: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    words = {
        "receiveInterval": "receive-interval",
        "transmitInterval": "transmit-interval",
        "detectMultiplier": "detect-multiplier",
        "echoInterval": "echo transmit-interval",
        "minimumTtl": "minimum-ttl",
    }
    for one in profiles:
        yield "bfd"
        yield f" profile {one['name']}"
        yield from (f"  {word} {one[key]}" for key, word in words.items() if key in one)
        yield " exit"
        yield "exit"


def _seconds(text: str) -> int:
    found = SECONDS.fullmatch(text)
    if found is None or not text:
        raise ValueError(f"not a time: {text}")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
