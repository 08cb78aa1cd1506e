"""Nodes begin as a cluster hands them over; rendered objects do the rest, by `agents`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperleaf.lab import births

if TYPE_CHECKING:
    from hyperleaf.lab.agents.policies import Enacted
    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.kernel import Kernel


@dataclass(slots=True)
class Running:
    """A node in a lab, with the enactments that its policies have left."""

    node: Node
    enacted: dict[str, Enacted] = field(default_factory=dict)


def give_birth(kernel: Kernel, around: Surroundings, node: Node, number: int) -> Running:
    """Make a node as `births` says, on the underlay's port `number`."""
    births.give_birth(kernel, around, node, number)
    return Running(node)


def kill_frr(kernel: Kernel, node: Node) -> None:
    """Kill a node's FRR as a crash does: nobody is told, the kernel keeps its routes."""
    words = f"kill -9 $(cat /run/frr/{node.name}/*.pid); rm -f /run/frr/{node.name}/*"
    kernel.run(words, beside=node.name)
