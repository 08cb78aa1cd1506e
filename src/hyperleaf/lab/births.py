"""A machine becomes a cluster's node as its installer leaves it: uplink, OVN-Kubernetes, settings.

Everything else must come from rendered objects; what they forget, fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.lab import groups, ovs
from hyperleaf.lab.world import Port, addressed, batch, cable, mac, segment, wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.kernel import Kernel

# As RHEL 9 ships it (50-redhat.conf); udev applies it to each device that appears.
DISTRIBUTION = """net.ipv4.conf.default.rp_filter = 1
net.ipv4.conf.*.rp_filter = 1
-net.ipv4.conf.all.rp_filter
"""
IPV4, IPV6 = 4, 6
# OVN-Kubernetes' addresses on br-ex: the node's own, OVN's, and the hop towards services.
OVN_ADDRESS, OVN_ROUTER, OVN_HOP = "169.254.169.2/29", "169.254.169.1", "169.254.169.4"
HOP_MAC = "0a:58:a9:fe:a9:04"
BOND = "mode active-backup miimon 100"


def give_birth(kernel: Kernel, around: Surroundings, node: Node, number: int) -> None:
    """Make a node on the underlay's port `number`; its forwarding is restricted."""
    name = node.name
    etc = f"/etc/netns/{name}"
    folders = " ".join(f"{etc}/{one}" for one in ("sysctl.d", "hyperleaf", "NetworkManager"))
    kernel.namespace(name)
    # A command costs what twenty lines of it do: what can go together does.
    words = f"set -e; mkdir -p {folders}; cat > {etc}/sysctl.d/50-redhat.conf"
    kernel.run(f"{words}; ip -n {name} link set lo up", beside=name, stdin=DISTRIBUTION)
    port = Port(node.segment, number, name, node.uplink, node.addresses, node.below, vlan(node))
    wire(kernel, around, port)
    groups.join(kernel, node, number)
    if node.kind == "br-ex":
        _, here = segment(around, port)
        bridged = ovs.Uplink(node.below[0], mac(number), here.mtu)
        ovs.start(kernel, name, bridged, versions(node))
    else:
        batch(kernel, name, uplink(node))
    # An address that came before the node's own stays first in the kernel's list.
    first = [f"addr add {one} dev {node.uplink}" for one in node.floating]
    own = cluster(node) if node.kind == "br-ex" else ()
    batch(kernel, name, [*first, *addressed(around, port), *own])
    cable(kernel, node, number)
    restrict(kernel, node)


def vlan(node: Node) -> int:
    """Return the VLAN of a node's uplink (ens5.10 is in VLAN 10), or 0."""
    number = node.uplink.rpartition(".")[2]
    return int(number) if node.kind == "vlan" and number.isdigit() else 0


def versions(node: Node) -> tuple[int, ...]:
    """Return the IP versions of a node's cluster."""
    return tuple(sorted({one.version for one in node.addresses}))


def uplink(node: Node) -> Iterator[str]:
    """Yield the lines of `ip -batch` that make an uplink without OVN's bridge."""
    if node.kind == "bond":
        yield f"link add {node.uplink} type bond {BOND}"
        for nic in node.below:
            yield f"link set {nic} down"
            yield f"link set {nic} master {node.uplink}"
    if node.kind == "vlan":
        yield f"link add {node.uplink} link {node.below[0]} type vlan id {vlan(node)}"


def cluster(node: Node) -> Iterator[str]:
    """Yield the lines of `ip -batch` for what OVN-Kubernetes adds to br-ex and for pods."""
    yield f"addr add {OVN_ADDRESS} dev {ovs.BRIDGE}"
    if node.addresses[0].version == IPV4:
        yield f"route add {OVN_ROUTER} dev {ovs.BRIDGE} src {node.address}"
    yield f"neigh replace {OVN_HOP} lladdr {HOP_MAC} dev {ovs.BRIDGE} nud permanent"
    for one in node.services:
        if one.version == IPV4:
            yield f"route add {one} via {OVN_HOP} dev {ovs.BRIDGE}"
    yield f"link set {ovs.MANAGEMENT} up"
    if node.pod is not None:
        yield f"addr add {node.pod} dev {ovs.MANAGEMENT}"
        router = node.pod.network[1]
        for one in node.pods:
            if one.version == IPV4 and one != node.pod.network:
                yield f"route add {one} via {router} dev {ovs.MANAGEMENT}"


