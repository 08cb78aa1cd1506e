"""What on a cluster's nodes carries the rendered objects out: in the lab's own hand, or the real.

A node has its uplink and its cluster's own addresses (`nodes.give_birth`) before an agent sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.kernel import Kernel, Layout
    from hyperleaf.lab.nodes import Running
    from hyperleaf.lab.reading import ClusterObjects, Rendered


class AgentError(Exception):
    """What an agent could not carry out, in its own words."""


class Agents(Protocol):
    """The agents of every node in a lab; each method returns when its part is carried out."""

    memory_mib: int

    def housed(self, layout: Layout) -> Layout:
        """Return a layout of kernels with room for what the agents themselves need."""

    def begin(self, kernel: Kernel, rendered: Rendered, clusters: Iterable[str]) -> None:
        """Start what the nodes of these clusters share; it need not be ready yet."""

    def boot(self, kernel: Kernel, objects: ClusterObjects, node: Node) -> None:
        """Boot a node with its MachineConfigs' files: settings, then what enabled units start."""

    def apply_policies(self, kernel: Kernel, objects: ClusterObjects, running: Running) -> None:
        """Carry out the policies that are meant for a node, now; again where they were before."""

    def start_frr(self, kernel: Kernel, objects: ClusterObjects, node: Node) -> None:
        """Start FRR with a node's configurations, where a deployment of FRR is meant for it."""


def speaks(objects: ClusterObjects, node: Node) -> bool:
    """Tell whether a deployment of FRR is meant for a node."""
    return any(one.selector.matches(node.labels) for one in objects.daemons)
