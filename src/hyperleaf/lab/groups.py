"""A node's security group becomes rules of its port in the underlay: who else gets in is dropped.

Groups have state, as a cloud's: answers to what a node began pass. Neighbours are found always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.lab.world import UNDERLAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.facts import Allowed, Node
    from hyperleaf.lab.kernel import Kernel

IPV4, IPV6 = 4, 6
WORDS = {IPV4: "ip", IPV6: "ip6"}
ICMP = {IPV4: "icmp", IPV6: "ipv6-icmp"}
ICMP_WORDS = {IPV4: "icmp", IPV6: "icmpv6"}
NEIGHBOURS = "nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert"


def join(kernel: Kernel, node: Node, number: int) -> None:
    """Put a node's port into its cluster's group; nothing where nobody filters."""
    if node.allowed is not None:
        text = "\n".join(rules(node, node.allowed, number)) + "\n"
        kernel.run(["nft", "-f", "-"], node=UNDERLAY, stdin=text)


def rules(node: Node, allowed: tuple[Allowed, ...], number: int) -> Iterator[str]:
    """Yield what nft is given for a node's port: its own address is a member's from now on."""
    place, port = f"bridge groups {chain(number)}", f'"p{number}"'
    yield "add table bridge groups"
    for version in (IPV4, IPV6):
        mine = [str(one.ip) for one in node.addresses if one.version == version]
        members = _members(node.cluster, version)
        yield f"add set bridge groups {members} {{ type ipv{version}_addr; }}"
        if mine:
            yield f"add element bridge groups {members} {{ {', '.join(mine)} }}"
    yield f"add chain {place} {{ type filter hook postrouting priority 10; }}"
    yield f"flush chain {place}"
    yield f"add rule {place} oifname != {port} accept"
    yield f"add rule {place} ether type != {{ ip, ip6 }} accept"
    yield f"add rule {place} ct state established,related accept"
    yield f"add rule {place} icmpv6 type {{ {NEIGHBOURS} }} accept"
    for one in allowed:
        yield from (f"add rule {place} {match} accept" for match in matches(one, node.cluster))
    yield f"add rule {place} counter drop"


def matches(allowed: Allowed, cluster: str) -> Iterator[str]:
    """Yield nft's words for what is let in, one for each IP version that is meant."""
    for version, word in WORDS.items():
        ranges = [str(one) for one in allowed.sources if one.version == version]
        if not (ranges or allowed.members):
            continue
        source = (
            f"@{_members(cluster, version)}" if allowed.members else f"{{ {', '.join(ranges)} }}"
        )
        protocol = ICMP[version] if allowed.protocol == "icmp" else allowed.protocol
        ports = ", ".join(f"{a}-{b}" if a != b else str(a) for a, b in allowed.ports)
        wanted = f"{protocol} dport {{ {ports} }}" if ports else f"meta l4proto {protocol}"
        if allowed.protocol == "icmp" and allowed.ports:
            ((kind, code),) = allowed.ports
            wanted = f"{ICMP_WORDS[version]} type {kind} {ICMP_WORDS[version]} code {code}"
        yield f"{word} saddr {source} {wanted}"


def chain(number: int) -> str:
    """Return the name of the chain of the underlay's port `number`."""
    return f"port{number}"


def _members(cluster: str, version: int) -> str:
    return f"of-{cluster}-{version}"


def opened(kernel: Kernel, number: int, *, wide: bool) -> None:
    """Open a port to everybody, as a group that is far too wide, or close it again."""
    place = f"bridge groups {chain(number)}"
    if wide:
        kernel.run(["nft", "-f", "-"], node=UNDERLAY, stdin=f"insert rule {place} accept\n")
        return
    script = f"nft -a list chain {place} | sed -n '/hook/{{n;s/.*handle //p}}'"
    handle = kernel.run(script, node=UNDERLAY).out.strip()
    kernel.run(["nft", *f"delete rule {place} handle {handle}".split()], node=UNDERLAY)
