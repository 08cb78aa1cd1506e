"""Nodes begin as a cluster hands them over; rendered objects do the rest, by our own agents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperleaf.lab import daemons
from hyperleaf.lab.agents import frr_text, policies
from hyperleaf.lab.agents.machine_configs import set_up
from hyperleaf.lab.world import Port, batch, cable, plug

if TYPE_CHECKING:
    from hyperleaf.lab.agents.policies import Enacted
    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import ClusterObjects

DISPATCHERS = "/etc/NetworkManager/dispatcher.d/"
# As RHEL 9 ships it (50-redhat.conf); udev applies it to each device that appears.
DISTRIBUTION = """net.ipv4.conf.default.rp_filter = 1
net.ipv4.conf.*.rp_filter = 1
-net.ipv4.conf.all.rp_filter
"""
OVN_ADDRESS = "169.254.169.2/29"
_SYSCTL = "/usr/lib/systemd/systemd-sysctl"


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


def boot(kernel: Kernel, objects: ClusterObjects, node: Node) -> None:
    """Start a node with its MachineConfigs' files: settings, then what enabled units start."""
    made = set_up(objects.machine_configs)
    for file in made.files:
        kernel.write(f"/etc/netns/{node.name}/{_below_etc(file.path)}", file.text, mode=file.mode)
    kernel.run([_SYSCTL], node=node.name)
    if objects.forwarding:  # what OVN-Kubernetes does where the cluster's Network says Global
        kernel.run(["sysctl", "-qw", "net.ipv4.ip_forward=1"], node=node.name)
    for command in made.started:
        kernel.run(command, node=node.name)


def _below_etc(path: str) -> str:
    if not path.startswith("/etc/"):
        raise ValueError(f"the lab's nodes have no {path} of their own")
    return path.removeprefix("/etc/")


def apply_policies(kernel: Kernel, objects: ClusterObjects, running: Running) -> None:
    """Carry out the policies that are meant for a node, as NetworkManager would."""
    name = running.node.name
    kinds = {"br-ex": "ovs-interface"} if running.node.uplink == "br-ex" else {}
    for policy in objects.policies:
        if not policy.selector.matches(running.node.labels):
            continue
        addresses = kernel.run("ip -j -d addr", node=name).out
        routes = kernel.run("ip -j route show table all", node=name).out
        state = policies.state(addresses, routes, kinds)
        before = running.enacted.get(policy.name)
        enacted, interfaces = policies.enact(policy, state, before)
        running.enacted[policy.name] = enacted
        batch(kernel, name, policies.links(interfaces))
        off = [f"net/ipv6/conf/{one}/disable_ipv6=1" for one in policies.without_ipv6(interfaces)]
        if off:
            kernel.run(["sysctl", "-qw", *off], node=name)
        batch(kernel, name, policies.subnet_routes(interfaces))
        made = [one["name"] for one in interfaces if one["type"] != "loopback"]
        _appeared(kernel, name, made)


def _appeared(kernel: Kernel, name: str, devices: list[str]) -> None:
    """Do what udev does to devices that appear, then what NetworkManager's dispatcher does."""
    script = f"""
for device; do {_SYSCTL} --prefix=/net/ipv4/conf/$device --prefix=/net/ipv6/conf/$device; done
for device; do for script in {DISPATCHERS}*; do
  if [ -x "$script" ]; then "$script" "$device" up || exit 1; fi
done; done
"""
    kernel.run(["sh", "-c", script, "sh", *devices], node=name, seconds=60)


def speaks(objects: ClusterObjects, node: Node) -> bool:
    """Tell whether a deployment of FRR is meant for a node."""
    return any(one.selector.matches(node.labels) for one in objects.daemons)


def start_frr(kernel: Kernel, objects: ClusterObjects, node: Node) -> None:
    """Start FRR where a deployment of it is meant for the node, with the node's configurations."""
    meant = [one for one in objects.daemons if one.selector.matches(node.labels)]
    if not meant:
        return
    configurations = [one for one in objects.frr if one.selector.matches(node.labels)]
    text = frr_text.without_bfd(frr_text.text(configurations, node.name))
    daemons.start(kernel, node.name, text, meant[0].options)


def kill_frr(kernel: Kernel, node: Node) -> None:
    """Kill a node's FRR as a crash does: nobody is told, the kernel keeps its routes."""
    kernel.run(f"kill -9 $(cat /run/frr/{node.name}/*.pid); rm -f /run/frr/{node.name}/*")
