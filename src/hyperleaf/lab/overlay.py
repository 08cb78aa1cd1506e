"""Attachments of OVN-Kubernetes' layer 2 overlay become logical switches of a real OVN.

What ovnkube does with such an attachment is done here by OVN's own commands: a switch for each
network of that name, a port for each guest with its MAC and addresses and no others, a veth into
the guest's namespace bound to that port. Packets between nodes are Geneve's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import permutations
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import ovs
from hyperleaf.lab.agents.policies import UnsupportedError
from hyperleaf.lab.outcome import Checked
from hyperleaf.lab.world import IPV4, batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hyperleaf.lab.facts import Interface, Node, Surroundings
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import Attachment, Rendered

PLUGIN, TOPOLOGY = "ovn-k8s-cni-overlay", "layer2"
NORTH, SOUTH = 6641, 6642
INSTALLED_SECONDS = 20
# The kernel's device behind all of Open vSwitch's Geneve tunnels.
GENEVE = "genev_sys_6081"
_CENTRAL = """
set -e
mkdir -p $OVN_RUNDIR
quiet="-vconsole:off -vsyslog:off --no-chdir --detach"
for part in nb sb; do
  ovsdb-tool create $OVN_RUNDIR/$part.db /usr/share/ovn/ovn-$part.ovsschema
done
ovsdb-server $OVN_RUNDIR/nb.db $quiet --remote=punix:$OVN_RUNDIR/nb.sock \
  --remote=ptcp:$2:$1 --unixctl=$OVN_RUNDIR/nb.ctl \
  --pidfile=$OVN_RUNDIR/nb.pid --log-file=$OVN_RUNDIR/nb.log
ovsdb-server $OVN_RUNDIR/sb.db $quiet --remote=punix:$OVN_RUNDIR/sb.sock \
  --remote=ptcp:$3:$1 --unixctl=$OVN_RUNDIR/sb.ctl \
  --pidfile=$OVN_RUNDIR/sb.pid --log-file=$OVN_RUNDIR/sb.log
ovn-northd $quiet --pidfile=$OVN_RUNDIR/northd.pid --log-file=$OVN_RUNDIR/northd.log \
  --ovnnb-db=unix:$OVN_RUNDIR/nb.sock --ovnsb-db=unix:$OVN_RUNDIR/sb.sock
"""
_CHASSIS = """
set -e
mkdir -p $OVN_RUNDIR
ovs-vsctl set Open_vSwitch . external-ids:ovn-remote=tcp:$1:$4 external-ids:ovn-nb=tcp:$1:$3 \
  external-ids:ovn-encap-type=geneve external-ids:ovn-encap-ip=$2
ovn-controller unix:$OVS_RUNDIR/db.sock -vconsole:off -vsyslog:off --no-chdir --detach \
  --pidfile=$OVN_RUNDIR/controller.pid --log-file=$OVN_RUNDIR/controller.log
"""
_PORT = """
set -e
north=$(ovs-vsctl get Open_vSwitch . external-ids:ovn-nb | tr -d '"')
ovn-nbctl --db=$north --may-exist lsp-add "$1" "$2" \
  -- lsp-set-addresses "$2" "$3" -- lsp-set-port-security "$2" "$3"
ovs-vsctl --may-exist add-port br-int $4 -- set Interface $4 external-ids:iface-id="$2" \
  external-ids:attached_mac=$5 external-ids:sandbox=$6
ovs-vsctl --timeout=$7 wait-until Interface $4 external-ids:ovn-installed=true
"""


@dataclass(frozen=True, slots=True)
class Layer2:
    """A network that attachments name: its logical switch, its subnets and its MTU, in bytes."""

    switch: str
    subnets: tuple[str, ...]
    mtu: int


class OverlayError(UnsupportedError):
    """An attachment that OVN-Kubernetes would refuse, or a guest in it: says why."""


def network(attachment: Attachment) -> Layer2:
    """Return what an attachment asks for; every attachment of one name is in the same switch."""
    config: Mapping[str, Any] = attachment.config
    own = f"{attachment.namespace}/{attachment.name}"
    if config.get("topology") != TOPOLOGY:
        raise OverlayError(f"{own}: topology {config.get('topology')}")
    if config.get("netAttachDefName") != own:
        raise OverlayError(f"{own}: netAttachDefName is {config.get('netAttachDefName')}")
    subnets = tuple(one.strip() for one in config.get("subnets", "").split(",") if one.strip())
    name = str(config["name"]).replace("-", ".").replace("/", ".")
    return Layer2(f"{name}_ovn_layer2_switch", subnets, int(config["mtu"]))


def wanted(rendered: Rendered, cluster: str) -> dict[str, Layer2]:
    """Return a cluster's overlay networks by their switches."""
    attachments = rendered.clusters[cluster].attachments
    found = (network(one) for one in attachments if one.config.get("type") == PLUGIN)
    return {one.switch: one for one in found}


def serve(kernel: Kernel, rendered: Rendered, around: Surroundings) -> None:
    """Start OVN for each cluster that has overlay networks: its databases are on the first node."""
    for cluster in rendered.clusters:
        networks = wanted(rendered, cluster).values()
        nodes = [one for one in around.nodes if one.cluster == cluster]
        if not (networks and nodes):
            continue
        first = nodes[0]
        where = str(first.address)
        words = [where, str(NORTH), str(SOUTH)]
        _run(kernel, first.name, _CENTRAL, words)
        started = [_controller(kernel, node, where) for node in nodes]
        for line in started:
            line.result()
        _run(kernel, first.name, "\n".join(switches(networks)), [])


