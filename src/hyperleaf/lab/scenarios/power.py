"""Cables are pulled, nodes lose their power and come back as their cluster hands them over."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from hyperleaf.lab import births, guests, nodes
from hyperleaf.lab.estate import BGP, LISTENERS
from hyperleaf.lab.scenarios import arp, cast
from hyperleaf.lab.world import DATA_CENTRE, UNDERLAY

if TYPE_CHECKING:
    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.nodes import Running

# Ports of the underlay are numbered: nodes from one on, borders from here on.
FIRST_BORDER = 100
NEW_PORT, NEWCOMER = 200, "-new"
# What is left of a node whose cable is out: its processes, and devices in a namespace that somebody
# may still hold open.
_CUT = """
kill -9 $(ip netns pids "$1") 2>/dev/null
for one in $(ip -n "$1" -br link show | sed 's/[@ ].*//'); do
  ip -n "$1" link del $one 2>/dev/null
done
rm -rf /run/frr/"$1" /etc/frr/"$1"
"""


def number(lab: Lab, name: str) -> int:
    """Return the number of a node's or border's port in the underlay."""
    names = [one.name for one in lab.around.nodes]
    if name.endswith(NEWCOMER):
        return NEW_PORT
    if name in names:
        return names.index(name) + 1
    return [one.name for one in lab.around.borders].index(name) + FIRST_BORDER


def pull(lab: Lab, *names: str) -> None:
    """Pull the cables of nodes and borders, all at once: to the others they have lost power."""
    _cables(lab, names, "down")


def plug(lab: Lab, *names: str) -> None:
    """Plug the cables in again."""
    _cables(lab, names, "up")


def _cables(lab: Lab, names: tuple[str, ...], state: str) -> None:
    lines = [f"ip -n {UNDERLAY} link set p{number(lab, one)} {state}" for one in names]
    borders = {one.name for one in lab.around.borders}
    for name in names:
        if name in borders:
            lines += [f"ip -n {DATA_CENTRE} link set {one} {state}" for one in _inner(lab, name)]
    lab.kernel.run("set -e\n" + "\n".join(lines))


def _inner(lab: Lab, border: str) -> list[str]:
    """Return the data centre's devices that lead to a border."""
    script = f"ip -n {DATA_CENTRE} -j link; echo; ip -n {border} -j link"
    here, there = (json.loads(one) for one in lab.kernel.run(script).out.split("\n\n"))
    ends = {(one["ifindex"], one.get("link_index")) for one in there}
    return [
        one["ifname"]
        for one in here
        if (one.get("link_index"), one["ifindex"]) in ends and one["ifname"] != "lo"
    ]


def cut(lab: Lab, node: Node) -> None:
    """Clear away a node that has lost its power, and with it its end of every wire."""
    lab.kernel.run(["sh", "-c", _CUT, "sh", node.name], beside=node.name)
    births.bury(lab.kernel, node)


def stop_guests(lab: Lab, *which: Guest) -> tuple[Guest, ...]:
    """Stop guests; return them with the MACs that they have: a guest starts again with its own."""
    gone = tuple(replace(one, mac=arp.mac(lab.kernel, one)) for one in which)
    for one in which:
        remove(lab, one)
    return gone


def remove(lab: Lab, guest: Guest) -> None:
    """Take a guest away as kubelet does: the plugin clears its filter, which knows its MAC."""
    guests.unplug(lab.kernel, guest)
    lab.kernel.places.pop(guest.namespace, None)


def come_back(lab: Lab, node: Node) -> Running:
    """Start a node again, its policies enacted before as they were, and nothing else yet."""
    before = lab.nodes[node.name]
    running = nodes.give_birth(lab.kernel, lab.around, node, number(lab, node.name))
    running.enacted = before.enacted
    lab.nodes[node.name] = running
    lab.agents.boot(lab.kernel, lab.rendered.clusters[node.cluster], node)
    listen(lab, node)
    return running


def listen(lab: Lab, node: Node) -> None:
    """Open the ports that a node answers to others."""
    services = lab.rendered.expected["forbidden"]["services"]
    ports = {one["port"] for one in services if one["on"] == "node"} - {BGP}
    script = f'python3 /lab/{LISTENERS.name} "$1" >/run/listeners 2>&1 </dev/null & sleep 0.1'
    words = ["sh", "-c", script, "sh", json.dumps({node.name: sorted(ports)})]
    lab.kernel.run(words, beside=node.name)


def start_guests(lab: Lab, *which: Guest) -> None:
    """Start guests, as operating systems do: each announces its address."""
    for one in which:
        guests.plug_in(lab.kernel, one)
        if cast.IPV4 in one.addresses:
            arp.announce(lab.kernel, one, cast.ipv4(one))
