"""A leaf that no object knows of joins a cluster, with a guest on it, and goes again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Interface, ip_interface
from typing import TYPE_CHECKING

from hyperleaf.lab import guests, nodes
from hyperleaf.lab.scenarios import cast, power

if TYPE_CHECKING:
    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.guests import Guest

NEW_GUEST = "gnew"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A new leaf, and the guest on it."""

    node: Node
    guest: Guest


def like(lab: Lab, model: Guest) -> Newcomer:
    """Return a leaf as the one that `model` is on, and a guest as it, with addresses of their own.

    Neither is there yet.
    """
    old = cast.node(lab, model.place)
    addresses = tuple(
        ip_interface(f"{one.ip + 40}/{one.network.prefixlen}") for one in old.addresses
    )
    pod = IPv4Interface(f"{old.pod.ip + 4096}/{old.pod.network.prefixlen}") if old.pod else None
    node = replace(old, name=old.cluster + power.NEWCOMER, addresses=addresses, pod=pod)
    own = model.addresses[cast.IPV4]
    address = ip_interface(f"{own.ip - 20}/{own.network.prefixlen}")
    # As a machine keeps its MAC: another one behind the same address would have to be announced.
    mac = "02:00:" + ":".join(f"{one:02x}" for one in address.ip.packed)
    guest = replace(
        model, namespace=NEW_GUEST, place=node.name, addresses={cast.IPV4: address}, mac=mac
    )
    return Newcomer(node, guest)


def arrive(lab: Lab, new: Newcomer) -> None:
    """Let the cluster hand the node over and its agents carry the objects out; FRR is to come."""
    running = nodes.give_birth(lab.kernel, lab.around, new.node, power.NEW_PORT)
    lab.nodes[new.node.name] = running
    objects = lab.rendered.clusters[new.node.cluster]
    lab.agents.boot(lab.kernel, objects, new.node)
    lab.agents.apply_policies(lab.kernel, objects, running)
    guests.plug_in(lab.kernel, new.guest)


def start_frr(lab: Lab, new: Newcomer) -> None:
    """Start the newcomer's daemons with what objects tell them."""
    lab.agents.start_frr(lab.kernel, lab.rendered.clusters[new.node.cluster], new.node)


def leave(lab: Lab, new: Newcomer) -> None:
    """Clear the newcomer away."""
    power.cut(lab, new.node)
    del lab.nodes[new.node.name]
