"""A leaf joins and no object changes; its guest must be reached soon after its daemons run."""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import IPv4Interface, ip_interface
from typing import TYPE_CHECKING

from hyperleaf.lab import guests, nodes
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.outcome import Told

JOIN_SECONDS, JOIN_LIMIT_SECONDS = 30.0, 5.0
NEW_PORT = 200


def tell(lab: Lab) -> Iterator[Told]:
    """Let a leaf join, no object changed; its guest must be reached soon after its daemons run."""
    pair = cast.apart(lab)
    if pair is None:
        yield Skipped("no segment has guests on two leaves")
        return
    source, model = pair
    old = next(one for one in lab.around.nodes if one.name == model.place)
    node = _another(old)
    objects = lab.rendered.clusters[node.cluster]
    running = nodes.give_birth(lab.kernel, lab.around, node, NEW_PORT)
    lab.agents.boot(lab.kernel, objects, node)
    lab.agents.apply_policies(lab.kernel, objects, running)
    lab.nodes[node.name] = running
    address = ip_interface(f"{model.addresses[4].ip - 20}/{model.addresses[4].network.prefixlen}")
    guest = replace(model, namespace="gnew", place=node.name, addresses={4: address})
    guests.plug_in(lab.kernel, guest)
    lab.agents.start_frr(lab.kernel, objects, node)
    began = time.monotonic()
    words = f"until ping -n -q -c 1 -W 1 {address.ip} >/dev/null; do :; done"
    ran = lab.kernel.run(words, node=source.namespace, seconds=JOIN_SECONDS, check=False)
    took = time.monotonic() - began
    if ran.status:
        yield Checked(f"{node.name} joins: its guest is reached", "not at all", kind="node-joins")
        return
    title = "from its daemons' start until its guest is reached"
    yield Figure(title, round(took, 2), "s", limit=JOIN_LIMIT_SECONDS)


def _another(old: Node) -> Node:
    """Return a node as `old`, with an address of its own."""
    pod = IPv4Interface(f"{old.pod.ip + 4096}/{old.pod.network.prefixlen}") if old.pod else None
    addresses = tuple(
        ip_interface(f"{one.ip + 40}/{one.network.prefixlen}") for one in old.addresses
    )
    return replace(old, name=f"{old.cluster}-new", addresses=addresses, pod=pod)
