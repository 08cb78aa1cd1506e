"""A leaf's kernel settings and filter, as they are, become what they must be and are not."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network, summarize_address_range
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from ipaddress import IPv4Network, IPv6Network

REACH, ISOLATION = "reach", "isolation"
TENANTS = re.compile(r"(br|vrf)[1-9][0-9]*")
_ELEMENT = re.compile(r"[0-9a-fA-F:.]*[.:][0-9a-fA-F:.]*(?:/\d+|-[0-9a-fA-F:.]+)?")
_HOOK = re.compile(r"chain \S+ \{\s*type (\w+) hook (\w+)[^\n]*\n((?:[^}]*\n)?)\s*\}")


def unset(settings: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield settings of a leaf that are not what they must be, what that is, what it breaks."""
    wanted = [
        ("ipv4/ip_forward", "1", REACH),
        ("ipv6/conf/all/forwarding", "1", REACH),
        *((f"ipv4/{one}_l3mdev_accept", "0", ISOLATION) for one in ("tcp", "udp", "raw")),
    ]
    for name, value, breaks in wanted:
        if settings.get(name, value) != value:
            yield name, value, breaks
    everywhere = settings.get("ipv4/conf/all/rp_filter", "0")
    for name, value in settings.items():
        *_, device, what = name.split("/")
        if TENANTS.fullmatch(device) is None:
            continue
        if what == "forwarding" and name.startswith("ipv4") and value != "1":
            yield name, "1", REACH
        # The kernel takes the higher of the device's own and that of all.
        if what == "rp_filter" and max(value, everywhere) != "0":
            yield name if value != "0" else "ipv4/conf/all/rp_filter", "0", REACH
        if what == "arp_accept" and device.startswith("br") and value != "1":
            yield name, "1", REACH
        if what == "accept_dad" and device.startswith("br") and value != "0":
            yield name, "0", REACH


def lacking(filters: str, ranges: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what a leaf's filter does not do, and what that breaks."""
    if "table inet hyperleaf" not in filters:
        yield "its filter is not loaded", ""
        return
    rules = {(kind, hook): body.strip() for kind, hook, body in _HOOK.findall(filters)}
    if "masquerade" not in rules.get(("nat", "postrouting"), ""):
        yield "its filter does not translate what leaves by the node", REACH
    for hook in ("input", "forward"):
        body = rules.get(("filter", hook), "")
        if not ("jump" in body or "drop" in body):
            yield f"its filter has no rule for what tenants send ({hook})", ISOLATION
    covered = list(_networks(filters))
    for one in map(ip_network, ranges):
        if not any(one.version == each.version and one.subnet_of(each) for each in covered):  # type: ignore[arg-type]
            yield f"its filter does not know {one}, which no tenant may reach", ISOLATION


def _networks(filters: str) -> Iterator[IPv4Network | IPv6Network]:
    for found in _ELEMENT.findall(filters):
        first, _, last = found.partition("-")
        try:
            if last:
                yield from summarize_address_range(ip_address(first), ip_address(last))
            else:
                yield ip_network(first)
        except (ValueError, TypeError):
            continue
