"""FRR's statements as values, and the one place that writes them as text.

A line is its text, a block is a line with more inside and the word that leaves it. All is written
in the form in which `show running-config` shows it again, in full (sequence numbers, distances):
frr-reload compares texts, and what it takes for a change it removes and adds again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from hyperleaf.values.addresses import IPV4, IPV6

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.model.fabric import Bfd
    from hyperleaf.values.addresses import Address, Subnet
    from hyperleaf.values.numbers import Asn, Mtu, Vni
    from hyperleaf.values.units import Duration

Family: TypeAlias = Literal[4, 6]
FAMILIES: tuple[Family, Family] = (4, 6)
UNICAST = {IPV4: "ipv4 unicast", IPV6: "ipv6 unicast"}
EVPN = "l2vpn evpn"
# What FRR calls the main table where it stands beside VRFs.
MAIN = "default"
# FRR's own BFD timers, in milliseconds and packets.
BFD_INTERVAL, BFD_MULTIPLIER = 300, 3
# As many hops as a packet lives; FRR shows it without a number.
ANY_HOPS = 255
# Route maps are tried in steps of this, so that a hand can put one between.
STEP = 10
# bgpd opens no session while a route map waits to be carried out, five seconds by default: a leaf
# that starts would stand idle for so long. It counts only when it stands before the first of them.
SOON = "bgp route-map delay-timer 1"


@dataclass(frozen=True, slots=True)
class Block:
    """A stanza: the line that enters it, what stands in it, the word that leaves it."""

    head: str
    lines: tuple[Line, ...]
    end: str = "exit"


Line: TypeAlias = "str | Block"


def write(lines: Iterable[Line], depth: int = 0) -> str:
    """Return the lines as FRR's text, each block's contents one blank further in."""
    return "".join(_written(lines, depth))


def _written(lines: Iterable[Line], depth: int) -> Iterator[str]:
    indent = " " * depth
    for line in lines:
        if isinstance(line, str):
            yield f"{indent}{line}\n"
        else:
            yield f"{indent}{line.head}\n"
            yield from _written(line.lines, depth + 1)
            yield f"{indent}{line.end}\n"


def comment(text: str) -> str:
    """Return a remark, which FRR skips."""
    return f"! {text}"


def word(family: int) -> str:
    """Return what FRR calls a family outside of address families: `ip` or `ipv6`."""
    return "ip" if family == IPV4 else "ipv6"


# Filters


@dataclass(frozen=True, slots=True)
class Clause:
    """One step of a route map: `prefix_list` of `family`, or a tag, or the source VRF; or all.

    `metric` is what it gives to routes that it permits.
    """

    permit: bool
    family: int | None = None
    prefix_list: str | None = None
    source_vrf: str | None = None
    tag: int | None = None
    metric: int | None = None


def prefix_list(name: str, numbered: Iterable[tuple[int, Subnet]]) -> Iterator[str]:
    """Yield a permit of each subnet itself (nothing longer), numbered by the caller."""
    for number, subnet in numbered:
        yield f"{word(subnet.version)} prefix-list {name} seq {number} permit {subnet}"


def route_map(name: str, clauses: Iterable[Clause]) -> Iterator[Block]:
    """Yield the steps of a route map in their order; what none permits is refused."""
    for number, clause in enumerate(clauses, 1):
        matches = []
        if clause.source_vrf is not None:
            matches.append(f"match source-vrf {clause.source_vrf}")
        if clause.prefix_list is not None and clause.family is not None:
            matches.append(f"match {word(clause.family)} address prefix-list {clause.prefix_list}")
        if clause.tag is not None:
            matches.append(f"match tag {clause.tag}")
        if clause.metric is not None:
            matches.append(f"set metric {clause.metric}")
        verb = "permit" if clause.permit else "deny"
        yield Block(f"route-map {name} {verb} {number * STEP}", tuple(matches))


# Routes


def static_route(to: Subnet, via: Address) -> str:
    """Return a route by a gateway in the same table."""
    return f"{word(to.version)} route {to} {via}"


def blackhole(to: Subnet, distance: int | None = None, tag: int | None = None) -> str:
    """Return a route that drops; without `distance` no route learnt for the same prefix wins."""
    tagged = "" if tag is None else f" tag {tag}"
    far = "" if distance is None else f" {distance}"
    return f"{word(to.version)} route {to} blackhole{tagged}{far}"


def vrf(device: str, vni: Vni, routes: Iterable[str]) -> Block:
    """Return a VRF with its L3VNI and static routes."""
    return Block(f"vrf {device}", (f"vni {int(vni)}", *routes), "exit-vrf")


# BGP


@dataclass(frozen=True, slots=True)
class Session:
    """What is said of a neighbour or of a peer group, beside its address families."""

    remote_as: Asn
    hold: Duration
    keepalive: Duration
    bfd_profile: str | None = None
    connect: Duration | None = None
    multihop: int | None = None


def session(peer: str | Address, to: Session) -> Iterator[str]:
    """Yield the lines of a session with `peer`, an address or a peer group's name."""
    yield f"neighbor {peer} remote-as {int(to.remote_as)}"
    if to.bfd_profile is not None:
        yield f"neighbor {peer} bfd"
        yield f"neighbor {peer} bfd profile {to.bfd_profile}"
    if to.multihop is not None:
        hops = "" if to.multihop == ANY_HOPS else f" {to.multihop}"
        yield f"neighbor {peer} ebgp-multihop{hops}"
    yield f"neighbor {peer} timers {to.keepalive.seconds} {to.hold.seconds}"
    if to.connect is not None:
        yield f"neighbor {peer} timers connect {to.connect.seconds}"