def restrict(kernel: Kernel, node: Node) -> None:
    """Let a node forward its cluster's own packets only (`ipForwarding: Restricted`).

    Of IPv4 OVN-Kubernetes switches forwarding on for its own devices; of IPv6, where a cluster has
    it, there is only one switch for all. Whatever forwarding is on, its chain then drops the rest:
    up to 4.17 what passes br-ex, later everything.
    """
    settings = ["net/ipv4/ip_forward=0", "net/ipv6/conf/all/forwarding=0"]
    if node.kind == "br-ex":
        own = (ovs.BRIDGE, ovs.MANAGEMENT)
        settings += [f"net/ipv4/conf/{one}/forwarding=1" for one in own]
        settings.append(f"net/ipv4/conf/{ovs.MANAGEMENT}/rp_filter=2")
        # A port of br-ex has no address, not even of its own making.
        settings += [f"net/ipv6/conf/{one}/disable_ipv6=1" for one in node.below]
        if IPV6 in versions(node):
            settings[1] = "net/ipv6/conf/all/forwarding=1"
    words = ["sh", "-c", 'nft -f - && sysctl -qw "$@"', "sh", *settings]
    rules = "".join(restriction(node)) if node.kind == "br-ex" else ""
    kernel.run(words, node=node.name, stdin=rules)


def restriction(node: Node) -> Iterator[str]:
    """Yield the chains that OVN-Kubernetes keeps by iptables: what else is forwarded is dropped."""
    for version in versions(node):
        word = "ip6" if version == IPV6 else "ip"
        ranges = [str(one) for one in (*node.pods, *node.services) if one.version == version]
        if version == IPV4:
            ranges.append(OVN_ROUTER)
        yield f"table {word} filter {{\n chain FORWARD {{\n"
        yield "  type filter hook forward priority filter; policy drop;\n"
        yield f"  iifname {ovs.MANAGEMENT} accept\n  oifname {ovs.MANAGEMENT} accept\n"
        for one in ranges:
            yield f"  {word} saddr {one} accept\n  {word} daddr {one} accept\n"
        yield " }\n}\n"


def let_forward(kernel: Kernel, node: Node) -> None:
    """Let a node forward whatever it has a route for (`ipForwarding: Global`)."""
    settings = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    kernel.run(["sysctl", "-qw", *settings], node=node.name)
    if node.kind == "br-ex":
        for version in versions(node):
            word = "ip6" if version == IPV6 else "ip"
            accept = f"chain {word} filter FORWARD {{ policy accept; }}\n"
            flush = f"flush chain {word} filter FORWARD\n"
            kernel.run(["nft", "-f", "-"], node=node.name, stdin=accept + flush)


def typed(kernel: Kernel, node: Node) -> tuple[tuple[str, str], ...]:
    """Return the names on a node whose types are not what the lab's kernel says of them."""
    plugged = (*node.below, *(one.device for one in node.nics))
    nics = tuple((one, "ethernet") for one in plugged)
    return (*nics, *(ovs.interfaces(kernel, node.name) if node.kind == "br-ex" else ()))


def bury(kernel: Kernel, node: Node) -> None:
    """Take a node away with what give_birth made: its switch, its namespace, its files."""
    if node.kind == "br-ex":
        ovs.stop(kernel, node.name)
    words = f"ip netns del {node.name}; rm -rf /etc/netns/{node.name} /run/{node.name}"
    kernel.run(words, beside=node.name)
