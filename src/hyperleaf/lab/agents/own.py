"""The lab's own agents: `ip`, `sysctl` and `vtysh` do what a cluster's agents would, in seconds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hyperleaf.lab import births, daemons
from hyperleaf.lab.agents import frr_text, policies
from hyperleaf.lab.agents.captures import CaptureError
from hyperleaf.lab.agents.machine_configs import set_up
from hyperleaf.lab.agents.policies import UnsupportedError
from hyperleaf.lab.kernel import CommandError
from hyperleaf.lab.world import batch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.kernel import Kernel, Layout
    from hyperleaf.lab.nodes import Running
    from hyperleaf.lab.reading import ClusterObjects, Policy, Rendered

DISPATCHERS = "/etc/NetworkManager/dispatcher.d/"
SYSCTL = "/usr/lib/systemd/systemd-sysctl"


class Own:
    """Agents of our own (see `Agents`)."""

    memory_mib = 2048

    def housed(self, layout: Layout) -> Layout:
        """Return the layout: these agents need no room."""
        return layout

    def begin(self, kernel: Kernel, rendered: Rendered, clusters: Iterable[str]) -> None:
        """Start nothing: these agents are no processes."""

    def boot(self, kernel: Kernel, objects: ClusterObjects, node: Node) -> None:
        """Boot a node with its MachineConfigs' files."""
        write_files(kernel, objects, node)

    def apply_policies(self, kernel: Kernel, objects: ClusterObjects, running: Running) -> None:
        """Carry out the policies that are meant for a node, as NetworkManager would."""
        for policy in objects.policies:
            if policy.selector.matches(running.node.labels):
                try:
                    _apply(kernel, policy, running)
                except (CaptureError, CommandError, UnsupportedError) as error:
                    error.add_note(str(policy.source))
                    raise

    def start_frr(self, kernel: Kernel, objects: ClusterObjects, node: Node) -> None:
        """Start FRR where a deployment of it is meant for the node."""
        meant = [one for one in objects.daemons if one.selector.matches(node.labels)]
        if not meant:
            return
        configurations = [one for one in objects.frr if one.selector.matches(node.labels)]
        text = f"{meant[0].start}\n{frr_text.text(configurations, node.name)}"
        daemons.start(kernel, node.name, text, meant[0].options)
        daemons.stand_beside(kernel, node.name, meant[0].neighbours)


LOOPBACK = "loopback"


def _apply(kernel: Kernel, policy: Policy, running: Running) -> None:
    name = running.node.name
    addresses = kernel.run("ip -j -d addr", node=name).out
    routes = kernel.run("ip -j route show table all", node=name).out
    state = policies.state(addresses, routes, births.typed(kernel, running.node))
    before = running.enacted.get(policy.name)
    enacted, interfaces = policies.enact(policy, state, before)
    running.enacted[policy.name] = enacted
    existing = {one["name"] for one in state["interfaces"]}
    batch(kernel, name, policies.links(interfaces, existing))
    lines = "".join(f"{line}\n" for line in policies.trunks(interfaces))
    if lines:
        kernel.run(["bridge", "-batch", "-"], node=name, stdin=lines)
    made = json.loads(kernel.run("ip -j link", node=name).out)
    macs = {one["ifname"]: one.get("address", "") for one in made}
    batch(kernel, name, policies.link_locals(interfaces, macs, name))
    quiet = policies.without_ipv6(interfaces)
    off = [f"net/ipv6/conf/{one}/disable_ipv6=1" for one in quiet]
    if off:
        kernel.run(["sysctl", "-qw", *off], node=name)
    batch(kernel, name, policies.subnet_routes(interfaces))
    new = [one["name"] for one in interfaces if one["type"] != LOOPBACK and one["name"] in macs]
    _appeared(kernel, name, new)


def write_files(kernel: Kernel, objects: ClusterObjects, node: Node) -> None:
    """Write a node's files, then start what they say: settings first, then enabled units."""
    made = set_up(objects.machine_configs)
    for file in made.files:
        kernel.write(f"/etc/netns/{node.name}/{_below_etc(file.path)}", file.text, mode=file.mode)
    kernel.run([SYSCTL], node=node.name)
    if objects.forwarding:  # what OVN-Kubernetes does where the cluster's Network says Global
        births.let_forward(kernel, node)
    for command in made.started:
        kernel.run(command, node=node.name)


def _below_etc(path: str) -> str:
    if not path.startswith("/etc/"):
        raise ValueError(f"the lab's nodes have no {path} of their own")
    return path.removeprefix("/etc/")


def _appeared(kernel: Kernel, name: str, devices: list[str]) -> None:
    """Do what udev does to devices that appear, then what NetworkManager's dispatcher does."""
    script = f"""
for device; do words="$words --prefix=/net/ipv4/conf/$device --prefix=/net/ipv6/conf/$device"; done
[ -z "$words" ] || {SYSCTL} $words
for device; do for script in {DISPATCHERS}*; do
  if [ -x "$script" ]; then "$script" "$device" up || exit 1; fi
done; done
"""
    kernel.run(["sh", "-c", script, "sh", *devices], node=name, seconds=60)