def _controller(kernel: Kernel, node: Node, central: str) -> Any:
    words = [central, str(node.address), str(NORTH), str(SOUTH)]
    script = environment(node.name) + _CHASSIS
    return kernel.ask(["sh", "-c", script, "sh", *words], node=node.name)


def environment(node: str) -> str:
    """Return the words for a shell that make OVN's commands speak to a node's."""
    return f"{ovs.environment(node)}export OVN_RUNDIR=/run/{node}/ovn\n"


def _run(kernel: Kernel, node: str, script: str, words: list[str]) -> str:
    return kernel.run(["sh", "-c", environment(node) + script, "sh", *words], node=node).out


def switches(networks: Iterable[Layer2]) -> Iterator[str]:
    """Yield the commands that make logical switches."""
    for one in networks:
        command = f"ovn-nbctl --db=unix:$OVN_RUNDIR/nb.sock --may-exist ls-add {one.switch}"
        for subnet in one.subnets:
            key = "ipv6_prefix" if ":" in subnet else "subnet"
            command += f" -- set Logical_Switch {one.switch} other-config:{key}={subnet}"
        yield command


def mac(address: Interface) -> str:
    """Return the MAC that OVN-Kubernetes gives whoever has an IPv4 address: 0a:58 and its bytes."""
    return "0a:58:" + ":".join(f"{one:02x}" for one in address.ip.packed[-4:])


def plug_in(kernel: Kernel, guest: Guest) -> None:
    """Make a guest's port and its device, and wait until OVN says that both are one."""
    assert guest.attachment is not None  # noqa: S101 - whoever calls has looked
    layer2, name = network(guest.attachment), guest.namespace
    addresses = list(guest.addresses.values())
    for one in addresses:
        if layer2.subnets and not any(one.ip in ip_network(each) for each in layer2.subnets):
            raise OverlayError(f"{name}: {one.ip} is of none of {', '.join(layer2.subnets)}")
    own = mac(guest.addresses.get(IPV4, addresses[0]))
    host = f"o{name}"
    port = f"{guest.attachment.namespace}_{name}"
    batch(
        kernel,
        guest.place,
        [
            f"link add {host} mtu {layer2.mtu} type veth peer name eth0 address {own} netns {name}",
            f"link set {host} addrgenmode none up",
        ],
    )
    batch(kernel, name, [f"link set eth0 mtu {layer2.mtu}"])
    held = " ".join([own, *(str(one.ip) for one in addresses)])
    words = [layer2.switch, port, held, host, own, name, str(INSTALLED_SECONDS)]
    _run(kernel, guest.place, _PORT, words)


def look(kernel: Kernel, around: Surroundings, guests: Sequence[Guest]) -> Iterator[Checked]:
    """Yield whether every guest's port is on its node, and nodes of a network are joined by Geneve.

    Asked after the packets: whatever went from node to node has been counted by then.
    """
    places: dict[tuple[str, str], list[str]] = {}
    for guest in guests:
        if guest.attachment is None or guest.attachment.config.get("type") != PLUGIN:
            continue
        cluster = next(one.cluster for one in around.nodes if one.name == guest.place)
        bound = _bound(kernel, around, cluster, f"{guest.attachment.namespace}_{guest.namespace}")
        title = f"{guest.expected}({guest.namespace}): its port is on {guest.place}"
        fault = "" if bound == guest.place else f"is on {bound or 'none'}"
        yield Checked(title, fault, ends=(guest.namespace,), places=(guest.place,))
        held = places.setdefault((cluster, guest.network), [])
        held.extend([guest.place] if guest.place not in held else [])
    for (_, name), nodes in places.items():
        for one, other in permutations(nodes, 2):
            yield _joined(kernel, around, name, (one, other))


def _bound(kernel: Kernel, around: Surroundings, cluster: str, port: str) -> str:
    """Return the node that OVN has a port on."""
    first = next(one.name for one in around.nodes if one.cluster == cluster)
    script = """south="ovn-sbctl --db=unix:$OVN_RUNDIR/sb.sock --bare"
chassis=$($south --columns=chassis find Port_Binding logical_port="$1")
[ -z "$chassis" ] || $south --columns=name list Chassis "$chassis"
"""
    return _run(kernel, first, script, [port]).strip()


def _joined(kernel: Kernel, around: Surroundings, name: str, nodes: tuple[str, str]) -> Checked:
    one, other = nodes
    to = next(each.address for each in around.nodes if each.name == other)
    title = f"{name}: frames from {one} to {other} leave by Geneve"
    script = "ovs-vsctl --bare --columns=options find Interface type=geneve"
    ends = _run(kernel, one, script, [])
    said = kernel.run(f"ip -j -s link show {GENEVE}", node=one, check=False).out
    sent = sum(each["stats64"]["tx"]["packets"] for each in json.loads(said or "[]"))
    fault = "" if sent else "none did"
    if f"remote_ip={to}" not in ends.split():
        fault = f"there is no tunnel to {to}"
    return Checked(title, fault, places=nodes, subject=name)
