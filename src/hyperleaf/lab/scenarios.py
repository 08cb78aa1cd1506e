"""Things happen to a running lab, and what packets say of them meanwhile is measured."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from ipaddress import IPv4Interface, ip_interface
from typing import TYPE_CHECKING

from hyperleaf.lab import guests, nodes
from hyperleaf.lab.checks import Checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Ran

REFLECTOR = "hyperleaf.dev/reflector"
# Twenty a second, for longer than a session's hold time.
PACKETS, EVERY_SECONDS = 300, 0.05
JOIN_SECONDS, JOIN_LIMIT_SECONDS = 30.0, 5.0
NEW_PORT = 200


def reflector_lost(lab: Lab) -> Iterator[Checked]:
    """Kill the reflector whose paths are best; packets between leaves must not notice."""
    reflectors = [one for one in lab.around.nodes if REFLECTOR in one.labels]
    pair = _apart(lab)
    if len(reflectors) < 2 or pair is None:  # noqa: PLR2004 - one to lose, one to stay
        return
    # Of equal paths that by the lowest neighbour is best (RFC 4271 9.1.2.2).
    first = min(reflectors, key=lambda one: int(one.address))
    source, target = pair
    future = lab.kernel.ask(_flood(str(target.addresses[4].ip)), node=source.namespace, seconds=60)
    time.sleep(2)
    lab.kernel.run(f"kill -9 $(cat /run/frr/{first.name}/*.pid); rm -f /run/frr/{first.name}/*")
    lost = PACKETS - _received(lab.kernel.wait(future, 60))
    title = f"{first.name} killed: packets lost of {PACKETS} between {source.place}, {target.place}"
    yield Checked(title, f"{lost}" if lost else "")


def node_joins(lab: Lab) -> Iterator[Checked]:
    """Let a leaf join, no object changed; its guest must be reached soon after its daemons run."""
    pair = _apart(lab)
    if pair is None:
        return
    source, model = pair
    old = next(one for one in lab.around.nodes if one.name == model.place)
    node = _another(old)
    objects = lab.rendered.clusters[node.cluster]
    running = nodes.give_birth(lab.kernel, lab.around, node, NEW_PORT)
    nodes.boot(lab.kernel, objects, node)
    nodes.apply_policies(lab.kernel, objects, running)
    lab.nodes[node.name] = running
    address = ip_interface(f"{model.addresses[4].ip - 20}/{model.addresses[4].network.prefixlen}")
    guest = replace(model, namespace="gnew", place=node.name, addresses={4: address})
    guests.plug_in(lab.kernel, guest)
    nodes.start_frr(lab.kernel, objects, node)
    began = time.monotonic()
    words = f"until ping -n -q -c 1 -W 1 {address.ip} >/dev/null; do :; done"
    ran = lab.kernel.run(words, node=source.namespace, seconds=JOIN_SECONDS, check=False)
    took = time.monotonic() - began
    title = f"{node.name} joins: its guest is reached within {JOIN_LIMIT_SECONDS} s of its daemons"
    late = f"after {took:.1f} s" if took > JOIN_LIMIT_SECONDS else ""
    yield Checked(title, "not at all" if ran.status else late)


ALL: dict[str, Callable[[Lab], Iterator[Checked]]] = {
    "node-joins": node_joins,
    "reflector-lost": reflector_lost,
}


def _apart(lab: Lab) -> tuple[Guest, Guest] | None:
    """Return two guests of one segment on two leaves."""
    real = [one for one in lab.guests if not one.vrf and 4 in one.addresses]  # noqa: PLR2004
    return next(
        (
            (one, other)
            for one in real
            for other in real
            if one.network == other.network and one.place != other.place
        ),
        None,
    )


def _another(old: Node) -> Node:
    """Return a node as `old`, with an address of its own."""
    pod = IPv4Interface(f"{old.pod.ip + 4096}/{old.pod.network.prefixlen}") if old.pod else None
    addresses = tuple(
        ip_interface(f"{one.ip + 40}/{one.network.prefixlen}") for one in old.addresses
    )
    return replace(old, name=f"{old.cluster}-new", addresses=addresses, pod=pod)


def _flood(target: str) -> str:
    return f"ping -n -q -c {PACKETS} -i {EVERY_SECONDS} -W 1 {target}"


def _received(ran: Ran) -> int:
    found = re.search(r"(\d+) received", ran.out)
    return int(found[1]) if found else 0