def router(asn: Asn, lines: Iterable[Line], vrf_device: str | None = None) -> Block:
    """Return the BGP instance of the main table, or of a VRF."""
    suffix = "" if vrf_device is None else f" vrf {vrf_device}"
    return Block(f"router bgp {int(asn)}{suffix}", tuple(lines))


def family(name: str, lines: Iterable[Line]) -> Iterator[Block]:
    """Yield an address family; nothing where nothing would stand in it."""
    inside = tuple(lines)
    if inside:
        yield Block(f"address-family {name}", inside, "exit-address-family")


def route_targets(target: str) -> tuple[str, str]:
    """Return the route target for both directions, each on its line as FRR shows them."""
    return (f"route-target import {target}", f"route-target export {target}")


def l2vni(vni: Vni, target: str) -> Block:
    """Return an L2VNI within the EVPN family, its route target written out."""
    return Block(f"vni {int(vni)}", route_targets(target), "exit-vni")


def _bfd_timers(bfd: Bfd) -> Iterator[str]:
    if bfd.multiplier != BFD_MULTIPLIER:
        yield f"detect-multiplier {bfd.multiplier}"
    if int(bfd.interval) != BFD_INTERVAL:
        yield f"transmit-interval {int(bfd.interval)}"
        yield f"receive-interval {int(bfd.interval)}"


def bfd_profile(name: str, bfd: Bfd) -> Block:
    """Return the BFD timers under a name, as far as they are not FRR's own.

    A neighbour may be routers away; FRR takes only one hop unless told.
    """
    return Block(
        "bfd",
        (
            Block(
                f"profile {name}",
                (*_bfd_timers(bfd), "minimum-ttl 1"),
            ),
        ),
    )


# Router advertisements


def router_advertisements(
    device: str, subnets: Iterable[Subnet], *, managed: bool, other: bool, mtu: Mtu
) -> Block:
    """Return an interface that sends router advertisements for its IPv6 subnets (RFC 4861).

    `managed` sends hosts to DHCPv6 for addresses, and then they make none of their own; `other`
    for the rest. The default route of hosts comes from here alone.
    """
    flags = [
        *(["ipv6 nd managed-config-flag"] if managed else []),
        *(["ipv6 nd other-config-flag"] if other else []),
    ]
    suffix = " no-autoconfig" if managed else ""
    return Block(
        f"interface {device}",
        (
            f"ipv6 nd mtu {int(mtu)}",
            *(f"ipv6 nd prefix {one}{suffix}" for one in subnets if one.version == IPV6),
            "no ipv6 nd suppress-ra",
            *flags,
        ),
    )
