"""Nodes begin as a cluster hands them over; rendered objects do the rest, by `agents`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperleaf.lab.world import Port, batch, cable, plug

if TYPE_CHECKING:
    from hyperleaf.lab.agents.policies import Enacted
    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.kernel import Kernel

# As RHEL 9 ships it (50-redhat.conf); udev applies it to each device that appears.
DISTRIBUTION = """net.ipv4.conf.default.rp_filter = 1
net.ipv4.conf.*.rp_filter = 1
-net.ipv4.conf.all.rp_filter
"""
OVN_ADDRESS = "169.254.169.2/29"


@dataclass(slots=True)
class Running:
    """A node in a lab, with the enactments that its policies have left."""

    node: Node
    enacted: dict[str, Enacted] = field(default_factory=dict)


def give_birth(kernel: Kernel, around: Surroundings, node: Node, number: int) -> Running:
    """Make a node: uplink, pod address, restricted forwarding, its distribution's settings."""
    name = node.name
    etc = f"/etc/netns/{name}"
    folders = " ".join(f"{etc}/{one}" for one in ("sysctl.d", "hyperleaf", "NetworkManager"))
    kernel.run(f"ip netns add {name} && mkdir -p {folders}")
    kernel.write(f"{etc}/sysctl.d/50-redhat.conf", DISTRIBUTION)
    plug(kernel, around, Port(node.segment, number, name, node.uplink, node.addresses))
    cable(kernel, node, number)
    lines = ["link set lo up"]
    if node.uplink == "br-ex":
        lines.append(f"addr add {OVN_ADDRESS} dev br-ex")
    if node.pod is not None:
        lines += ["link add ovn-k8s-mp0 type dummy", f"addr add {node.pod} dev ovn-k8s-mp0"]
        lines.append("link set ovn-k8s-mp0 up")
    batch(kernel, name, lines)
    kernel.run(
        ["sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0"], node=name
    )
    return Running(node)


def kill_frr(kernel: Kernel, node: Node) -> None:
    """Kill a node's FRR as a crash does: nobody is told, the kernel keeps its routes."""
    kernel.run(f"kill -9 $(cat /run/frr/{node.name}/*.pid); rm -f /run/frr/{node.name}/*")
